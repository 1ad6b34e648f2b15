"""The running average of a network's weights, which answers more steadily than any one step."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import tensorflow as tf

__all__ = ["WeightAverage"]


class WeightAverage:
    """A decaying mean of variables over the steps of a training.

    The first steps count more than ``decay`` says, so that the start is forgotten: after ``n``
    steps the decay is at most ``(1 + n) / (10 + n)``, as in TensorFlow's own moving averages.

    Args:
        variables: Of any dtype and shape; what is no floating number is not averaged.
        decay: What is kept of the average in a step, 0 to 1.

    Attributes:
        variables: The averages, which belong into a checkpoint; all on the devices of the others.
    """

    def __init__(self, variables: Sequence[Any], decay: float) -> None:
        self._averaged = [variable for variable in variables if variable.dtype.is_floating]
        self.variables = [tf.Variable(one.read_value(), trainable=False) for one in self._averaged]
        self._decay = decay
        # Traced once: there are hundreds of variables.
        self._step = tf.function(self._move, autograph=False)

    def update(self, steps: Any) -> None:
        """Take up the present weights.

        Args:
            steps: How many steps are done, this one among them; an int64 variable.
        """
        self._step(tf.cast(steps, tf.float32))

    def _move(self, steps: Any) -> None:
        kept = tf.minimum(self._decay, (1.0 + steps) / (10.0 + steps))
        for average, variable in zip(self.variables, self._averaged, strict=True):
            part = tf.cast(1.0 - kept, average.dtype)
            average.assign(average + part * (variable - average))

    @contextmanager
    def in_force(self) -> Iterator[None]:
        """A stretch in which the variables hold their averages; afterwards they are as before."""
        present = [variable.numpy() for variable in self._averaged]
        try:
            for variable, average in zip(self._averaged, self.variables, strict=True):
                variable.assign(average.numpy())
            yield
        finally:
            for variable, value in zip(self._averaged, present, strict=True):
                variable.assign(value)
