"""Checkpoints: everything a training is, in one file, written in one step.

SageMaker copies ``/opt/ml/checkpoints`` to S3 while a job runs and back before it starts again. A
file appears under its name only when complete; one that was damaged on the way is passed over for
the one before.

::

    checkpoint-00003-000120.npz     3 epochs and 120 steps done
    best-00002.npz                  the best epoch's weights, written once per improvement
"""

import io
import json
import logging
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ic_tf_sdk.contract import file_access, output_files
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.training.loop.progress import Progress

__all__ = ["CheckpointFolder", "Snapshot"]

logger = logging.getLogger(__name__)

Arrays = list[npt.NDArray[Any]]

# The newest may be damaged on its way to S3 and back; the one before is then taken up.
_KEPT = 2
_UNREADABLE = (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile)
_GROUPS = ("variables", "optimizer", "metrics")


@dataclass
class Snapshot:
    """One moment of a training.

    Attributes:
        progress: What has happened.
        variables: Weights, moving statistics and the dropout step, each of its own dtype and shape.
        optimizer: The optimizer's variables.
        metrics: The running sums of the epoch that is under way.
        best: The best epoch's ``variables``; None before the end of the first epoch.
    """

    progress: Progress
    variables: Arrays
    optimizer: Arrays
    metrics: Arrays
    best: Arrays | None = None

    def as_bytes(self) -> bytes:
        """All of it, for another host."""
        # As arrays and JSON, never as a pickle: what is read back must not be able to run code.
        content = {"meta": np.array(json.dumps(self.progress.as_json()))}
        for group in (*_GROUPS, "best"):
            content |= _named(group, getattr(self, group) or [])
        stream = io.BytesIO()
        np.savez(stream, **content)  # type: ignore[arg-type]
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> "Snapshot":
        """What ``as_bytes`` wrote."""
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            progress = Progress(**json.loads(str(file["meta"])))
            variables, optimizer, metrics, best = (_group(file, n) for n in (*_GROUPS, "best"))
        return cls(progress, variables, optimizer, metrics, best or None)


class CheckpointFolder:
    """The checkpoints of one job.

    Args:
        folder: The folder of the checkpoints, which is created with the first one.
        identity: What the job is, from ``identity``: a name for each thing that must be the same
            when it goes on, and a text that tells one such thing from another.
    """

    def __init__(self, folder: Path, identity: Mapping[str, str]) -> None:
        self._folder = folder
        self._identity = dict(identity)
        self._known_good: set[Path] = set()

    def save(self, snapshot: Snapshot) -> Path:
        """Write a checkpoint and remove those that it replaces.

        Returns:
            The file.

        Raises:
            FileAccessError: The disk is full, or cannot be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        progress = snapshot.progress
        best = self._best(progress)
        # The best weights change with an improvement only, and are written before they are named.
        if snapshot.best is not None and best not in self._known_good:
            _write(best, _named("variables", snapshot.best))
            self._known_good.add(best)
        meta = {"identity": self._identity, "progress": progress.as_json()}
        content = {"meta": np.array(json.dumps(meta))}
        for group in _GROUPS:
            content |= _named(group, getattr(snapshot, group))
        # Padded, so that the order of names is that of time.
        path = self._folder / f"checkpoint-{len(progress.epochs):05d}-{progress.step:06d}.npz"
        try:
            _write(path, content)
        finally:
            # Also the best weights that a checkpoint was to name for which there was no space.
            self._prune()
        return path

    def latest(self) -> Snapshot | None:
        """The newest checkpoint that can be read, or None where there is none.

        Raises:
            UserError: The checkpoints are those of another job.
        """
        readable = (self._readable(path) for path in reversed(self._checkpoints()))
        return next((snapshot for snapshot in readable if snapshot is not None), None)

    def _readable(self, path: Path) -> Snapshot | None:
        try:
            return self._read(path)
        except UserError:
            raise
        except _UNREADABLE as error:
            logger.warning("The checkpoint %s cannot be read (%s); passed over.", path, error)
            return None

    def _read(self, path: Path) -> Snapshot:
        with _opened(path) as file:
            meta = json.loads(str(file["meta"]))
            self._check(meta["identity"])
            progress = Progress(**meta["progress"])
            variables, optimizer, metrics = (_group(file, name) for name in _GROUPS)
        best = None
        if progress.has_best:
            with _opened(self._best(progress)) as file:
                best = _group(file, "variables")
            self._known_good.add(self._best(progress))
        return Snapshot(progress, variables, optimizer, metrics, best)

    def _best(self, progress: Progress) -> Path:
        return self._folder / f"best-{progress.best_epoch:05d}.npz"

    def _check(self, saved: Mapping[str, str]) -> None:
        names = [*self._identity, *(name for name in saved if name not in self._identity)]
        different = [name for name in names if self._identity.get(name) != saved.get(name)]
        if different:
            raise UserError(
                f"{self._folder} holds checkpoints of another job: {', '.join(different)} "
                f"{'differs' if len(different) == 1 else 'differ'}. Start that job again as it "
                "was (more epochs are allowed), or give an empty checkpoint folder (`ic-tf fit "
                "--fresh` takes one)."
            )

    def _checkpoints(self) -> list[Path]:
        return sorted(self._folder.glob("checkpoint-*.npz"))

    def _prune(self) -> None:
        kept = self._checkpoints()[-_KEPT:]
        for path in self._checkpoints()[:-_KEPT]:
            path.unlink(missing_ok=True)
        needed = {self._best(self._progress(path)) for path in kept}
        for path in self._folder.glob("best-*.npz"):
            if path not in needed:
                path.unlink(missing_ok=True)

    def _progress(self, path: Path) -> Progress:
        try:
            with _opened(path) as file:
                return Progress(**json.loads(str(file["meta"]))["progress"])
        except _UNREADABLE:
            # Damaged: `latest` would pass it over, so nothing it names is needed.
            return Progress()


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    # numpy leaves a file that it cannot read open, if it opened it.
    with path.open("rb") as stream, np.load(stream, allow_pickle=False) as file:
        yield file


def _named(group: str, arrays: Sequence[npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
    return {f"{group}/{index:05d}": array for index, array in enumerate(arrays)}


def _group(file: Any, name: str) -> Arrays:
    return [file[key] for key in sorted(file.files) if key.startswith(f"{name}/")]


def _write(path: Path, content: Mapping[str, npt.NDArray[Any]]) -> None:
    # A full disk names no file.
    with file_access.refusals(path), output_files.replacing(path, durable=True) as temporary:
        np.savez(temporary, **content)  # type: ignore[arg-type]
