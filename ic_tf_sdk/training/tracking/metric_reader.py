"""The metrics of a job, read off the lines that it prints: one place says what they are."""

import logging
import re
import time
from collections.abc import Callable
from typing import NamedTuple

from ic_tf_sdk.contract import metric_lines

__all__ = ["MetricReader", "Value", "values"]

_PAIR = re.compile(r"(?:^|- )([A-Za-z0-9][A-Za-z0-9_ -]*?): (nan|inf|[0-9.]+)")


class Value(NamedTuple):
    """One value of a metric.

    Attributes:
        name: As the line has it: ``val_accuracy``, ``Test accuracy``, ``Number of parameters``.
        value: The number.
        step: The epoch, counted from 1; 0 of what is no epoch's.
        milliseconds: When it was printed, since 1970.
    """

    name: str
    value: float
    step: int
    milliseconds: int


def values(line: str) -> list[Value]:
    """The metrics of a line of ``metric_lines``.

    Example:
        >>> [one[:3] for one in values("Epoch 2/5 - 3.2s - loss: 0.5 - val_loss: nan")]
        [('loss', 0.5, 2), ('val_loss', nan, 2)]
    """
    now, step = round(time.time() * 1000), metric_lines.read_epoch(line) or 0
    return [Value(name, float(number), step, now) for name, number in _PAIR.findall(line)]


class MetricReader(logging.Handler):
    """Hands on the metrics of each line that a job prints.

    Args:
        take: Called with the values of a line.
    """

    def __init__(self, take: Callable[[list[Value]], None]) -> None:
        super().__init__()
        self._take = take

    def emit(self, record: logging.LogRecord) -> None:
        """Read one line."""
        if found := values(record.getMessage()):
            self._take(found)
