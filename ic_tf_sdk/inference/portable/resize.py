"""Resizing as ``tf.image.resize`` does it without anti-aliasing, in each of its ways.

Along each axis a pixel of the result is a weighted sum of some pixels: where they are and what they
weigh is computed as TensorFlow's kernels compute it.
"""

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

__all__ = ["WAYS", "resize"]

# TensorFlow looks the weights of cubic resizing up, in so many steps between two pixels.
_STEPS = 1024
_KEYS = -0.5


class _Taps(NamedTuple):
    """Of each pixel of the result: which pixels, int [size, taps], and their weights, float32."""

    places: Any
    weights: Any


def resize(picture: Any, height: int, width: int, way: str) -> Any:
    """A picture at another size; the aspect ratio is not kept.

    Args:
        picture: uint8 [any height, any width, 3].
        height: Of the result, in pixels.
        width: Likewise.
        way: One of ``WAYS``.

    Returns:
        float32 [height, width, 3] in 0 to 255; what cubic and Lanczos overshoot is clipped.
    """
    import numpy as np

    rows = _summed(picture, _taps(way, picture.shape[0], height), axis=0)
    resized = _summed(rows, _taps(way, picture.shape[1], width), axis=1)
    return np.clip(resized, 0.0, 255.0, out=resized)


def _summed(values: Any, taps: _Taps, axis: int) -> Any:
    import numpy as np

    shape = (-1, 1, 1) if axis == 0 else (-1, 1)
    total = None
    for places, weights in zip(taps.places.T, taps.weights.T, strict=True):
        part = values.take(places, axis=axis) * weights.reshape(shape)
        total = part if total is None else np.add(total, part, out=total)
    return total


@lru_cache(256)
def _taps(way: str, before: int, after: int) -> _Taps:
    import numpy as np

    positions = np.arange(after, dtype=np.float32)
    places, weights = WAYS[way](positions, np.float32(before) / np.float32(after), before)
    return _Taps(np.clip(places, 0, before - 1).astype(np.intp), weights.astype(np.float32))


def _nearest(positions: Any, scale: Any, _: int) -> tuple[Any, Any]:
    import numpy as np

    places = np.floor((positions + np.float32(0.5)) * scale)
    return places[:, None], np.ones((len(places), 1))


def _bilinear(positions: Any, scale: Any, _: int) -> tuple[Any, Any]:
    import numpy as np

    middles = (positions + np.float32(0.5)) * scale - np.float32(0.5)
    floors = np.floor(middles)
    share = middles - floors
    return np.stack([floors, np.ceil(middles)], 1), np.stack([1 - share, share], 1)


def _bicubic(positions: Any, scale: Any, before: int) -> tuple[Any, Any]:
    import numpy as np

    middles = (positions + np.float32(0.5)) * scale - np.float32(0.5)
    floors = np.floor(middles)
    share = np.rint((middles - floors) * np.float32(_STEPS)) / _STEPS
    places = floors[:, None] + np.arange(-1, 3)
    weights = np.stack([_far(1 + share), _near(share), _near(1 - share), _far(2 - share)], 1)
    return places, _inside(places, weights, before)


def _near(x: Any) -> Any:
    return ((_KEYS + 2) * x - (_KEYS + 3)) * x * x + 1


def _far(x: Any) -> Any:
    return ((_KEYS * x - 5 * _KEYS) * x + 8 * _KEYS) * x - 4 * _KEYS


def _area(positions: Any, scale: Any, _: int) -> tuple[Any, Any]:
    import numpy as np

    starts, ends = positions * scale, (positions + 1) * scale
    most = int(np.max(np.ceil(ends) - np.floor(starts)))
    places = np.floor(starts)[:, None] + np.arange(most)
    covered = np.minimum(places + 1, ends[:, None]) - np.maximum(places, starts[:, None])
    return places, np.maximum(covered, 0) / scale


def _kernel(radius: float, kernel: Callable[[Any], Any]) -> Callable[..., tuple[Any, Any]]:
    def taps(positions: Any, _: Any, before: int) -> tuple[Any, Any]:
        import numpy as np

        # Rounded as TensorFlow rounds it: by it a pixel at the very end of the kernel is in or out.
        scale = np.float32(1) / (np.float32(len(positions)) / np.float32(before))
        middles = (positions + np.float32(0.5)) * scale
        starts = np.ceil(middles - np.float32(radius + 0.5))
        places = starts[:, None] + np.arange(2 * math.ceil(radius) + 1)
        distances = np.abs(places + np.float32(0.5) - middles[:, None])
        weights = np.where(distances <= radius, kernel(distances), 0.0)
        return places, _inside(places, weights, before)

    return taps


def _inside(places: Any, weights: Any, before: int) -> Any:
    """Weights of pixels that there are; their sum is 1."""
    import numpy as np

    inside = np.where((places >= 0) & (places < before), weights, 0.0)
    return inside / inside.sum(axis=1, keepdims=True)


def _lanczos(radius: int) -> Callable[[Any], Any]:
    def kernel(x: Any) -> Any:
        import numpy as np

        return np.sinc(x) * np.sinc(x / radius)

    return kernel


def _gaussian(x: Any) -> Any:
    import numpy as np

    return np.where(x < 1.5, np.exp(-2.0 * x * x), 0.0)


def _mitchell(x: Any) -> Any:
    import numpy as np

    near = ((7 / 6 * x - 2) * x) * x + 8 / 9
    far = ((-7 / 18 * x + 2) * x - 10 / 3) * x + 16 / 9
    return np.where(x < 1, near, far)


WAYS: dict[str, Callable[..., tuple[Any, Any]]] = {
    "bilinear": _bilinear,
    "nearest": _nearest,
    "bicubic": _bicubic,
    "area": _area,
    "lanczos3": _kernel(3, _lanczos(3)),
    "lanczos5": _kernel(5, _lanczos(5)),
    "gaussian": _kernel(1.5, _gaussian),
    "mitchellcubic": _kernel(2, _mitchell),
}
"""The values of ``image_resize_interpolation`` -> what finds the pixels and their weights."""
