"""A frozen backbone as a graph of constants, which images pass."""

from concurrent.futures import ThreadPoolExecutor

import tensorflow as tf

from ic_tf_sdk.training.feed import streams
from ic_tf_sdk.training.graph.constant_graph import constant_graph
from ic_tf_sdk.training.network.classifier import Classifier

__all__ = ["FoldedBackbone", "batch_size"]

_GREY = 0.5


def batch_size() -> int:
    """How many images pass together: a fact of the machine, which features may hang on."""
    # No gradient is averaged here, so the batch only has to keep the device busy.
    if tf.config.list_physical_devices("GPU"):
        return 64
    # What 8 images need stays nearer to a processor than that of 32 (0.9 of the time). An operation
    # that has its core for itself is as busy with 4, and those under way take half the memory.
    return 4 if streams.fill_the_cores() else 8


class FoldedBackbone:
    """A backbone in inference mode, its variables and batch norms folded into constants.

    Args:
        classifier: The network; what its variables hold later changes nothing here.
    """

    def __init__(self, classifier: Classifier) -> None:
        size = classifier.model.input_shape[1:]
        # Folding needs a graph; how many images come at a time stays open.
        traced = tf.function(classifier.features, autograph=False)
        graph = traced.get_concrete_function(tf.TensorSpec((None, *size), tf.float32))
        self._constant = constant_graph(graph)
        # The first call makes the graph's kernels; meanwhile the caller can trace the decoder.
        pool = ThreadPoolExecutor(1)
        self._grey = pool.submit(self._constant, tf.fill((batch_size(), *size), _GREY))
        pool.shutdown(wait=False)

    def __call__(self, images: tf.Tensor) -> tf.Tensor:
        """The features of images.

        Args:
            images: Normalised images float32 [batch, height, width, 3].

        Returns:
            float32 [batch, features].
        """
        self._grey.result()
        return self._constant(images)[0]

    def of_grey(self) -> tf.Tensor:
        """The features of a grey picture, float32 [1, features]."""
        return self._grey.result()[0][:1]
