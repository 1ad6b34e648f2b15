"""BiT: ResNet V2 with group norm and standardised kernels, a Keras model of its authors' own."""

from pathlib import Path
from typing import Any

import tensorflow as tf
import tf_keras as keras

from tests.families.shape import Shape

# Group norm takes 32 groups.
_NARROW = 32


class StandardizedConv2D(keras.layers.Conv2D):
    """Each kernel has mean 0 and variance 1 when it is used."""

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        mean, variance = tf.nn.moments(kernel, axes=[0, 1, 2], keepdims=True)
        return super().convolution_op(inputs, (kernel - mean) / tf.sqrt(variance + 1e-10))


class Unit(keras.layers.Layer):
    """A bottleneck with group norm before each convolution, its inside narrowed."""

    def __init__(self, filters: int, stride: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.first = keras.Sequential(_ready())
        self.shortcut = StandardizedConv2D(filters, 1, stride, use_bias=False)
        self.inside = keras.Sequential(
            [
                StandardizedConv2D(_NARROW, 1, use_bias=False),
                *_ready(),
                keras.layers.ZeroPadding2D(1),
                StandardizedConv2D(_NARROW, 3, stride, use_bias=False),
                *_ready(),
                StandardizedConv2D(filters, 1, use_bias=False),
            ]
        )

    def call(self, maps: Any) -> Any:
        """Maps float32 [batch, height, width, any] to [batch, ceil(height / stride), ...]."""
        ready = self.first(maps)
        return self.shortcut(ready) + self.inside(ready)


class BigTransfer(keras.Model):
    """One unit of each of the four stages; ``call`` has no ``training``."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.root = keras.Sequential(
            [
                keras.layers.ZeroPadding2D(3),
                StandardizedConv2D(_NARROW, 7, 2, use_bias=False),
                keras.layers.ZeroPadding2D(1),
                keras.layers.MaxPool2D(3, 2),
            ]
        )
        widths = (_NARROW, _NARROW, 2 * _NARROW, shape.features)
        self.units = [Unit(width, 1 if stage == 0 else 2) for stage, width in enumerate(widths)]
        self.last = keras.Sequential([*_ready(), keras.layers.GlobalAveragePooling2D()])
        self.head = keras.layers.Dense(shape.classes) if shape.classes else None

    def call(self, images: Any) -> Any:
        """Images float32 [batch, any height, any width, 3] to features or logits."""
        maps = self.root(images)
        for unit in self.units:
            maps = unit(maps)
        features = self.last(maps)
        return features if self.head is None else self.head(features)


def _ready() -> list[Any]:
    return [keras.layers.GroupNormalization(32), keras.layers.ReLU()]


def save(shape: Shape, folder: Path) -> None:
    """Write it, for images of any size."""
    model = BigTransfer(shape)
    images = keras.Input((*shape.input, 3))
    model(images)
    model.save(folder, save_format="tf")
