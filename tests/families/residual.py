"""ResNet V1 and V2 as TF-Slim has them, one unit of each stage and narrow bottlenecks."""

from typing import Any

import tensorflow as tf

from tests.families.slim import Slim, global_mean, max_pool

_NARROW = 8


def v1(net: Slim, images: Any, width: int) -> Any:
    """Batch norm after each convolution; the stride is in the last unit of a stage."""
    maps = max_pool(net.conv(images, _NARROW, 7, 2))
    for stride, filters in ((2, 16), (2, 24), (2, 32), (1, width)):
        # TF-Slim's way to take every second row and column.
        shortcut = tf.nn.max_pool2d(maps, 1, stride, "SAME")
        if maps.shape[-1] != filters:
            shortcut = net.conv(maps, filters, 1, stride, activation=None)
        inner = net.conv(net.conv(maps, _NARROW, 1), _NARROW, 3, stride)
        maps = tf.nn.relu(shortcut + net.conv(inner, filters, 1, activation=None))
    return global_mean(maps)


def v2(net: Slim, images: Any, width: int) -> Any:
    """Batch norm before each convolution, and once more at the end."""
    maps = max_pool(_plain(net, images, _NARROW, 7, 2))
    for stride, filters in ((2, 16), (2, 24), (2, 32), (1, width)):
        ready = net.norm(maps, tf.nn.relu)
        shortcut = _plain(net, ready, filters, 1, stride)
        inner = net.conv(net.conv(ready, _NARROW, 1), _NARROW, 3, stride)
        maps = shortcut + _plain(net, inner, filters, 1, 1)
    return global_mean(net.norm(maps, tf.nn.relu))


def _plain(net: Slim, maps: Any, filters: int, size: int, stride: int) -> Any:
    """A convolution with a bias and no batch norm."""
    kernel = net.kernel([size, size, maps.shape[-1], filters])
    return tf.nn.conv2d(maps, kernel, stride, "SAME") + net.bias(filters)
