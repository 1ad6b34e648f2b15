"""The names of a job's checkpoints, by which they are told from whatever else lies beside them."""

import re
from pathlib import Path

__all__ = ["best", "best_files", "checkpoint", "checkpoints", "older", "place"]

_CHECKPOINT = re.compile(r"checkpoint-([0-9]+)-([0-9]+)\.npz")
_BEST = re.compile(r"best-([0-9]+)\.npz")


def checkpoint(epochs: int, step: int) -> str:
    """The name of a checkpoint.

    Args:
        epochs: Finished epochs.
        step: Steps done in the one that is under way.
    """
    return f"checkpoint-{epochs:05d}-{step:06d}.npz"


def best(epoch: int) -> str:
    """The name of the file with an epoch's weights.

    Args:
        epoch: Index of the epoch.
    """
    return f"best-{epoch:05d}.npz"


def place(name: str) -> tuple[int, int] | None:
    """The finished epochs and steps that a name says; None where it is no checkpoint's.

    Args:
        name: A file name.
    """
    match = _CHECKPOINT.fullmatch(name)
    if match is None:
        return None
    found = int(match[1]), int(match[2])
    # Written by hand in another width, it is somebody else's.
    return found if checkpoint(*found) == name else None


def checkpoints(folder: Path) -> list[Path]:
    """What is named like a checkpoint in a folder, the oldest first."""
    return [path for _, path in _placed(folder)]


def older(path: Path) -> list[Path]:
    """What is named like an earlier checkpoint beside one, the oldest first.

    Args:
        path: The checkpoint; another process may have removed it.
    """
    at = place(path.name)
    return [other for place_, other in _placed(path.parent) if at is not None and place_ < at]


def _placed(folder: Path) -> list[tuple[tuple[int, int], Path]]:
    named = ((place(path.name), path) for path in folder.glob("checkpoint-*"))
    return sorted((at, path) for at, path in named if at is not None)


def best_files(folder: Path) -> list[Path]:
    """What is named like a file with an epoch's weights."""
    named = ((_BEST.fullmatch(path.name), path) for path in folder.glob("best-*"))
    return [path for match, path in named if match and best(int(match[1])) == path.name]
