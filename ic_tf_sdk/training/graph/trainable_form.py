"""The exported classifier as TF Hub's modules are: to be called, and to be trained further."""

from typing import Any

import tensorflow as tf

from ic_tf_sdk.training.graph.hub_module import feature_vector, hub_layer
from ic_tf_sdk.training.graph.saved_model import tracing_to_save
from ic_tf_sdk.training.graph.serving_model import ServingModel

__all__ = ["add"]


def add(model: ServingModel, *, backbone: Any, kernel: tf.Variable, bias: tf.Variable) -> None:
    """Let ``hub.KerasLayer(folder, trainable=True)`` take the exported SavedModel.

    As of TF Hub's image classifiers: ``module(images, training=False)`` with images float32 [batch,
    height, width, 3], RGB in 0 to 1 and of the input size, gives logits float32 [batch, units].
    Dropout is left to whoever trains it. Nothing is stored twice.

    Args:
        model: The module to export.
        backbone: Its TF Hub module.
        kernel: The classification layer's, float32 [features, units].
        bias: Likewise, float32 [units].
    """
    trained = list(getattr(backbone, "trainable_variables", None) or ())
    layer = hub_layer(backbone, trainable=bool(trained))
    size = model.preprocessing

    def call(images: tf.Tensor, training: bool = False) -> tf.Tensor:
        normalised = model.preprocessing.normalise(images * 255.0)
        return feature_vector(layer(normalised, training=training)) @ kernel + bias

    function = tf.function(call, autograph=False)
    spec = tf.TensorSpec([None, size.height, size.width, 3], tf.float32, "images")
    with tracing_to_save():
        for training in (False, True):
            function.get_concrete_function(spec, training=training)
    model.__call__ = function
    model.trainable_variables = [*trained, kernel, bias]
    model.variables = [*getattr(backbone, "variables", trained), kernel, bias]
    model.regularization_losses = list(getattr(backbone, "regularization_losses", None) or ())
