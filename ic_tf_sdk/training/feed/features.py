"""One pass of a frozen backbone over a channel: its features, computed once."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.feed import mapped_array
from ic_tf_sdk.training.feed.batches import ImageExamples, Rows
from ic_tf_sdk.training.graph.constant_graph import constant_graph
from ic_tf_sdk.training.network.classifier import Classifier

__all__ = ["MEMORY_BUDGET_BYTES", "allocated", "caches_features", "folded", "passes"]

MEMORY_BUDGET_BYTES = 1 << 28
"""Features beyond this many bytes are mapped from a file: 32,768 images of 2048 features."""

# Batches under way at a time. Between two layers, and at the end of each, one batch leaves a core
# idle, which another's layer takes: on two cores 0.9 of the time of one after another.
_STREAMS = 3


def caches_features(hyperparameters: Hyperparameters) -> bool:
    """Whether each image passes the backbone once, and the head alone is trained."""
    # Augmented images differ in each epoch, and their features with them.
    frozen = hyperparameters.train_only_on_top and not hyperparameters.augmentation
    return frozen and hyperparameters.feature_cache == "auto"


def _batch_size() -> int:
    # No gradient is averaged here, so the batch only has to keep the device busy: what 8 images
    # need stays nearer to a processor than that of 32 (0.9 of the time), and a GPU wants more.
    return 64 if tf.config.list_physical_devices("GPU") else 8


def folded(classifier: Classifier) -> Any:
    """The backbone in inference mode with its variables and batch norms folded into constants.

    Args:
        classifier: The network; what its variables hold later does not change the function.

    Returns:
        A function of normalised images float32 [batch, height, width, 3], which returns features
        float32 [batch, features].
    """
    size = classifier.model.input_shape[1:]
    # Folding needs a graph; how many images come at a time stays open.
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
    backbone: Any, images: ImageExamples, rows: Rows, *, hashed: bool
) -> Iterator[tuple[npt.NDArray[np.float32], list[bytes]]]:
    """The features of images, a batch at a time.

    Args:
        backbone: The function that ``folded`` returns.
        images: The images of a channel, without augmentation.
        rows: int64 [count], which of them, in which order.
        hashed: Whether to say what the images' bytes were.

    Yields:
        float32 [batch, width], and the SHA-256 of the bytes that each image was decoded from; no
        digests unless they are asked for.
    """
    size = _batch_size()
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
    """A function's results, in the batches' order, of which ``_STREAMS`` are computed at a time."""
    waiting: deque[Future[Any]] = deque()
    with ThreadPoolExecutor(_STREAMS) as pool:
        for batch in batches:
            waiting.append(pool.submit(function, batch))
            if len(waiting) > _STREAMS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
