"""Moving statistics of batch norm that keep up with a short fine-tuning.

The modules of TF Hub average the statistics of batches with the momentum they were trained with,
0.99 to 0.999 for the most part: after a hundred steps the averages still describe the pretraining,
and a fine-tuned network that learned well in training mode answers badly in inference mode. Here
every average is given a momentum of at most ``MOMENTUM``; everything else stays as TF Hub defines
it. ``docs/measurements/training.md`` has the measurements.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from ic_tf_sdk.training.network.global_batch import GlobalBatchModel, mean_over_devices

__all__ = ["MOMENTUM", "CappedBatchNormModel", "measure_momenta"]

MOMENTUM = 0.9
"""The momentum of the slowest average after the cap; some ten steps of memory."""

# Enough pixels for statistics, few enough to cost nothing.
_PROBED_IMAGES = 4

# So much more than any statistic of a batch that it does not matter if two calls differ in theirs:
# where paths are dropped in training, as in EfficientNet and NASNet, no two calls are alike.
_PROBE = 1e6


def measure_momenta(layer: Any, shape: Sequence[int]) -> list[tuple[tf.Variable, float]]:
    """The moving averages of a backbone, each with its momentum.

    A SavedModel does not say which of its variables are averages. It shows in what a training call
    makes of them: whatever the value was before, ``momentum`` times it is added to the same sum.
    Variables that no call changes, as the mean that a network subtracts from its images, are left
    alone: with other values it would compute something else.

    Args:
        layer: A trainable ``hub.KerasLayer``. Its variables are afterwards what they were.
        shape: The height, width and channels of its images, which are float32 in 0 to 1.

    Returns:
        The variables that behave so, with a momentum above 0 and below 1.
    """
    trained = {id(variable) for variable in layer.trainable_weights}
    others = [v for v in layer.weights if id(v) not in trained and v.dtype.is_floating]
    # A seed of its own: the draw must not depend on what was drawn before.
    images = tf.random.stateless_uniform((_PROBED_IMAGES, *shape), (7, 7))
    # The probing overwrites the averages, and the calls update them.
    kept = [variable.numpy() for variable in layer.weights]
    try:
        moving = _changed(lambda: layer(images, training=True), others)
        slopes = _slopes(lambda: layer(images, training=True), moving)
    finally:
        for variable, value in zip(layer.weights, kept, strict=True):
            variable.assign(value)
    return [(v, slope) for v, slope in zip(moving, slopes, strict=True) if 0.0 < slope < 1.0]


def _changed(call: Callable[[], Any], variables: Sequence[tf.Variable]) -> list[tf.Variable]:
    """Those of the variables that a call changes."""
    before = [variable.numpy() for variable in variables]
    call()
    return [
        variable
        for variable, value in zip(variables, before, strict=True)
        if not np.array_equal(variable.numpy(), value)
    ]


def _slopes(call: Callable[[], Any], variables: Sequence[tf.Variable]) -> list[float]:
    """For each variable the change after a call per change before it; nan where it is uneven.

    Args:
        call: A training call on the same images each time.
        variables: The variables of any floating dtype and shape; they are overwritten.
    """
    results = []
    for value in (0.0, _PROBE):
        for variable in variables:
            variable.assign(tf.fill(variable.shape, tf.cast(value, variable.dtype)))
        call()
        results.append([variable.numpy().astype(np.float64) for variable in variables])
    # The sum that is added is as good as the same both times and drops out of the difference.
    return [_even((high - zero) / _PROBE) for zero, high in zip(*results, strict=True)]


def _even(slope: Any) -> float:
    """The slope, float64 of a variable's shape, as one number; nan where elements disagree."""
    if slope.size == 0 or not np.isfinite(slope).all() or np.ptp(slope) > 1e-3:
        return float("nan")
    return round(float(np.median(slope)), 4)


class CappedBatchNormModel(GlobalBatchModel):
    """A functional model whose moving statistics have a momentum of at most ``MOMENTUM``.

    With several devices each has batch statistics of its own rows, as Keras and TF Hub have it, and
    the moving ones are the mean over the devices after each step.
    """

    def cap_momentum(self, averages: Sequence[tuple[tf.Variable, float]]) -> None:
        """Choose the statistics whose momentum is capped.

        Args:
            averages: The averages of ``measure_momenta``, each with its momentum; those that are
                fast enough are left alone.
        """
        # A momentum m goes 1 - m of the way to the batch's statistics in a step.
        slow = [(v, (1.0 - MOMENTUM) / (1.0 - m)) for v, m in averages if m > MOMENTUM]
        if tf.distribute.get_strategy().num_replicas_in_sync > 1:
            # These are only brought together.
            slow += [(v, 1.0) for v, m in averages if m <= MOMENTUM]
        # A closure, for Keras would take a list of variables for weights of its own.
        self._slow = lambda: slow

    def capped_averages(self) -> list[tuple[tf.Variable, float]]:
        """The averages that are capped, each with how many times the module's step it goes."""
        averages: list[tuple[tf.Variable, float]] = self._slow()  # type: ignore[no-untyped-call]
        return averages

    def train_step(self, data: Any) -> Any:
        """Keras's own step, after which each slow average has moved further along its way."""
        slow = self.capped_averages()
        # The module's own update happens within the step; the rest of the way is gone afterwards.
        before = [tf.identity(variable) for variable, _ in slow]
        result = super().train_step(data)
        after = [
            old + gain * (variable - old)
            for (variable, gain), old in zip(slow, before, strict=True)
        ]
        for (variable, _), value in zip(slow, mean_over_devices(after), strict=True):
            variable.assign(value)
        return result
