"""Checkpoints: everything a training is, in one file, written in one step.

SageMaker copies ``/opt/ml/checkpoints`` to S3 while a job runs and back before it starts again. A
file appears under its name only when complete; one that was damaged on the way is passed over for
the one before. Files that the job did not write are never removed.

::

    checkpoint-00003-000120.npz     3 epochs and 120 steps done
    best-00002.npz                  the best epoch's weights, written once per improvement
"""

import logging
import os
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from ic_tf_sdk.contract import checkpoint_names, file_access, output_files, regular_file
from ic_tf_sdk.errors import FileAccessError, UserError
from ic_tf_sdk.training.loop import checkpoint_file
from ic_tf_sdk.training.loop.checkpoint_file import UnreadableFileError
from ic_tf_sdk.training.loop.progress import Progress
from ic_tf_sdk.training.loop.snapshot import GROUPS, Arrays, Snapshot, group, named

__all__ = ["CheckpointFolder"]

logger = logging.getLogger(__name__)

# The newest may be damaged on its way to S3 and back; the one before is then taken up.
_KEPT = 2


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
        # Of this training from its first epoch on, also where it was taken up again.
        self._run = uuid.uuid4().hex
        # Files that were written or read whole, as they were then.
        self._sound: dict[Path, _State] = {}

    def save(self, snapshot: Snapshot) -> Path:
        """Write a checkpoint and remove those of this job that it replaces.

        Returns:
            The file.

        Raises:
            FileAccessError: The disk is full, or cannot be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        progress = snapshot.progress
        best = self._best(progress)
        # The best weights change with an improvement only, and are written before they are named.
        fresh = snapshot.best is not None and not self._is_known(best)
        replaced = best.exists()
        if snapshot.best is not None and fresh:
            self._write(best, progress, named("variables", snapshot.best))
        path = self._checkpoint(len(progress.epochs), progress.step)
        try:
            self._write(path, progress, snapshot.arrays(GROUPS))
        except FileAccessError:
            # Best weights that no checkpoint names.
            if fresh and not replaced:
                best.unlink(missing_ok=True)
            raise
        self._prune(path)
        return path

    def latest(self, fits: Callable[[Snapshot], bool] = lambda _: True) -> Snapshot | None:
        """The newest checkpoint that can be taken up, or None where there is none.

        Args:
            fits: Says of one that can be read whether the network can take it up.

        Raises:
            UserError: The checkpoints are those of another job.
        """
        for path in reversed(checkpoint_names.checkpoints(self._folder)):
            try:
                snapshot, run = self._read(path)
                if fits(snapshot):
                    self._run = run
                    return snapshot
                reason = "its arrays are not those of this network"
            except (UnreadableFileError, OSError) as error:
                reason = str(error)
            logger.warning("The checkpoint %s cannot be read (%s); passed over.", path, reason)
        return None

    def remove(self, given_up: Callable[[Progress], bool]) -> None:
        """Remove what this job wrote in a training that it gave up.

        Args:
            given_up: Says of a progress whether it is that training's.
        """
        folder = self._folder
        for path in (
            *checkpoint_names.checkpoints(folder),
            *checkpoint_names.best_files(folder),
        ):
            head = self._own(path)
            if head is not None and given_up(head.progress):
                path.unlink(missing_ok=True)

    def _read(self, path: Path) -> tuple[Snapshot, str]:
        head, arrays = self._content(path)
        variables, optimizer, metrics = (group(arrays, name) for name in GROUPS)
        best = self._best_weights(head) if head.progress.has_best else None
        return Snapshot(head.progress, variables, optimizer, metrics, best), head.run

    def _best_weights(self, named_by: "_Head") -> Arrays:
        for path in self._places_of_best(named_by):
            # Another job's does not belong to this checkpoint.
            with suppress(UnreadableFileError, UserError, OSError):
                head, arrays = self._content(path)
                if head.run == named_by.run:
                    return group(arrays, "variables")
        name = self._best(named_by.progress).name
        raise UnreadableFileError(f"{name}, which it names, cannot be read")

    def _places_of_best(self, head: "_Head") -> tuple[Path, Path]:
        """Where the best epoch's weights lie: the checkpoint of that epoch's end has them, too."""
        progress = head.progress
        return self._best(progress), self._checkpoint(progress.best_epoch + 1, 0)

    def _content(self, path: Path) -> tuple["_Head", dict[str, Any]]:
        """All of a file.

        Raises:
            UnreadableFileError: It is damaged.
            UserError: It is another job's.
        """
        with regular_file.opened(path) as stream:
            state = _state(os.fstat(stream.fileno()))
            meta, arrays = checkpoint_file.read(stream)
        head = self._head(path, meta)
        self._sound[path] = state
        return head, arrays

    def _head(self, path: Path, meta: Mapping[str, Any]) -> "_Head":
        try:
            saved = {str(name): str(value) for name, value in meta["identity"].items()}
            head = _Head(Progress.from_json(meta["progress"]), str(meta["run"]))
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise UnreadableFileError(f"it is of another version: {error}") from error
        if meta.get("name") != path.name:
            raise UnreadableFileError("it was written under another name")
        self._check(saved)
        return head

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

    def _prune(self, written: Path) -> None:
        """Remove what a new checkpoint replaces: the job's own, of which ``_KEPT`` stay.

        One that cannot be taken up replaces none, whatever its number; it may be another's file.
        """
        older = [path for path in checkpoint_names.older(written) if self._is_usable(path)]
        kept, replaced = [*older[1 - _KEPT :], written], older[: 1 - _KEPT]
        heads = [head for head in map(self._own, kept) if head is not None]
        needed = {self._best(head.progress) for head in heads}
        for path in replaced:
            path.unlink(missing_ok=True)
        for path in checkpoint_names.best_files(self._folder):
            if path not in needed and self._own(path):
                path.unlink(missing_ok=True)

    def _is_usable(self, path: Path) -> bool:
        head = self._own(path)
        if head is None or not self._is_sound(path):
            return False
        return not head.progress.has_best or any(
            (other := self._own(place)) and other.run == head.run and self._is_sound(place)
            for place in self._places_of_best(head)
        )

    def _own(self, path: Path) -> "_Head | None":
        """What this job says of a file that it wrote; None of one that is damaged or another's."""
        try:
            with regular_file.opened(path) as stream:
                return self._head(path, checkpoint_file.read_meta(stream))
        except (UnreadableFileError, UserError, OSError):
            return None

    def _is_known(self, path: Path) -> bool:
        try:
            return self._sound.get(path) == _state(path.stat())
        except OSError:
            return False

    def _is_sound(self, path: Path) -> bool:
        """Whether a file holds what was written; it is read only if it has changed since."""
        if not self._is_known(path):
            try:
                with regular_file.opened(path) as stream:
                    state = _state(os.fstat(stream.fileno()))
                    checkpoint_file.check(stream)
            except (UnreadableFileError, OSError):
                return False
            self._sound[path] = state
        return True

    def _write(self, path: Path, progress: Progress, arrays: Mapping[str, Any]) -> None:
        meta = {
            "name": path.name,
            "run": self._run,
            "identity": self._identity,
            "progress": progress.as_json(),
        }
        # A full disk names no file.
        with (
            file_access.refusals(path),
            output_files.replacing(path, durable=True) as temporary,
            temporary.open("wb") as file,
        ):
            checkpoint_file.write(file, meta, arrays)
            file.flush()
            state = _state(os.fstat(file.fileno()))
        self._sound[path] = state

    def _best(self, progress: Progress) -> Path:
        return self._folder / checkpoint_names.best(progress.best_epoch)

    def _checkpoint(self, epochs: int, step: int) -> Path:
        return self._folder / checkpoint_names.checkpoint(epochs, step)


class _Head(NamedTuple):
    """What a file says of itself: the training's state when it was written, and which training."""

    progress: Progress
    run: str


_State = tuple[int, int, int]


def _state(status: os.stat_result) -> _State:
    return status.st_ino, status.st_size, status.st_mtime_ns
