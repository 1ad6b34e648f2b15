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
from ic_tf_sdk.training.feed.batches import ImageExamples
from ic_tf_sdk.training.graph.constant_graph import constant_graph
from ic_tf_sdk.training.network.classifier import Classifier

__all__ = ["MEMORY_BUDGET_BYTES", "allocated", "compute", "folded"]

MEMORY_BUDGET_BYTES = 1 << 28
"""Features beyond this many bytes are mapped from a file: 32,768 images of 2048 features."""

# Batches under way at a time. Between two layers, and at the end of each, one batch leaves a core
# idle, which another's layer takes: on two cores 0.9 of the time of one after another.
_STREAMS = 3


def _batch_size() -> int:
    # No gradient is averaged here, so the batch only has to keep the device busy: what 8 images
    # need stays nearer to a processor than that of 32 (0.9 of the time), and a GPU wants more.
    return 64 if tf.config.list_physical_devices("GPU") else 8


def folded(classifier: Classifier) -> Any:
    """The backbone in inference mode with its variables and batch norms folded into constants.

    Returns:
        A function of images float32 [batch, height, width, 3], which returns features
        float32 [batch, features].
    """
    size = classifier.model.input_shape[1:]
    traced = tf.function(classifier.features, autograph=False)
    graph = traced.get_concrete_function(tf.TensorSpec((None, *size), tf.float32))
    constant = constant_graph(graph)
    # The first call makes the graph's kernels; meanwhile the caller can trace the decoder.
    pool = ThreadPoolExecutor(1)
    first = pool.submit(constant, tf.zeros((_batch_size(), *size)))
    pool.shutdown(wait=False)

    def features(images: tf.Tensor) -> tf.Tensor:
        first.result()
        return constant(images)[0]

    return features


def allocated(shape: tuple[int, int], spill: Path) -> npt.NDArray[np.float32]:
    """float32 [images, width] to fill; mapped from ``spill`` past ``MEMORY_BUDGET_BYTES``."""
    if 4 * shape[0] * shape[1] > MEMORY_BUDGET_BYTES:
        return mapped_array.create(spill, shape)
    return np.empty(shape, np.float32)


def compute(
    backbone: Any, examples: ImageExamples, *, width: int, spill: Path
) -> npt.NDArray[np.float32]:
    """The features of every image of a channel, in the channel's order.

    Args:
        backbone: From ``folded``.
        examples: Without augmentation.
        width: Features per image.
        spill: File to use past ``MEMORY_BUDGET_BYTES``.

    Returns:
        float32 [images, width]; a memory map of ``spill`` where the budget is exceeded.

    Raises:
        StorageError: The disk has no room for the file.
    """
    found = allocated((len(examples), width), spill)
    dataset = examples.dataset(np.arange(len(examples)), batch_size=_batch_size())
    done = 0
    for batch in _in_streams(lambda images: backbone(images).numpy(), (one for one, _ in dataset)):
        found[done : done + len(batch)] = batch
        mapped_array.release(found)
        done += len(batch)
    return found


def _in_streams(function: Callable[[Any], Any], batches: Iterable[Any]) -> Iterator[Any]:
    """A function's results, in order, of which ``_STREAMS`` are computed at a time."""
    waiting: deque[Future[Any]] = deque()
    with ThreadPoolExecutor(_STREAMS) as pool:
        for batch in batches:
            waiting.append(pool.submit(function, batch))
            if len(waiting) > _STREAMS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
