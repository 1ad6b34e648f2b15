"""Pictures to compare a converted model on where none are given."""

from typing import Any

from ic_tf_sdk import extras

__all__ = ["encoded"]

_SEED = 0
# Height and width as multiples of the input's: smaller, larger, as it is, wide and tall.
_SIZES = ((0.5, 0.4), (1.0, 1.0), (2.3, 3.1), (1.7, 5.2), (6.1, 0.9))


def encoded(height: int, width: int) -> list[tuple[str, bytes]]:
    """Some pictures, each as smooth colours and as noise, always the same.

    Args:
        height: Of the model's input, in pixels.
        width: Likewise.

    Returns:
        A name and a PNG each.
    """
    numpy = extras.load("numpy")
    rng = numpy.random.default_rng(_SEED)
    pictures = []
    for tall, wide in _SIZES:
        shape = (max(1, round(tall * height)), max(1, round(wide * width)), 3)
        noise = rng.integers(0, 256, shape, dtype=numpy.uint8)
        for kind, pixels in (("smooth", _smooth(numpy, rng, shape)), ("noise", noise)):
            pictures.append((f"drawn, {kind}, {shape[1]} x {shape[0]}", _png(pixels)))
    return pictures


def _smooth(numpy: Any, rng: Any, shape: tuple[int, ...]) -> Any:
    """Waves of a random length in each colour, uint8."""
    down, across = (numpy.linspace(0, 1, size)[..., None] for size in shape[:2])
    lengths = rng.uniform(2, 12, (2, 3))
    waves = numpy.sin(lengths[0] * down)[:, None] + numpy.sin(lengths[1] * across)[None]
    return (127.5 * (1 + waves / 2)).astype(numpy.uint8)


def _png(pixels: Any) -> bytes:
    import tensorflow as tf

    content: bytes = tf.io.encode_png(pixels).numpy()
    return content
