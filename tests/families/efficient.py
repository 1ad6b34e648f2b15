"""EfficientNet, EfficientNetV2 and ResNet-50 as Keras models, which TF Hub has as Keras saves them.

The blocks are those of Keras's own applications: one block of each kind, with few channels.
"""

from pathlib import Path
from typing import Any

import tf_keras as keras
from tf_keras.src.applications import efficientnet, efficientnet_v2, resnet

from tests.families.shape import Shape

# Kernel, stride and expansion of a block of each kind, the last one with a path that is dropped.
_STAGES = ((3, 1, 1), (3, 2, 6), (5, 2, 6), (5, 1, 6))
_CHANNELS = 8
# Before the first block, in every EfficientNet.
_STEM = 32


def save_efficientnet(shape: Shape, folder: Path) -> None:
    """Inverted residuals with squeeze and excitation, swish, and paths that training drops."""
    images = keras.Input((*shape.input, 3))
    network = efficientnet.EfficientNet(
        # The last convolution has 1280 channels times this.
        width_coefficient=shape.features / 1280,
        depth_coefficient=1.0,
        default_size=shape.size,
        blocks_args=[_block(_STEM if n == 0 else _CHANNELS, *s) for n, s in enumerate(_STAGES)],
        include_top=False,
        weights=None,
        pooling="avg",
        # Keras's network takes 0..255 and TF Hub's 0..1.
        input_tensor=keras.layers.Rescaling(255.0)(images),
    )
    _save(images, network.output, shape, folder)


def _block(channels: int, kernel: int, stride: int, expansion: int) -> dict[str, Any]:
    return {
        "kernel_size": kernel,
        "repeats": 1,
        "filters_in": channels,
        "filters_out": _CHANNELS,
        "expand_ratio": expansion,
        "id_skip": True,
        "strides": stride,
        "se_ratio": 0.25,
    }


def save_efficientnet_v2(shape: Shape, folder: Path) -> None:
    """The same with fused first stages, whose expansion is one convolution of 3x3."""
    images = keras.Input((*shape.input, 3))
    fused = ((3, 1, 1), (3, 2, 4))
    blocks = [_v2_block(*stage, fused=True) for stage in fused]
    blocks += [_v2_block(*stage, fused=False) for stage in ((3, 2, 4), (3, 1, 6))]
    network = efficientnet_v2.EfficientNetV2(
        width_coefficient=shape.features / 1280,
        depth_coefficient=1.0,
        default_size=shape.size,
        blocks_args=blocks,
        include_top=False,
        weights=None,
        pooling="avg",
        input_tensor=keras.layers.Rescaling(2.0, offset=-1.0)(images),
        include_preprocessing=False,
    )
    _save(images, network.output, shape, folder)


def _v2_block(kernel: int, stride: int, expansion: int, *, fused: bool) -> dict[str, Any]:
    return {
        "kernel_size": kernel,
        "num_repeat": 1,
        "input_filters": _CHANNELS,
        "output_filters": _CHANNELS,
        "expand_ratio": expansion,
        "se_ratio": 0 if fused else 0.25,
        "strides": stride,
        "conv_type": int(fused),
    }


def save_resnet(shape: Shape, folder: Path) -> None:
    """One bottleneck of each of the four stages."""
    images = keras.Input((*shape.input, 3))

    def stages(maps: Any) -> Any:
        maps = resnet.stack1(maps, _CHANNELS, 1, stride1=1, name="conv2")
        for number, stride in ((3, 2), (4, 2)):
            maps = resnet.stack1(maps, _CHANNELS, 1, stride1=stride, name=f"conv{number}")
        return resnet.stack1(maps, shape.features // 4, 1, name="conv5")

    network = resnet.ResNet(
        stages,
        preact=False,
        use_bias=True,
        include_top=False,
        weights=None,
        pooling="avg",
        input_tensor=keras.layers.Rescaling(2.0, offset=-1.0)(images),
    )
    _save(images, network.output, shape, folder)


def _save(images: Any, features: Any, shape: Shape, folder: Path) -> None:
    outputs = features
    if shape.classes:
        outputs = keras.layers.Dense(shape.classes)(keras.layers.Dropout(0.2)(features))
    keras.Model(images, outputs).save(folder, save_format="tf")
