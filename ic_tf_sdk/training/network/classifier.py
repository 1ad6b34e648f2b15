"""The network: a TF Hub backbone, dropout and one dense layer."""

from typing import Any

import tensorflow as tf
import tf_keras

from ic_tf_sdk.errors import ArchiveError
from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.graph.hub_module import feature_vector, hub_layer
from ic_tf_sdk.training.graph.preprocessing import Preprocessing
from ic_tf_sdk.training.graph.trainable_form import TrainableForm
from ic_tf_sdk.training.network import objective
from ic_tf_sdk.training.network.backbone import Source
from ic_tf_sdk.training.network.batch_norm_momentum import CappedBatchNormModel, measure_momenta
from ic_tf_sdk.training.network.depth import depths
from ic_tf_sdk.training.network.global_batch import rows_before

__all__ = ["Classifier", "SeededDropout", "top_layers"]


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
        """Drop in training; pass through otherwise.

        Args:
            inputs: float32 [batch, features].
            training: Whether this is a step of training.

        Returns:
            float32 [batch, features], of the same mean.
        """
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


def top_layers(classes: int, hyperparameters: Hyperparameters) -> tuple[SeededDropout, Any]:
    """The new layers on a backbone: dropout, and the classification layer.

    Args:
        classes: The number of classes.
        hyperparameters: The hyperparameters of the job.
    """
    # TensorFlow's seeds are int64 and are added to; the hyperparameter has no upper bound.
    seed = hyperparameters.random_seed % 2**31
    dense = tf_keras.layers.Dense(
        1 if hyperparameters.binary_mode else classes,
        kernel_initializer=tf_keras.initializers.GlorotUniform(seed),
        kernel_regularizer=tf_keras.regularizers.L2(objective.penalty(hyperparameters)),
        name="classification",
    )
    return SeededDropout(hyperparameters.dropout_rate, seed, name="dropout"), dense


class Classifier:
    """Backbone and head, as one model and apart.

    Attributes:
        source: The opened model channel; its variables are those that are trained.
        model: Normalised images float32 [batch, height, width, 3] -> logits [batch, units].
        head: Features float32 [batch, features] -> logits; shares its layers with ``model``.
        dense: The classification layer. One unit in binary mode, else one per class.
        averages: Position among the backbone's weights -> momentum of its moving averages.
        rates: Position among the backbone's weights -> factor of the learning rate; none where all
            is 1.

    Args:
        source: The opened model channel.
        classes: The number of classes.
        hyperparameters: The hyperparameters of the job.
        single_device: The same network on one device, where this one is built for several: its
            averages and weights are taken.
    """

    def __init__(
        self,
        source: Source,
        classes: int,
        hyperparameters: Hyperparameters,
        *,
        single_device: "Classifier | None" = None,
    ) -> None:
        self.source = source
        self.trainable_backbone = not hyperparameters.train_only_on_top
        # In inference mode, which a frozen backbone always has, and another where it is asked for.
        self._statistics_stay = (
            hyperparameters.train_only_on_top or hyperparameters.batch_norm_statistics != "updated"
        )
        loaded = source.loaded.backbone if source.info.fine_tuning else source.loaded
        self.backbone = loaded
        self.layer = hub_layer(loaded, trainable=self.trainable_backbone)
        self.dropout, self.dense = top_layers(classes, hyperparameters)
        # Two models of the same layers: whole, and from features on, for what is cached.
        images = tf_keras.Input((source.info.input_height, source.info.input_width, 3))
        features = self._features_of(images)
        self.model = CappedBatchNormModel(images, self._classify(features), name="classifier")
        # Measuring takes a run of the backbone, which a strategy over several devices refuses here.
        self.averages: dict[int, float] = (
            self._averages(images.shape[1:]) if single_device is None else single_device.averages
        )
        weights = self.layer.weights
        self.model.cap_momentum([(weights[place], value) for place, value in self.averages.items()])
        self.rates: dict[int, float] = (
            self._rates(images.shape[1:], hyperparameters.layer_decay)
            if single_device is None
            else single_device.rates
        )
        vector = tf_keras.Input((features.shape[-1],))
        self.head = tf_keras.Model(vector, self._classify(vector), name="head")
        self._forms: dict[Preprocessing, TrainableForm] = {}
        if single_device is not None:
            self.take_weights(single_device)

    def take_weights(self, other: "Classifier") -> None:
        """Take the weights of the same network on other devices.

        Args:
            other: A network of the same source and hyperparameters.
        """
        for variable, value in zip(self.model.weights, other.model.weights, strict=True):
            variable.assign(value.numpy())

    def _averages(self, shape: Any) -> dict[int, float]:
        """Position among the backbone's weights -> momentum; by position, for other devices."""
        if self._statistics_stay:
            return {}
        places = {id(variable): place for place, variable in enumerate(self.layer.weights)}
        averages = measure_momenta(self.layer, shape)
        return {places[id(variable)]: momentum for variable, momentum in averages}

    def _rates(self, shape: Any, decay: float) -> dict[int, float]:
        """The classification layer has the whole rate; below it the rate falls with depth."""
        if not self.trainable_backbone or decay == 1.0:
            return {}
        return {place: decay ** (1.0 - deep) for place, deep in depths(self.layer, shape).items()}

    def rated_variables(self) -> list[tuple[tf.Variable, float]]:
        """The variables of the backbone whose learning rate has a factor, each with it."""
        weights = self.layer.weights
        return [(weights[place], factor) for place, factor in self.rates.items()]

    def _features_of(self, images: Any) -> Any:
        info = self.source.info
        try:
            # False holds in training, too; None follows the model.
            training = False if self._statistics_stay else None
            features = feature_vector(self.layer(images, training=training))
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
        """The backbone's features in inference mode, float32 [batch, features].

        Args:
            images: Normalised images float32 [batch, height, width, 3].
        """
        return feature_vector(self.layer(images, training=False))

    def trainable_form(self, preprocessing: Preprocessing) -> TrainableForm:
        """What of it TF Hub can train further; the same object for the same preprocessing.

        Args:
            preprocessing: What comes before it.
        """
        if preprocessing not in self._forms:
            parts = {"kernel": self.dense.kernel, "bias": self.dense.bias}
            self._forms[preprocessing] = TrainableForm(
                preprocessing, backbone=self.backbone, **parts
            )
        return self._forms[preprocessing]

    @property
    def feature_vector_size(self) -> int:
        """Width of the feature vector."""
        return int(self.dense.kernel.shape[0])

    def parameter_counts(self) -> tuple[int, int]:
        """Trainable and other parameters, backbone and dense layer together."""
        # By identity: TensorFlow's variables compare element by element. Not by the model's own
        # list, which counts the dropout's step as a parameter.
        trained = {id(variable): variable for variable in self.model.trainable_variables}
        every = [*self.layer.weights, *self.dense.weights]
        trainable = sum(_size(variable) for variable in every if id(variable) in trained)
        return trainable, sum(map(_size, every)) - trainable


def _size(variable: tf.Variable) -> int:
    return int(variable.shape.num_elements())
