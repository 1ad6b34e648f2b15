"""EfficientNet-Lite, with the weights of a checkpoint.

The network of Tan and Le (2019) less what small devices dislike: no squeeze-and-excite, a ReLU that
ends at six, a stem and a head that are as wide in all sizes.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import tf_keras
from tf_keras import layers

__all__ = ["FEATURES", "SIZES", "Size", "classifier", "feature_vector"]

Arrays = Mapping[str, npt.NDArray[np.float32]]


class Size(NamedTuple):
    """What tells one network of the family from another.

    Attributes:
        pixels: Height and width of the images that it was trained on.
        width: Factor of the channels of every stage.
        depth: Factor of the blocks of every stage but the first and the last.
    """

    pixels: int
    width: float
    depth: float


SIZES = {"lite0": Size(224, 1.0, 1.0), "lite1": Size(240, 1.0, 1.1), "lite2": Size(260, 1.1, 1.2)}
"""The networks whose weights a package of the registry holds."""

FEATURES = 1280
"""Width of the feature vector."""

CLASSES = 1000
"""Outputs of the published classifier."""

_STEM_CHANNELS = 32
_NORM = {"momentum": 0.99, "epsilon": 0.001}

# The weight decay of the published training, as the loss that it stands for: half of it times the
# sum of squares.
_DECAY = tf_keras.regularizers.L2(0.5e-5)


class _Stage(NamedTuple):
    blocks: int
    kernel: int
    stride: int
    expansion: int
    channels: int


_STAGES = (
    _Stage(1, 3, 1, 1, 16),
    _Stage(2, 3, 2, 6, 24),
    _Stage(2, 5, 2, 6, 40),
    _Stage(3, 3, 2, 6, 80),
    _Stage(3, 5, 1, 6, 112),
    _Stage(4, 5, 2, 6, 192),
    _Stage(1, 3, 1, 6, 320),
)


def feature_vector(size: Size, weights: Arrays) -> Any:
    """The network without its classification layer.

    Args:
        size: One of ``SIZES``.
        weights: Name -> array, as ``torch_checkpoint.read_checkpoint`` gives them.

    Returns:
        A ``tf_keras`` model of images float32 [batch, height, width, 3] in 0 to 1, whose features
        are float32 [batch, 1280].
    """
    images = tf_keras.Input((None, None, 3))
    model = tf_keras.Model(images, _features(size, images), name="efficientnet_lite")
    _assign(model, weights)
    return model


def classifier(size: Size, weights: Arrays) -> Any:
    """The network as it was published.

    Args:
        size: One of ``SIZES``.
        weights: Name -> array, as ``torch_checkpoint.read_checkpoint`` gives them.

    Returns:
        A ``tf_keras`` model of the same images, whose logits are float32 [batch, 1000].
    """
    images = tf_keras.Input((None, None, 3))
    logits = layers.Dense(CLASSES, kernel_regularizer=_DECAY, name="fc")(_features(size, images))
    model = tf_keras.Model(images, logits, name="efficientnet_lite")
    _assign(model, weights)
    return model


def _features(size: Size, images: Any) -> Any:
    # 127 and 128 of 255: what the published weights were trained with.
    net = layers.Rescaling(255.0 / 128.0, -127.0 / 128.0)(images)
    net = _convolved(net, _STEM_CHANNELS, "_conv_stem", "_bn0", kernel=3, stride=2)
    for name, stage in _blocks(size):
        net = _block(net, stage, name)
    net = _convolved(net, FEATURES, "_conv_head", "_bn1")
    return layers.GlobalAveragePooling2D()(net)


def _blocks(size: Size) -> Iterator[tuple[str, _Stage]]:
    """The blocks in order, each as a stage of its own, under its name in the checkpoint."""
    number = 0
    for place, stage in enumerate(_STAGES):
        scaled = 0 < place < len(_STAGES) - 1
        blocks = math.ceil(stage.blocks * size.depth) if scaled else stage.blocks
        for repeat in range(blocks):
            yield (
                f"_blocks.{number}.",
                stage._replace(
                    stride=1 if repeat else stage.stride,
                    channels=_multiple_of_eight(stage.channels * size.width),
                ),
            )
            number += 1


def _multiple_of_eight(channels: float) -> int:
    """The nearest one, but never less than nine tenths of what was asked for."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded if rounded >= 0.9 * channels else rounded + 8


def _block(net: Any, stage: _Stage, name: str) -> Any:
    """An inverted residual: expand, filter each channel by itself, project, add where it fits."""
    before, channels = net, int(net.shape[-1])
    if stage.expansion > 1:
        net = _convolved(net, channels * stage.expansion, f"{name}_expand_conv", f"{name}_bn0")
    net = layers.DepthwiseConv2D(
        stage.kernel,
        stage.stride,
        padding="same",
        use_bias=False,
        depthwise_regularizer=_DECAY,
        name=_layer_name(f"{name}_depthwise_conv"),
    )(net)
    net = layers.ReLU(6.0)(layers.BatchNormalization(**_NORM, name=_layer_name(f"{name}_bn1"))(net))
    net = _convolved(net, stage.channels, f"{name}_project_conv", f"{name}_bn2", activated=False)
    return layers.Add()([before, net]) if (stage.stride, channels) == (1, stage.channels) else net


def _convolved(
    net: Any,
    channels: int,
    convolution: str,
    norm: str,
    *,
    kernel: int = 1,
    stride: int = 1,
    activated: bool = True,
) -> Any:
    net = layers.Conv2D(
        channels,
        kernel,
        stride,
        padding="same",
        use_bias=False,
        kernel_regularizer=_DECAY,
        name=_layer_name(convolution),
    )(net)
    net = layers.BatchNormalization(**_NORM, name=_layer_name(norm))(net)
    return layers.ReLU(6.0)(net) if activated else net


def _layer_name(name: str) -> str:
    # Keras makes a scope of it, where TensorFlow lets no name begin with an underscore.
    return name.lstrip("_").replace(".", "-")


def _assign(model: Any, weights: Arrays) -> None:
    by_layer: dict[str, dict[str, npt.NDArray[np.float32]]] = {}
    for name, array in weights.items():
        layer, _, part = name.rpartition(".")
        by_layer.setdefault(_layer_name(layer), {})[part] = array
    for layer in model.layers:
        if layer.weights:
            layer.set_weights(_in_order(layer, by_layer[layer.name]))


def _in_order(layer: Any, parts: Arrays) -> list[npt.NDArray[np.float32]]:
    """The arrays of a layer as Keras lays them out: [height, width, in, out] for a convolution."""
    if isinstance(layer, layers.BatchNormalization):
        return [parts[name] for name in ("weight", "bias", "running_mean", "running_var")]
    if isinstance(layer, layers.DepthwiseConv2D):
        return [parts["weight"].transpose(2, 3, 0, 1)]
    if isinstance(layer, layers.Conv2D):
        return [parts["weight"].transpose(2, 3, 1, 0)]
    return [parts["weight"].T, parts["bias"]]
