"""One pass of a frozen backbone over a channel: its features, computed once."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ic_tf_sdk.contract.phases import ignore
from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.feed import mapped_array
from ic_tf_sdk.training.feed.batches import ImageExamples
from ic_tf_sdk.training.graph.constant_graph import constant_graph
from ic_tf_sdk.training.network.classifier import Classifier

__all__ = ["MEMORY_BUDGET_BYTES", "allocated", "caches_features", "compute", "folded"]

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


def compute(
    backbone: Any,
    examples: ImageExamples,
    *,
    width: int,
    spill: Path,
    advance: Callable[[int], object] = ignore,
) -> npt.NDArray[np.float32]:
    """The features of every image of a channel, in the channel's order.

    Args:
        backbone: The function that ``folded`` returns.
        examples: The images of the channel, without augmentation.
        width: The number of features of an image.
        spill: The file to use past ``MEMORY_BUDGET_BYTES``.
        advance: Called with the number of images after each batch.

    Returns:
        float32 [images, width]; a memory map of ``spill`` where the budget is exceeded.

    Raises:
        StorageError: The disk has no room for the file.
    """
    features = allocated((len(examples), width), spill)
    dataset = examples.dataset(np.arange(len(examples)), batch_size=_batch_size())
    done = 0
    for batch in _in_streams(lambda images: backbone(images).numpy(), (one for one, _ in dataset)):
        features[done : done + len(batch)] = batch
        # Else a channel larger than memory would push out what the backbone works with.
        mapped_array.release(features)
        done += len(batch)
        advance(len(batch))
    return features


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
