"""One pass of a frozen backbone over a channel: its features, computed once."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ic_tf_sdk.training.feed import mapped_array
from ic_tf_sdk.training.feed.batches import ImageExamples, Rows
from ic_tf_sdk.training.feed.folded_backbone import batch_size
from ic_tf_sdk.training.feed.streams import STREAMS

__all__ = ["MEMORY_BUDGET_BYTES", "allocated", "passes"]

MEMORY_BUDGET_BYTES = 1 << 28
"""Features beyond this many bytes are mapped from a file: 32,768 images of 2048 features."""


def allocated(shape: tuple[int, int], spill: Path) -> npt.NDArray[np.float32]:
    """An array to fill with features.

    Args:
        shape: Images and width.
        spill: The file to map it from past ``MEMORY_BUDGET_BYTES``.

    Returns:
        float32 [images, width]; its values are arbitrary.

    Raises:
        StorageError: The disk has no room for the file.
    """
    if 4 * shape[0] * shape[1] > MEMORY_BUDGET_BYTES:
        return mapped_array.create(spill, shape)
    return np.empty(shape, np.float32)


def passes(
    backbone: Callable[[tf.Tensor], tf.Tensor], images: ImageExamples, rows: Rows, *, hashed: bool
) -> Iterator[tuple[npt.NDArray[np.float32], list[bytes]]]:
    """The features of images, a batch at a time.

    Args:
        backbone: Normalised images float32 [batch, height, width, 3] to features
            float32 [batch, width].
        images: The images of a channel, without augmentation.
        rows: int64 [count], which of them, in which order.
        hashed: Whether to say what the images' bytes were.

    Yields:
        float32 [batch, width], and the SHA-256 of the bytes that each image was decoded from; no
        digests unless they are asked for.
    """
    size = batch_size()
    read = images.hashed if hashed else images.dataset
    batches = read(rows, batch_size=size)

    def answer(batch: tuple[tf.Tensor, tf.Tensor]) -> tuple[Any, list[bytes]]:
        pixels, told = batch
        count = int(pixels.shape[0])
        # A full batch each time: the last bits of an image's features would go by how many come
        # with it, and what a store keeps must be what any other pass would give.
        missing = [[0, size - count], [0, 0], [0, 0], [0, 0]]
        full = tf.pad(pixels, missing) if count < size else pixels
        return backbone(full).numpy()[:count], told.numpy().tolist() if hashed else []

    yield from _in_streams(answer, batches)


def _in_streams(function: Callable[[Any], Any], batches: Iterable[Any]) -> Iterator[Any]:
    """A function's results, in the batches' order, of which ``STREAMS`` are computed at a time."""
    waiting: deque[Future[Any]] = deque()
    with ThreadPoolExecutor(STREAMS) as pool:
        for batch in batches:
            waiting.append(pool.submit(function, batch))
            if len(waiting) > STREAMS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
