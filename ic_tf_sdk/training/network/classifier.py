"""The network: a TF Hub backbone, dropout and one dense layer."""

from typing import Any

import tensorflow as tf
import tf_keras

from ic_tf_sdk.errors import ArchiveError
from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.graph.hub_module import feature_vector, hub_layer
from ic_tf_sdk.training.network.backbone import Source
from ic_tf_sdk.training.network.batch_norm_momentum import FollowingModel, momenta
from ic_tf_sdk.training.network.global_batch import rows_before

__all__ = ["Classifier", "SeededDropout"]


class SeededDropout(tf_keras.layers.Layer):
    """Dropout whose mask is a function of the seed and the step alone.

    Keras's own layer draws from a generator with hidden state, so that a resumed run would draw
    other masks than one that was never interrupted, and several devices others than one.
    """

    def __init__(self, rate: float, seed: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = rate
        self.seed = seed

    def build(self, input_shape: Any) -> None:
        """Create the step counter, an int64 scalar."""
        self.step = self.add_weight(
            "step",
            dtype=tf.int64,
            initializer="zeros",
            trainable=False,
            aggregation=tf.VariableAggregation.ONLY_FIRST_REPLICA,
        )
        super().build(input_shape)

    @tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Drop in training; pass through otherwise."""
        if not training or self.rate == 0.0:
            return inputs
        if self.rate == 1.0:
            return tf.zeros_like(inputs)
        rows, width = tf.unstack(tf.shape(inputs))
        before = rows_before(rows)
        # A longer draw begins as a shorter one, so that every device has its part of one mask.
        shape, seed = (before + rows, width), tf.stack([self.step, self.seed])
        mask = tf.random.stateless_uniform(shape, seed, dtype=inputs.dtype)[before:]
        self.step.assign_add(1)
        return tf.where(mask < self.rate, tf.zeros_like(inputs), inputs / (1.0 - self.rate))


class Classifier:
    """Backbone and head, as one model and apart.

    Attributes:
        source: The opened model channel; its variables are those that are trained.
        model: Normalised images float32 [batch, height, width, 3] -> logits [batch, units].
        head: Features float32 [batch, features] -> logits; shares its layers with ``model``.
        dense: The classification layer. One unit in binary mode, else one per class.
        averages: Position among the backbone's weights -> momentum of its moving averages.

    Args:
        source: See above.
        classes: Number of classes.
        hyperparameters: The job's.
        twin: The same network on one device, where this one is made for several: its averages and
            weights are taken.
    """

    def __init__(
        self,
        source: Source,
        classes: int,
        hyperparameters: Hyperparameters,
        *,
        twin: "Classifier | None" = None,
    ) -> None:
        self.source = source
        # TensorFlow's seeds are int64 and are added to; the hyperparameter has no upper bound.
        seed = hyperparameters.random_seed % 2**31
        self.trainable_backbone = not hyperparameters.train_only_on_top
        loaded = source.loaded.backbone if source.info.fine_tuning else source.loaded
        self.backbone = loaded
        self.layer = hub_layer(loaded, trainable=self.trainable_backbone)
        self.dense = tf_keras.layers.Dense(
            1 if hyperparameters.binary_mode else classes,
            kernel_initializer=tf_keras.initializers.GlorotUniform(seed),
            kernel_regularizer=tf_keras.regularizers.L2(hyperparameters.regularizers_l2),
            name="classification",
        )
        self.dropout = SeededDropout(hyperparameters.dropout_rate, seed, name="dropout")
        images = tf_keras.Input((source.info.input_height, source.info.input_width, 3))
        features = self._features_of(images)
        self.model = FollowingModel(images, self._classify(features), name="classifier")
        self.averages: dict[int, float] = (
            self._averages(images.shape[1:]) if twin is None else twin.averages
        )
        weights = self.layer.weights
        self.model.hasten([(weights[place], value) for place, value in self.averages.items()])
        vector = tf_keras.Input((features.shape[-1],))
        self.head = tf_keras.Model(vector, self._classify(vector), name="head")
        if twin is not None:
            self.take(twin)

    def take(self, twin: "Classifier") -> None:
        """Take the weights of the same network on other devices."""
        for variable, other in zip(self.model.weights, twin.model.weights, strict=True):
            variable.assign(other.numpy())

    def _averages(self, shape: Any) -> dict[int, float]:
        places = {id(variable): place for place, variable in enumerate(self.layer.weights)}
        found = momenta(self.layer, shape) if self.trainable_backbone else []
        return {places[id(variable)]: momentum for variable, momentum in found}

    def _features_of(self, images: Any) -> Any:
        info = self.source.info
        try:
            features = feature_vector(self.layer(images))
        except (ValueError, TypeError) as error:
            raise ArchiveError(
                f"The SavedModel of {info.model_id} does not take float32 images of "
                f"{info.input_height} x {info.input_width} pixels: {error}"
            ) from error
        if features.shape.rank != 2 or features.shape[-1] is None:
            raise ArchiveError(
                f"The SavedModel of {info.model_id} gives {features.shape} for a batch of images, "
                "not one feature vector each; give a feature-vector module."
            )
        if info.feature_vector_size not in (None, features.shape[-1]):
            raise ArchiveError(
                f"The SavedModel is not the one of {info.model_id}: it gives {features.shape[-1]} "
                f"features, and that model {info.feature_vector_size}. Give that model's, or the "
                "model id that this one belongs to."
            )
        return features

    def _classify(self, features: Any) -> Any:
        return self.dense(self.dropout(features))

    def features(self, images: tf.Tensor) -> tf.Tensor:
        """The backbone's features in inference mode, float32 [batch, features]."""
        return feature_vector(self.layer(images, training=False))

    def logits(self, images: tf.Tensor) -> tf.Tensor:
        """The network's output in inference mode, float32 [batch, units]."""
        return self.dense(self.features(images))

    @property
    def feature_vector_size(self) -> int:
        """Width of the feature vector."""
        return int(self.dense.kernel.shape[0])

    def parameter_counts(self) -> tuple[int, int]:
        """Trainable and other parameters, backbone and dense layer together."""
        trained = {id(variable): variable for variable in self.model.trainable_variables}
        every = [*self.layer.weights, *self.dense.weights]
        trainable = sum(_size(variable) for variable in every if id(variable) in trained)
        return trainable, sum(map(_size, every)) - trainable


def _size(variable: tf.Variable) -> int:
    return int(variable.shape.num_elements())
