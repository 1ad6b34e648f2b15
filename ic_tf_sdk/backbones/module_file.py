"""A Keras network saved as TF Hub publishes its modules: a TF2 SavedModel that can be called."""

from pathlib import Path
from typing import Any

import tensorflow as tf

__all__ = ["Module", "save_module"]


class Module(tf.train.Checkpoint):  # type: ignore[misc]
    """A network as an object that TensorFlow saves, alone or as a part.

    A plain trackable one: a saved Keras model would carry its configuration and six more copies of
    the graph.

    Args:
        network: A ``tf_keras`` model of images float32 [batch, height, width, 3].

    Attributes:
        variables: All, moving statistics included.
        trainable_variables: Without them.
        regularization_losses: Functions of no arguments; the sum is the penalty, float32 scalar.
    """

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.variables = network.variables
        self.trainable_variables = network.trainable_variables
        # One function for all penalties: each takes its time to load.
        self.regularization_losses = [
            tf.function(lambda: tf.add_n(network.losses), input_signature=[])
        ]
        # Not the network itself, which would be saved with it.
        self._forward = lambda images, training: network(images, training=training)
        images = tf.TensorSpec(network.input_shape, tf.float32, name="images")
        for training in (True, False):
            self.__call__.get_concrete_function(images, training=training)

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def __call__(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """The network's output; in training batch norms use the batch and move their statistics."""
        return self._forward(images, training)  # type: ignore[no-untyped-call]


def save_module(network: Any, folder: Path) -> None:
    """Save a network so that ``tf.saved_model.load(folder)(images, training=False)`` calls it.

    What is loaded has the attributes of ``Module``.

    Args:
        network: A ``tf_keras`` model of images float32 [batch, height, width, 3].
        folder: Created here.
    """
    tf.saved_model.save(Module(network), str(folder))
