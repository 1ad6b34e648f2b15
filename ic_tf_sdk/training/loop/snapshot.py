"""One moment of a training: its progress and its arrays."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

from ic_tf_sdk.training.loop import checkpoint_file
from ic_tf_sdk.training.loop.progress import Progress

__all__ = ["GROUPS", "Arrays", "Snapshot", "group", "named"]

Array = npt.NDArray[Any]
Arrays = list[Array]

GROUPS = ("variables", "optimizer", "metrics")
"""What of a snapshot is in its checkpoint; the best epoch's weights have a file of their own."""


@dataclass
class Snapshot:
    """One moment of a training.

    Attributes:
        progress: What has happened.
        variables: Weights, moving statistics and the dropout step, each of its own dtype and shape.
        optimizer: The optimizer's variables, and the averages of weights where there are any.
        metrics: The running sums of the epoch that is under way.
        best: The best epoch's ``variables``; None before the end of the first epoch.
    """

    progress: Progress
    variables: Arrays
    optimizer: Arrays
    metrics: Arrays
    best: Arrays | None = None

    def arrays(self, groups: Sequence[str]) -> dict[str, Array]:
        """The arrays of some of its groups, by names that say the group and the order."""
        return {
            name: array
            for group in groups
            for name, array in named(group, getattr(self, group) or []).items()
        }

    def as_bytes(self) -> bytes:
        """All of it, for another host."""
        stream = io.BytesIO()
        meta = {"progress": self.progress.as_json()}
        checkpoint_file.write(stream, meta, self.arrays((*GROUPS, "best")))
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Snapshot":
        """What ``as_bytes`` wrote."""
        meta, arrays = checkpoint_file.read(io.BytesIO(content))
        variables, optimizer, metrics, best = (group(arrays, n) for n in (*GROUPS, "best"))
        progress = Progress.from_json(meta["progress"])
        return cls(progress, variables, optimizer, metrics, best or None)


def named(group: str, arrays: Sequence[Array]) -> dict[str, Array]:
    """The arrays of a group by names whose order is theirs."""
    return {f"{group}/{index:05d}": array for index, array in enumerate(arrays)}


def group(arrays: Mapping[str, Array], name: str) -> Arrays:
    """The arrays of a group, out of those of all.

    Args:
        arrays: By name, sorted.
        name: The group's.
    """
    return [array for key, array in arrays.items() if key.startswith(f"{name}/")]
