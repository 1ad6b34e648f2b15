"""Which part of a picture an answer hangs on, for any network that answers pixels.

Gradient times input: how the label's probability changes with each pixel, times how far the pixel
is from the picture's mean, over noisy copies of the picture, smoothed. It found more of the shape
in drawn pictures than hiding one part after the other, in less time (`benchmarks/explain.py`).
Where it says nothing, since a network has no gradient or is as sure as a float can be, parts are
hidden.
"""

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

__all__ = ["HeatMap", "Method", "heat_map"]

Method = Literal["gradient", "occlusion"]
"""Gradient times input, or hiding."""

# Gradients of single pictures are ragged; of so many noisy copies, some at a time, less so.
_COPIES = 16
_AT_ONCE = 4
_NOISE = 25.0
# Of the Gaussian that smooths, in sides of the picture.
_SMOOTH = 1 / 20
# What is below this part of the greatest value is what every picture has everywhere.
_FLOOR = 0.3

# The picture has so many steps a side; a window is two of them wide and high, and overlaps its
# neighbours by half. It shows the picture blurred to so many pixels a side.
_STEPS = 8
_WIDTH = 2
_BLURRED = 4

Answer = Callable[[Any], Any]


class HeatMap(NamedTuple):
    """Where a network looks.

    Attributes:
        values: float32 array [height, width] of the network's input size, at least 0; they sum to
            1, or are all 0 where no part of the picture decides.
        method: How they were found.
    """

    values: Any
    method: Method


def heat_map(
    answer: Answer, pixels: Any, label: int, check: Callable[[], None] = lambda: None
) -> HeatMap:
    """Where a network looks in one picture.

    Args:
        answer: float32 tensor [batch, height, width, 3] in 0 to 255 -> tensor of probabilities
            [batch, classes], two or more.
        pixels: float32 [height, width, 3] in 0 to 255.
        label: The class index to ask about.
        check: Called before each call of the network; what it raises ends the work.
    """
    import numpy as np

    picture = np.asarray(pixels, np.float32)
    values = _by_gradient(answer, picture, label, check)
    if values is not None and values.max() > 0.0:
        return HeatMap(_shares(values**2), "gradient")
    return HeatMap(_shares(_by_hiding(answer, picture, label, check)), "occlusion")


def _shares(values: Any) -> Any:
    """Values above the floor, as shares of their sum."""
    import numpy as np

    heat = np.maximum(values - _FLOOR * values.max(), 0.0)
    total = heat.sum()
    return (heat / total if total > 0.0 else heat).astype(np.float32)


def _by_gradient(answer: Answer, picture: Any, label: int, check: Callable[[], None]) -> Any:
    """float64 [height, width], at least 0; None where the network has no gradient."""
    import numpy as np
    from scipy.ndimage import gaussian_filter

    # The same picture has the same map.
    noise = np.random.default_rng(0).normal(0.0, _NOISE, (_COPIES, *picture.shape))
    copies = (picture + noise).astype(np.float32)
    total = np.zeros(picture.shape, np.float64)
    for start in range(0, _COPIES, _AT_ONCE):
        check()
        some = copies[start : start + _AT_ONCE]
        slope = _slope(answer, some, label)
        if slope is None or not np.isfinite(slope).all():
            return None
        total += (slope * (some - some.mean(axis=(1, 2), keepdims=True))).sum(axis=0)
    sigma = [_SMOOTH * side for side in picture.shape[:2]]
    return gaussian_filter(np.abs(total.sum(axis=-1)), sigma)


def _slope(answer: Answer, pictures: Any, label: int) -> Any:
    """The gradient of the logarithm of a label's probability, float32 [batch, height, width, 3]."""
    import tensorflow as tf

    images = tf.constant(pictures)
    with tf.GradientTape() as tape:
        tape.watch(images)
        shares = tf.clip_by_value(answer(images)[:, label], 1e-7, 1.0)
        believed = tf.reduce_sum(tf.math.log(shares))
    try:
        slope = tape.gradient(believed, images)
    except (LookupError, tf.errors.OpError):
        # An operation of the network has no gradient.
        return None
    return None if slope is None else slope.numpy()


def _by_hiding(answer: Answer, picture: Any, label: int, check: Callable[[], None]) -> Any:
    """How much less the label is believed in where a part is hidden: float64 [height, width]."""
    import numpy as np
    import tensorflow as tf

    check()
    height, width = picture.shape[:2]
    small = tf.image.resize(picture, (_BLURRED, _BLURRED), "area")
    blurred = tf.image.resize(small, (height, width), "bicubic").numpy()
    whole = float(answer(tf.constant(picture[None]))[0, label])
    lost, times = np.zeros((height, width)), np.zeros((height, width))
    for rows in _spans(height):
        check()
        columns = _spans(width)
        hidden = np.repeat(picture[None], len(columns), axis=0)
        for one, part in zip(hidden, columns, strict=True):
            one[rows, part] = blurred[rows, part]
        shares = np.asarray(answer(tf.constant(hidden)))[:, label]
        for part, share in zip(columns, shares.tolist(), strict=True):
            lost[rows, part] += max(whole - share, 0.0)
            times[rows, part] += 1
    return lost / times


def _spans(length: int) -> list[slice]:
    """The windows along one side; those at its ends are half outside."""
    steps = min(_STEPS, length)
    ends = [round(step * length / steps) for step in range(steps + 1)]
    return [
        slice(ends[max(step, 0)], ends[min(step + _WIDTH, steps)])
        for step in range(1 - _WIDTH, steps)
    ]
