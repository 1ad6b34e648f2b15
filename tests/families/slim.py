"""The form of the modules that TF Hub made of TF-Slim's networks, ``google/imagenet/...``.

As such a module prints itself: ``__call__`` takes the images, two flags and the momentum of batch
norm, a scalar tensor that is 0.99 unless told otherwise, and was traced for each pair of the flags;
``serving_default`` takes ``inputs``.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import tensorflow as tf

from tests.families.shape import Shape

Network = Callable[["Slim", Any, int], Any]
"""Layers, images float32 [batch, height, width, 3] in -1..1, width -> features [batch, width]."""

_WEIGHT_DECAY = 4e-5
_KEPT_PATHS = 0.8


class Slim(tf.train.Checkpoint):
    """TF-Slim's layers; each makes its variables at the first call of the network, in order."""

    def __init__(self, network: Network, shape: Shape) -> None:
        super().__init__()
        self.variables: list[tf.Variable] = []
        self.trainable_variables: list[tf.Variable] = []
        self._decayed: list[tf.Variable] = []
        self._network, self._shape = network, shape
        self._rng = tf.random.Generator.from_seed(17)
        self._forward(tf.zeros([1, shape.size, shape.size, 3]), training=False, momentum=0.99)
        self.regularization_losses = [tf.function(self._decay, input_signature=[])]

    def _decay(self) -> Any:
        return _WEIGHT_DECAY * tf.add_n([tf.nn.l2_loss(kernel) for kernel in self._decayed])

    @tf.function
    def __call__(
        self,
        inputs: Any,
        training: bool = False,
        return_endpoints: bool = False,
        batch_norm_momentum: Any = 0.99,
    ) -> Any:
        outputs = self._forward(inputs, training=training, momentum=batch_norm_momentum)
        return (outputs, {"global_pool": outputs}) if return_endpoints else outputs

    def _forward(self, images: Any, *, training: bool, momentum: Any) -> Any:
        self._used, self._training, self._momentum = 0, training, momentum
        features = self._network(self, images * 2.0 - 1.0, self._shape.features)
        return self.dense(features, self._shape.classes) if self._shape.classes else features

    def _variable(self, shape: list[int], value: float | None, *, trainable: bool = True) -> Any:
        """The next variable; without a value its entries are drawn as for a network of ReLUs."""
        if self._used == len(self.variables):
            fan_in = max(1, int(tf.reduce_prod(shape[:-1])))
            drawn = self._rng.normal(shape, stddev=(2.0 / fan_in) ** 0.5)
            start = drawn if value is None else tf.fill(shape, value)
            variable = tf.Variable(start, trainable=trainable)
            self.variables.append(variable)
            if trainable:
                self.trainable_variables.append(variable)
            if value is None:
                self._decayed.append(variable)
        self._used += 1
        return self.variables[self._used - 1]

    def conv(
        self,
        maps: Any,
        filters: int,
        size: int | tuple[int, int],
        stride: int = 1,
        *,
        padding: str = "SAME",
        activation: Any = tf.nn.relu,
    ) -> Any:
        """Convolution, batch norm, activation."""
        height, width = (size, size) if isinstance(size, int) else size
        kernel = self.kernel([height, width, maps.shape[-1], filters])
        return self.norm(tf.nn.conv2d(maps, kernel, stride, padding), activation)

    def depthwise(self, maps: Any, size: int, stride: int = 1, *, activation: Any = None) -> Any:
        """A convolution of each channel by itself, batch norm, activation."""
        channels = maps.shape[-1]
        kernel = self.kernel([size, size, 1, channels])
        kernel = tf.reshape(kernel, [size, size, channels, 1])
        maps = tf.nn.depthwise_conv2d(maps, kernel, [1, stride, stride, 1], "SAME")
        return self.norm(maps, activation)

    def norm(self, maps: Any, activation: Any = None) -> Any:
        """Batch norm with the momentum of this call."""
        width = [maps.shape[-1]]
        scale, offset = self._variable(width, 1.0), self._variable(width, 0.0)
        average = self._variable(width, 0.0, trainable=False)
        spread = self._variable(width, 1.0, trainable=False)
        mean, variance = average, spread
        if self._training:
            mean, variance = tf.nn.moments(maps, [0, 1, 2])
            for moving, now in ((average, mean), (spread, variance)):
                moving.assign(moving * self._momentum + now * (1.0 - self._momentum))
        maps = tf.nn.batch_normalization(maps, mean, variance, offset, scale, 1e-3)
        return maps if activation is None else activation(maps)

    def kernel(self, shape: list[int]) -> Any:
        """The kernel of a layer, which weight decay holds down."""
        return self._variable(shape, None)

    def bias(self, width: int) -> Any:
        """The bias of a layer."""
        return self._variable([width], 0.0)

    def dense(self, features: Any, units: int) -> Any:
        """A fully connected layer without activation."""
        return features @ self.kernel([features.shape[-1], units]) + self.bias(units)

    def drop_path(self, maps: Any) -> Any:
        """In training some images leave this path out, as NASNet's do."""
        if not self._training:
            return maps
        kept = tf.floor(_KEPT_PATHS + tf.random.uniform([tf.shape(maps)[0], 1, 1, 1]))
        return maps * kept / _KEPT_PATHS


def max_pool(maps: Any, size: int = 3, stride: int = 2, padding: str = "SAME") -> Any:
    """The largest of each window."""
    return tf.nn.max_pool2d(maps, size, stride, padding)


def mean_pool(maps: Any, size: int = 3, stride: int = 1, padding: str = "SAME") -> Any:
    """The mean of each window."""
    return tf.nn.avg_pool2d(maps, size, stride, padding)


def global_mean(maps: Any) -> Any:
    """The mean of each channel, float32 [batch, channels]."""
    return tf.reduce_mean(maps, [1, 2])


def save(network: Network, shape: Shape, folder: Path) -> None:
    """Write a network as such a module.

    Args:
        network: What is between images and features.
        shape: Its sizes.
        folder: The SavedModel's.
    """
    module = Slim(network, shape)
    images = tf.TensorSpec([None, *shape.input, 3], tf.float32, "inputs")
    momentum = tf.TensorSpec([], tf.float32, "batch_norm_momentum")
    for training in (False, True):
        for endpoints in (False, True):
            module.__call__.get_concrete_function(images, training, endpoints, momentum)
    output = "logits" if shape.classes else "feature_vector"

    def serve(inputs: Any) -> Any:
        # A number would be one more form of the call, which no module of TF Hub has.
        return {output: module(inputs, False, False, tf.constant(0.99))}

    signature = tf.function(serve, input_signature=[images])
    tf.saved_model.save(module, str(folder), signatures={"serving_default": signature})
