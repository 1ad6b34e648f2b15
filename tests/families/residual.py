"""ResNet V1 and V2 as TF-Slim has them, two units of each stage and narrow bottlenecks."""

from collections.abc import Iterator
from typing import Any

import tensorflow as tf

from tests.families.slim import Slim, global_mean, max_pool

_NARROW = 8


def v1(net: Slim, images: Any, width: int) -> Any:
    """Batch norm after each convolution."""
    maps = max_pool(net.conv(images, _NARROW, 7, 2))
    for stride, filters in _units(width):
        shortcut = _subsampled(maps, stride)
        if maps.shape[-1] != filters:
            shortcut = net.conv(maps, filters, 1, activation=None)
        inner = net.conv(net.conv(maps, _NARROW, 1), _NARROW, 3, stride)
        maps = tf.nn.relu(shortcut + net.conv(inner, filters, 1, activation=None))
    return global_mean(maps)


def v2(net: Slim, images: Any, width: int) -> Any:
    """Batch norm before each convolution, and once more at the end."""
    maps = max_pool(_plain(net, images, _NARROW, 7, 2))
    for stride, filters in _units(width):
        ready = net.norm(maps, tf.nn.relu)
        shortcut = _subsampled(maps, stride)
        if maps.shape[-1] != filters:
            shortcut = _plain(net, ready, filters, 1)
        inner = net.conv(net.conv(ready, _NARROW, 1), _NARROW, 3, stride)
        maps = shortcut + _plain(net, inner, filters, 1)
    return global_mean(net.norm(maps, tf.nn.relu))


def _units(width: int) -> Iterator[tuple[int, int]]:
    """The stride and the filters of each: the first of a stage widens, the last one halves."""
    # A unit that did both would have a 1x1 convolution with a stride, as TF-Slim's have not. With
    # fewer than 16 channels in, TensorFlow crashes in that one's gradient:
    # https://github.com/uxlfoundation/oneDNN/issues/6035.
    for stride, filters in ((2, 16), (2, 24), (2, 32), (1, width)):
        yield 1, filters
        yield stride, filters


def _subsampled(maps: Any, stride: int) -> Any:
    return max_pool(maps, 1, stride)


def _plain(net: Slim, maps: Any, filters: int, size: int, stride: int = 1) -> Any:
    """A convolution with a bias and no batch norm."""
    kernel = net.kernel([size, size, maps.shape[-1], filters])
    return tf.nn.conv2d(maps, kernel, stride, "SAME") + net.bias(filters)
