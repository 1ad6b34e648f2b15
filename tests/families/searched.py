"""NASNet-A and PNASNet-5 as TF-Slim has them: their cells, few of them and narrow."""

from typing import Any

import tensorflow as tf

from tests.families.slim import Slim, global_mean, max_pool, mean_pool

_NARROW = 4


def nasnet(net: Slim, images: Any, width: int) -> Any:
    """Reducing cells, then a normal one, which joins six parts of equal width."""
    maps = net.conv(images, 2 * _NARROW, 3, 2, padding="VALID", activation=None)
    before, now = maps, maps
    for filters in (_NARROW, _NARROW, 2 * _NARROW):
        before, now = now, _reducing(net, before, now, filters)
    now = _normal(net, before, now, width // 6)
    return global_mean(tf.nn.relu(now))


def pnasnet(net: Slim, images: Any, width: int) -> Any:
    """One cell for all, which halves where it is told; five parts of equal width."""
    maps = net.conv(images, 2 * _NARROW, 3, 2, padding="VALID", activation=None)
    before, now = maps, maps
    # The width doubles with each, as there; a 1x1 convolution with a stride, which the third has on
    # maps of an even size, has a wrong gradient on fewer than 16 channels:
    # https://github.com/uxlfoundation/oneDNN/issues/6035.
    for stride, filters in ((2, _NARROW), (2, 2 * _NARROW), (2, 4 * _NARROW), (1, width // 5)):
        before, now = now, _progressive(net, before, now, filters, stride)
    return global_mean(tf.nn.relu(now))


def _normal(net: Slim, before: Any, now: Any, filters: int) -> Any:
    p, h = _fitted(net, before, now, filters)
    parts = [
        net.drop_path(_separable(net, h, 5)) + net.drop_path(_separable(net, p, 3)),
        net.drop_path(_separable(net, p, 5)) + net.drop_path(_separable(net, p, 3)),
        mean_pool(h) + p,
        mean_pool(p) + mean_pool(p),
        net.drop_path(_separable(net, h, 3)) + h,
    ]
    return tf.concat([p, *parts], 3)


def _reducing(net: Slim, before: Any, now: Any, filters: int) -> Any:
    p, h = _fitted(net, before, now, filters)
    one = net.drop_path(_separable(net, h, 5, 2)) + net.drop_path(_separable(net, p, 7, 2))
    two = max_pool(h) + net.drop_path(_separable(net, p, 7, 2))
    three = mean_pool(h, 3, 2) + net.drop_path(_separable(net, p, 5, 2))
    four = mean_pool(one) + two
    five = net.drop_path(_separable(net, one, 3)) + max_pool(h)
    return tf.concat([two, three, four, five], 3)


def _progressive(net: Slim, before: Any, now: Any, filters: int, stride: int) -> Any:
    p, h = _fitted(net, before, now, filters)
    three = net.drop_path(_separable(net, h, 5, stride)) + net.drop_path(
        _separable(net, h, 3, stride)
    )
    kept = h if stride == 1 else net.conv(tf.nn.relu(h), filters, 1, stride, activation=None)
    parts = [
        net.drop_path(_separable(net, p, 5, stride)) + max_pool(p, 3, stride),
        net.drop_path(_separable(net, h, 7, stride)) + max_pool(h, 3, stride),
        three,
        net.drop_path(_separable(net, three, 3)) + max_pool(h, 3, stride),
        net.drop_path(_separable(net, p, 3, stride)) + kept,
    ]
    return tf.concat(parts, 3)


def _fitted(net: Slim, before: Any, now: Any, filters: int) -> tuple[Any, Any]:
    """Both inputs of a cell as it takes them: of one width, and of the size of the newer one."""
    p, h = tf.nn.relu(before), tf.nn.relu(now)
    halves = before.shape[1] != now.shape[1]
    p = _shrunk(net, p, filters) if halves else net.conv(p, filters, 1, activation=None)
    return p, net.conv(h, filters, 1, activation=None)


def _shrunk(net: Slim, maps: Any, filters: int) -> Any:
    """The factorised reduction: every other pixel, and every other one beside them."""
    beside = tf.pad(maps, [[0, 0], [0, 1], [0, 1], [0, 0]])[:, 1:, 1:]
    halves = [mean_pool(path, 1, 2, "VALID") for path in (maps, beside)]
    return net.norm(tf.concat([_pointwise(net, half, filters // 2) for half in halves], 3))


def _pointwise(net: Slim, maps: Any, filters: int) -> Any:
    return tf.nn.conv2d(maps, net.kernel([1, 1, maps.shape[-1], filters]), 1, "SAME")


def _separable(net: Slim, maps: Any, size: int, stride: int = 1) -> Any:
    """Twice ReLU, a separable convolution and batch norm; the stride is in the first."""
    filters = maps.shape[-1]
    for step in (stride, 1):
        kernel = tf.reshape(net.kernel([size, size, 1, filters]), [size, size, filters, 1])
        strides = [1, step, step, 1]
        maps = tf.nn.depthwise_conv2d(tf.nn.relu(maps), kernel, strides, "SAME")
        maps = net.norm(_pointwise(net, maps, filters))
    return maps
