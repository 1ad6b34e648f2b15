"""What a tuning improves: a metric line of the epochs, read as SageMaker reads it."""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

from ic_tf_sdk.contract.metric_lines import METRIC_DEFINITIONS, read_epoch
from ic_tf_sdk.errors import UserError, nearest

__all__ = ["Direction", "Objective", "objective"]

Direction = Literal["Maximize", "Minimize"]

_OF_EPOCHS = ("train:", "val:", "validation:", "tflow-ic:")


class Objective(NamedTuple):
    """A metric of the epochs.

    Attributes:
        name: As of ``metric_definitions``.
        direction: Whether more or less of it is better.
        expression: Reads it off a line.
    """

    name: str
    direction: Direction
    expression: str

    def values(self, lines: Sequence[str]) -> list[float]:
        """Its value in each epoch that has one.

        Args:
            lines: Of a job's log.
        """
        epochs = (line for line in lines if read_epoch(line) is not None)
        found = (re.findall(self.expression, line) for line in epochs)
        return [float(one[-1]) for one in found if one]


def objective(name: str, direction: Direction | None = None) -> Objective:
    """Find a metric by its name.

    Args:
        name: For example ``"validation:accuracy"``.
        direction: None minimises a loss and maximises everything else.

    Raises:
        UserError: No metric of the epochs has the name.

    Example:
        >>> objective("val:loss").direction
        'Minimize'
    """
    known = {
        one["Name"]: one["Regex"]
        for one in METRIC_DEFINITIONS
        if one["Name"].startswith(_OF_EPOCHS)
    }
    if name not in known:
        close = nearest(name, known, len(known))
        raise UserError(
            f"No metric of the epochs is called {name!r}; there are {', '.join(close)}."
        )
    least: Direction = "Minimize" if name.endswith("loss") else "Maximize"
    return Objective(name, direction or least, known[name])
