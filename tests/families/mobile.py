"""MobileNet V1, V2 and V3 as TF-Slim has them, one block of each kind and few channels."""

from typing import Any

import tensorflow as tf

from tests.families.slim import Slim, global_mean


def v1(net: Slim, images: Any, width: int) -> Any:
    """Depthwise and pointwise convolutions in turn."""
    maps = net.conv(images, 8, 3, 2, activation=tf.nn.relu6)
    for stride, filters in ((1, 8), (2, 12), (2, 16), (2, 24), (2, width)):
        maps = net.depthwise(maps, 3, stride, activation=tf.nn.relu6)
        maps = net.conv(maps, filters, 1, activation=tf.nn.relu6)
    return global_mean(maps)


def v2(net: Slim, images: Any, width: int) -> Any:
    """Inverted residuals with linear bottlenecks."""
    maps = net.conv(images, 8, 3, 2, activation=tf.nn.relu6)
    for expansion, stride, filters in (
        (1, 1, 8),
        (6, 2, 8),
        (6, 1, 8),
        (6, 2, 8),
        (6, 2, 12),
        (6, 2, 16),
    ):
        maps = _inverted(net, maps, expansion, stride, filters)
    return global_mean(net.conv(maps, width, 1, activation=tf.nn.relu6))


def v3(net: Slim, images: Any, width: int) -> Any:
    """Inverted residuals, some with squeeze and excitation, hard swish in the deeper ones."""
    maps = net.conv(images, 8, 3, 2, activation=_hard_swish)
    maps = _inverted(net, maps, 1, 2, 8, activation=tf.nn.relu, excited=True)
    maps = _inverted(net, maps, 4, 2, 8, activation=tf.nn.relu)
    maps = _inverted(net, maps, 4, 2, 12, activation=_hard_swish, size=5, excited=True)
    maps = _inverted(net, maps, 4, 1, 12, activation=_hard_swish, size=5, excited=True)
    maps = _inverted(net, maps, 6, 2, 16, activation=_hard_swish, size=5, excited=True)
    pooled = global_mean(net.conv(maps, 48, 1, activation=_hard_swish))
    return _hard_swish(net.dense(pooled, width))


def _inverted(
    net: Slim,
    maps: Any,
    expansion: int,
    stride: int,
    filters: int,
    *,
    activation: Any = tf.nn.relu6,
    size: int = 3,
    excited: bool = False,
) -> Any:
    wide = maps
    if expansion > 1:
        wide = net.conv(maps, expansion * maps.shape[-1], 1, activation=activation)
    wide = net.depthwise(wide, size, stride, activation=activation)
    if excited:
        wide = _excited(net, wide)
    narrow = net.conv(wide, filters, 1, activation=None)
    return maps + narrow if stride == 1 and filters == maps.shape[-1] else narrow


def _excited(net: Slim, maps: Any) -> Any:
    """Each channel weighed by what all of them hold."""
    squeezed = tf.nn.relu(net.dense(global_mean(maps), 4))
    weights = tf.nn.relu6(net.dense(squeezed, maps.shape[-1]) + 3.0) / 6.0
    return maps * weights[:, tf.newaxis, tf.newaxis]


def _hard_swish(maps: Any) -> Any:
    return maps * tf.nn.relu6(maps + 3.0) / 6.0
