"""Mutated images and bodies through all that reads them: the check of their cost, the decoder.

``nox -s fuzz`` runs 10,000 of each; ``python -m tests.fuzz.fuzz_images COUNT SEED`` as many as are
told.
Each is refused in a sentence or decoded to the size that was measured, within the time that its
cost allows.
"""

import base64
import io
import json
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

import numpy as np

from ic_tf_sdk.contract import container_handler, image_cost
from ic_tf_sdk.contract.container_answer import RequestError, undecodable
from tests import costly_images
from tests.training.ugly_images import every

CHECK_SECONDS = 0.5
"""Of processor time, for the check of an image or of a body."""

DECODE_SECONDS = 3.0
"""Likewise, for a small image that the check lets pass."""

LONGEST: dict[str, float] = defaultdict(float)
"""The most that each of them took, by what was done."""

_MOST_PIXELS = 4_000_000


def mutated(images: list[bytes], rng: np.random.Generator) -> bytes:
    """One of the images, with one to three changes of a kind that decoders meet."""
    image = bytearray(images[rng.integers(len(images))])
    for _ in range(rng.integers(1, 4)):
        at = int(rng.integers(0, len(image) + 1))
        # Half of the changes where sizes, tables and the first parts stand.
        at = at if rng.random() < 0.5 else min(at, int(rng.integers(0, 700)))
        length = int(rng.integers(1, 200))
        kind = rng.integers(0, 7)
        if kind == 0:
            image[at : at + 1] = rng.bytes(1)
        elif kind == 1:
            del image[at:]
        elif kind == 2:
            image[at:at] = image[at : at + length] * int(rng.integers(1, 300))
        elif kind == 3:
            del image[at : at + length]
        elif kind == 4:
            image[at : at + length] = rng.bytes(length)
        elif kind == 5:
            image[at:at] = b"\xff" * length + bytes([rng.integers(0, 256)])
        else:
            image[at : at + 4] = rng.choice([b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff"])
    return bytes(image)


def seeds() -> list[bytes]:
    """Every kind of image, sound, ugly and costly, less those that take long to be copied."""
    found = [ugly.content for ugly in every() if len(ugly.content) < 50_000]
    found += [data for _, data, _ in costly_images.refused() if len(data) < 200_000]
    return [*found, costly_images.progressive_jpeg(64, 64, 100), costly_images.png(64, 64)]


def check_image(image: bytes, shape: Callable[[bytes], list[int]]) -> str:
    """Measure one image and decode it where it may be; what became of it."""
    import tensorflow as tf

    start = time.process_time()
    cost = image_cost.measure(io.BytesIO(image))
    refusal = image_cost.excess(cost, _MOST_PIXELS)
    checked = time.process_time()
    _bound("check of an image", checked - start, CHECK_SECONDS)
    if refusal is not None:
        return "refused" if str(undecodable(refusal, image)) else "refused without a reason"
    try:
        found = shape(image)
    except tf.errors.OpError as error:
        said = str(undecodable(error.message, image))
        return "undecodable" if said else "undecodable without a reason"
    finally:
        _bound("decoding", time.process_time() - checked, DECODE_SECONDS)
    assert sorted(found) == sorted([cost.height, cost.width])
    return "decoded"


def check_body(body: bytes) -> str:
    """Read one JSON body; what became of it."""
    start = time.process_time()
    try:
        image = container_handler.read_image(body, "application/json")
    except RequestError as error:
        return "refused" if str(error) else "refused without a reason"
    finally:
        _bound("body", time.process_time() - start, CHECK_SECONDS)
    assert image
    return "read"


def _bound(what: str, seconds: float, most: float) -> None:
    LONGEST[what] = max(LONGEST[what], seconds)
    assert seconds < most, f"{what}: {seconds:.1f} s of processor time"


def bodies() -> list[bytes]:
    """Bodies of every form that is read, and of some that are not."""
    encoded = base64.b64encode(costly_images.png(8, 8)).decode()
    forms: list[object] = [
        {"b64": encoded}, {"instances": [{"b64": encoded}]}, {"inputs": {"b64": encoded}},
        {"instances": [{"image_bytes": {"b64": f"data:image/png;base64,{encoded}"}}]}, [[[]]], 1e9,
    ]  # fmt: skip
    return [json.dumps(form).encode() for form in forms]


def decoder() -> Callable[[bytes], list[int]]:
    """Height and width of what the decoder makes of an image."""
    import tensorflow as tf

    from ic_tf_sdk.training.graph.decode import decode

    run = tf.function(
        lambda data: tf.shape(decode(data))[:2], input_signature=[tf.TensorSpec([], tf.string)]
    )
    return lambda data: run(tf.constant(data)).numpy().tolist()


def run(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """Try so many of each; what was tried and what became of it."""
    rng = np.random.default_rng(seed)
    images, texts, shape = seeds(), bodies(), decoder()
    for _ in range(count):
        yield "image", check_image(mutated(images, rng), shape)
        yield "body", check_body(mutated(texts, rng))


if __name__ == "__main__":
    number, first = [*map(int, sys.argv[1:]), 1][:2] if sys.argv[1:] else (10_000, 1)
    print(dict(Counter(run(number, first))))
    print("longest, in seconds of processor time:", dict(LONGEST))
