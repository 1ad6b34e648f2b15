"""The network: residual 3x3 convolutions, squeeze and excitation, statistics of every stage pooled.

Ordinary convolutions instead of depthwise ones: on processors they train faster per
multiplication in TensorFlow, so that a network of the same size sees more pictures in the time.
"""

import tensorflow as tf
import tf_keras
from tf_keras import layers

__all__ = ["FEATURES", "SIDE", "build_backbone"]

SIDE = 96
FEATURES = 672
"""Mean and standard deviation of 48 + 96 + 192 channels."""

# The usual weight decay of TF Hub's MobileNets; fine-tuning adds it through regularization_losses.
L2 = 4e-5

# Blocks and channels of the three stages; each halves the resolution first.
STAGES = ((1, 48), (1, 96), (3, 192))


def _convolution(inputs, *, filters: int, size: int, stride: int = 1, activate: bool = True):
    outputs = layers.Conv2D(
        filters,
        size,
        strides=stride,
        padding="same",
        use_bias=False,
        kernel_initializer="he_normal",
        kernel_regularizer=tf_keras.regularizers.L2(L2),
    )(inputs)
    outputs = layers.BatchNormalization(momentum=0.97)(outputs)
    return layers.Activation("relu")(outputs) if activate else outputs


def _excite(inputs):
    """Weigh the channels by what the whole picture shows."""
    channels = inputs.shape[-1]
    weights = layers.GlobalAveragePooling2D(keepdims=True)(inputs)
    weights = layers.Conv2D(channels // 8, 1, activation="relu")(weights)
    weights = layers.Conv2D(channels, 1, activation="sigmoid")(weights)
    return layers.Multiply()([inputs, weights])


def _block(inputs):
    """Two convolutions beside a shortcut; from 128 channels on, squeezed to half in between."""
    channels = inputs.shape[-1]
    if channels < 128:
        outputs = _convolution(inputs, filters=channels, size=3)
        outputs = _convolution(outputs, filters=channels, size=3, activate=False)
    else:
        outputs = _convolution(inputs, filters=channels // 2, size=1)
        outputs = _convolution(outputs, filters=channels // 2, size=3)
        outputs = _convolution(outputs, filters=channels, size=1, activate=False)
    return layers.Activation("relu")(layers.Add()([inputs, _excite(outputs)]))


def _statistics(inputs):
    """Mean and standard deviation of each channel over the picture, float32."""
    inputs = layers.Activation("linear", dtype="float32")(inputs)
    mean = layers.GlobalAveragePooling2D(keepdims=True, dtype="float32")(inputs)
    square = layers.Lambda(lambda pair: tf.square(pair[0] - pair[1]), dtype="float32")
    variance = layers.GlobalAveragePooling2D(dtype="float32")(square([inputs, mean]))
    deviation = layers.Lambda(lambda values: tf.sqrt(values + 1e-4), dtype="float32")(variance)
    return [layers.Flatten(dtype="float32")(mean), deviation]


def build_backbone() -> tf_keras.Model:
    """A fresh network with random weights.

    Returns:
        Maps float32 ``[batch, height, width, 3]`` in 0..1 to float32 ``[batch, 672]``. The last
        normalisation gives each feature mean 0 and variance 1 on the pretraining pictures, so
        that a linear layer on top learns at the usual rates.
    """
    images = layers.Input((None, None, 3))
    outputs = layers.Rescaling(4.0, offset=-2.0)(images)
    outputs = _convolution(outputs, filters=32, size=3, stride=2)
    pooled = []
    for blocks, channels in STAGES:
        outputs = _convolution(outputs, filters=channels, size=3, stride=2)
        for _ in range(blocks):
            outputs = _block(outputs)
        pooled += _statistics(outputs)
    outputs = layers.Concatenate(dtype="float32")(pooled)
    outputs = layers.BatchNormalization(center=False, scale=False, momentum=0.97, dtype="float32")(
        outputs
    )
    return tf_keras.Model(images, outputs, name="formulanet")
