"""The exported classifier as TF Hub's modules are: to be called, and to be trained further."""

from functools import cached_property
from typing import Any

import tensorflow as tf

from ic_tf_sdk.training.graph.hub_module import feature_vector, hub_layer
from ic_tf_sdk.training.graph.preprocessing import Preprocessing
from ic_tf_sdk.training.graph.saved_model import tracing_to_save

__all__ = ["TrainableForm"]


class TrainableForm:
    """What ``hub.KerasLayer(folder, trainable=True)`` takes of an exported SavedModel.

    As of TF Hub's image classifiers: ``module(images, training=False)`` with images float32 [batch,
    height, width, 3], RGB in 0 to 1 and of the input size, gives logits float32 [batch, units].
    Dropout is left to whoever trains it.

    Args:
        preprocessing: What the network was trained with.
        backbone: Its TF Hub module.
        kernel: The classification layer's, float32 [features, units].
        bias: Likewise, float32 [units].
    """

    def __init__(
        self,
        preprocessing: Preprocessing,
        *,
        backbone: Any,
        kernel: tf.Variable,
        bias: tf.Variable,
    ) -> None:
        self._preprocessing = preprocessing
        self._backbone, self._kernel, self._bias = backbone, kernel, bias
        self._trained = list(getattr(backbone, "trainable_variables", None) or ())

    def trace(self) -> None:
        """Make its graphs now, of which the values that its variables have are no part."""
        _ = self._traced

    @cached_property
    def _traced(self) -> Any:
        layer = hub_layer(self._backbone, trainable=bool(self._trained))
        size, kernel, bias = self._preprocessing, self._kernel, self._bias

        def call(images: tf.Tensor, training: bool = False) -> tf.Tensor:
            normalised = size.normalise(images * 255.0)
            return feature_vector(layer(normalised, training=training)) @ kernel + bias

        function = tf.function(call, autograph=False)
        spec = tf.TensorSpec([None, size.height, size.width, 3], tf.float32, "images")
        with tracing_to_save():
            for training in (False, True):
                function.get_concrete_function(spec, training=training)
        return function

    def give_to(self, model: Any) -> None:
        """Let a module have it as its own; nothing is stored twice.

        Args:
            model: The module to export, which has the backbone and the layer's variables.
        """
        head = [self._kernel, self._bias]
        model.__call__ = self._traced
        model.trainable_variables = [*self._trained, *head]
        model.variables = [*getattr(self._backbone, "variables", self._trained), *head]
        losses = getattr(self._backbone, "regularization_losses", None)
        model.regularization_losses = list(losses or ())
