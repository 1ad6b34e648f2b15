"""A Keras network saved as TF Hub publishes its modules: a TF2 SavedModel that can be called."""

from pathlib import Path
from typing import Any

import tensorflow as tf

__all__ = ["save_module"]


def save_module(network: Any, folder: Path) -> None:
    """Save a network so that ``tf.saved_model.load(folder)(images, training=False)`` calls it.

    The loaded module has ``variables``, ``trainable_variables`` and ``regularization_losses``, a
    list of functions of no arguments. With ``training=True`` batch norms use the batch and move
    their statistics.

    Args:
        network: A ``tf_keras`` model of images float32 [batch, height, width, 3].
        folder: Created here.
    """

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def call(images: tf.Tensor, training: bool = False) -> tf.Tensor:
        return network(images, training=training)

    images = tf.TensorSpec(network.input_shape, tf.float32, name="images")
    for training in (True, False):
        call.get_concrete_function(images, training=training)
    # A plain trackable object; a saved Keras model would carry its configuration and six more
    # copies of the graph.
    module = tf.train.Checkpoint()
    module.__call__ = call
    module.variables = network.variables
    module.trainable_variables = network.trainable_variables
    # One function for all penalties: each takes its time to load.
    module.regularization_losses = [tf.function(lambda: _penalty(network), input_signature=[])]
    tf.saved_model.save(module, str(folder))


def _penalty(network: Any) -> tf.Tensor:
    return tf.add_n(network.losses)
