"""Inception V1, V2, V3 and Inception-ResNet V2 as TF-Slim has them, one module of each kind."""

from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from tests.families.slim import Slim, global_mean, max_pool, mean_pool

_NARROW = 8


def v1(net: Slim, images: Any, width: int) -> Any:
    """Four branches: 1x1, 3x3, 3x3 (5x5 in the paper) and pooling."""
    maps = max_pool(net.conv(images, _NARROW, 7, 2))
    maps = max_pool(net.conv(net.conv(maps, _NARROW, 1), _NARROW, 3))
    for filters in (4 * _NARROW, width):
        maps = max_pool(maps)
        branches = [
            net.conv(maps, filters // 4, 1),
            net.conv(net.conv(maps, _NARROW, 1), filters // 4, 3),
            net.conv(net.conv(maps, _NARROW, 1), filters // 4, 3),
            net.conv(max_pool(maps, 3, 1), filters // 4, 1),
        ]
        maps = tf.concat(branches, 3)
    return global_mean(maps)


def v2(net: Slim, images: Any, width: int) -> Any:
    """A separable first layer, two 3x3 for a 5x5, modules that halve by stride."""
    maps = net.conv(net.depthwise(images, 7, 2), _NARROW, 1)
    maps = max_pool(maps)
    maps = max_pool(net.conv(net.conv(maps, _NARROW, 1), _NARROW, 3))
    halved = [
        net.conv(net.conv(maps, _NARROW, 1), _NARROW, 3, 2),
        _chain(net, maps, [(_NARROW, 1, 1), (_NARROW, 3, 1), (_NARROW, 3, 2)]),
        max_pool(maps),
    ]
    maps = tf.concat(halved, 3)
    branches = [
        net.conv(maps, width // 4, 1),
        net.conv(net.conv(maps, _NARROW, 1), width // 4, 3),
        _chain(net, maps, [(_NARROW, 1, 1), (_NARROW, 3, 1), (width // 4, 3, 1)]),
        net.conv(mean_pool(maps), width // 4, 1),
    ]
    return global_mean(tf.concat(branches, 3))


def v3(net: Slim, images: Any, width: int) -> Any:
    """A valid stem, 5x5, factorised 7x7, and branches that fork at the end."""
    maps = _stem(net, images)
    branches = [
        net.conv(maps, _NARROW, 1),
        net.conv(net.conv(maps, _NARROW, 1), _NARROW, 5),
        _chain(net, maps, [(_NARROW, 1, 1), (_NARROW, 3, 1), (_NARROW, 3, 1)]),
        net.conv(mean_pool(maps), _NARROW, 1),
    ]
    maps = _halved(net, tf.concat(branches, 3))
    across = [(_NARROW, 1, 1), (_NARROW, (1, 7), 1), (_NARROW, (7, 1), 1)]
    branches = [
        net.conv(maps, _NARROW, 1),
        _chain(net, maps, across),
        _chain(net, maps, [*across, *across[1:]]),
        net.conv(mean_pool(maps), _NARROW, 1),
    ]
    maps = _halved(net, tf.concat(branches, 3))
    one = net.conv(maps, _NARROW, 1)
    two = _chain(net, maps, [(_NARROW, 1, 1), (_NARROW, 3, 1)])
    forks = [net.conv(fork, width // 8, size) for fork in (one, two) for size in ((1, 3), (3, 1))]
    ends = [net.conv(maps, width // 4, 1), net.conv(mean_pool(maps), width // 4, 1)]
    return global_mean(tf.concat([*forks, *ends], 3))


def resnet_v2(net: Slim, images: Any, width: int) -> Any:
    """Branches whose sum, scaled down, is added to what they began with."""
    maps = _stem(net, images)
    three = [(_NARROW, 1, 1), (_NARROW, 3, 1), (_NARROW, 3, 1)]
    maps = _added(net, maps, [three[:1], three[:2], three], 0.17)
    maps = _halved(net, maps)
    across = [(_NARROW, 1, 1), (_NARROW, (1, 7), 1), (_NARROW, (7, 1), 1)]
    maps = _added(net, maps, [across[:1], across], 0.10)
    maps = _halved(net, maps)
    forked = [(_NARROW, 1, 1), (_NARROW, (1, 3), 1), (_NARROW, (3, 1), 1)]
    maps = _added(net, maps, [forked[:1], forked], 0.20)
    return global_mean(net.conv(maps, width, 1))


Steps = Sequence[tuple[int, int | tuple[int, int], int]]
"""Filters, kernel and stride of convolutions that follow each other."""


def _chain(net: Slim, maps: Any, steps: Steps, padding: str = "SAME") -> Any:
    for filters, size, stride in steps:
        maps = net.conv(maps, filters, size, stride, padding=padding)
    return maps


def _stem(net: Slim, images: Any) -> Any:
    """From 299 pixels to 35."""
    maps = _chain(net, images, [(_NARROW, 3, 2), (_NARROW, 3, 1)], "VALID")
    maps = max_pool(net.conv(maps, _NARROW, 3), padding="VALID")
    maps = _chain(net, maps, [(_NARROW, 1, 1), (_NARROW, 3, 1)], "VALID")
    return max_pool(maps, padding="VALID")


def _halved(net: Slim, maps: Any) -> Any:
    branches = [
        net.conv(maps, _NARROW, 3, 2, padding="VALID"),
        net.conv(
            _chain(net, maps, [(_NARROW, 1, 1), (_NARROW, 3, 1)]), _NARROW, 3, 2, padding="VALID"
        ),
        max_pool(maps, padding="VALID"),
    ]
    return tf.concat(branches, 3)


def _added(net: Slim, maps: Any, branches: Sequence[Steps], scale: float) -> Any:
    joined = tf.concat([_chain(net, maps, steps) for steps in branches], 3)
    kernel = net.kernel([1, 1, joined.shape[-1], maps.shape[-1]])
    up = tf.nn.conv2d(joined, kernel, 1, "SAME") + net.bias(maps.shape[-1])
    return tf.nn.relu(maps + scale * up)
