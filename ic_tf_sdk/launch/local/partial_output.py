"""The output of a job that has not ended: ``OUTPUT.partial``, beside where the result will be.

::

    model.tar.gz     the best model so far, of a job that was stopped
    training.log     every line so far
    checkpoints/     where the training stands
    request.json     what is trained
    ml/  result/     what is laid out and collected while the job runs
"""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ic_tf_sdk.contract import (
    checkpoint_names,
    file_access,
    file_lock,
    output_files,
    scratch_folder,
    tracking_place,
)
from ic_tf_sdk.errors import OutputExistsError, UserError
from ic_tf_sdk.launch.local.request import TrainingRequest

__all__ = ["EXCLUDE_FILE", "PartialOutput", "held", "require_free"]

EXCLUDE_FILE = "input/config/exclude.json"
"""Below a job's root: the files to leave out, by channel; there where some are."""

_LOCK = ".lock"
# A child whose parent was killed saves before it ends, and holds the lock until then.
_SAVING_SECONDS = 130
_SECONDS_BETWEEN_LOOKS = 0.2


class PartialOutput:
    """The folder of one job, which this process has locked.

    Args:
        target: Where the result will be.
        lock: The lock, an open file, which the training process holds, too.
        checkpoints: Folder of the checkpoints; None for one in here.

    Attributes:
        target: Where the result will be.
        folder: The folder itself.
        lock: The lock.
        root: Where the container's ``/opt/ml`` is laid out.
        checkpoints: Where the checkpoints are.
        model: The best model so far, where there is one.
        log: The lines of the job.
    """

    def __init__(self, target: Path, lock: int, checkpoints: Path | None) -> None:
        self.target, self.lock = target, lock
        self.folder = _folder(target)
        self.root = self.folder / "ml"
        self.checkpoints = checkpoints or self.folder / "checkpoints"
        self.model = self.folder / "model.tar.gz"
        self.log = self.folder / "training.log"
        self._result = self.folder / "result"
        self._request = self.folder / "request.json"

    def begin(self, request: TrainingRequest, *, fresh: bool) -> bool:
        """Make room for a run, which goes on from the checkpoints that an earlier one left.

        Args:
            request: What is trained.
            fresh: Whether to forget the earlier run.

        Returns:
            False where there is nothing to run: the job's result is complete already, and only the
            process was killed before it could say so.

        Raises:
            OutputExistsError: There is another result, of another job.
        """
        described = request.model_dump_json(indent=2) + "\n"
        if self.target.exists():
            if self._same_as(described) and not self._result.exists():
                return False
            raise _exists(self.target)
        if fresh:
            # The folder may be the user's, with other files in it.
            folder = self.checkpoints
            names = checkpoint_names.checkpoints(folder) + checkpoint_names.best_files(folder)
            for path in (self.model, self.log, folder / tracking_place.RUN_FILE, *names):
                path.unlink(missing_ok=True)
        self._clear()
        try:
            output_files.write_text(self._request, described)
        except OSError:
            self.settle()
            raise
        return True

    def collect(self, model_data: Path, output_data: Path) -> None:
        """Let the result appear: in one step, after which there is no partial output any more.

        Args:
            model_data: The packed model, below the folder.
            output_data: The reports, likewise.
        """
        self._result.mkdir()
        model_data.replace(self._result / "model.tar.gz")
        output_data.replace(self._result / "output_data")
        shutil.copyfile(self.log, self._result / "training.log")
        self._result.replace(self.target)
        self.remove()

    def settle(self) -> bool:
        """After a run that did not end: keep what the next one goes on from, and nothing else.

        Returns:
            Whether there is a checkpoint to go on from.
        """
        self._clear()
        # What a training process that was killed could not remove itself.
        scratch_folder.sweep()
        scratch_folder.sweep(self.checkpoints)
        checkpoints = bool(checkpoint_names.checkpoints(self.checkpoints))
        inside = checkpoints and self.folder in self.checkpoints.parents
        if not inside and not self.model.exists():
            self.remove()
        return checkpoints

    def remove(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _clear(self) -> None:
        for path in (self.root, self._result):
            shutil.rmtree(path, ignore_errors=True)

    def _same_as(self, described: str) -> bool:
        with suppress(OSError):
            return self._request.read_text(encoding="utf-8") == described
        return False


def require_free(target: Path) -> None:
    """Refuse, before the work, an output that is there, or that cannot be written.

    One that is there may be of a job that only has to say that it has ended.

    Raises:
        OutputExistsError: There is a result already.
        FileAccessError: It could not be created.
    """
    folder = _folder(target)
    with file_access.refusals(target):
        begun = folder.exists()
        if not begun and (target.exists() or target.is_symlink()):
            raise _exists(target)
    file_access.require_folder(folder if begun else target)


@contextmanager
def held(target: Path, checkpoints: Path | None = None) -> Iterator[PartialOutput]:
    """The partial output of a job, locked for this process and its children.

    Args:
        target: Where the result will be.
        checkpoints: Folder of the checkpoints; None for one in the partial output.

    Raises:
        OutputExistsError: There is a result already.
        UserError: Another process is writing it.
        OSError: The folder cannot be made.
    """
    require_free(target)
    folder = _folder(target)
    lock = _lock(folder, target)
    try:
        os.truncate(lock, 0)
        os.write(lock, str(os.getpid()).encode())
        yield PartialOutput(target, lock, checkpoints)
    finally:
        os.close(lock)


def _folder(target: Path) -> Path:
    return target.with_name(f"{target.name}.partial")


def _lock(folder: Path, target: Path) -> int:
    until = time.monotonic() + _SAVING_SECONDS
    while True:
        folder.mkdir(parents=True, exist_ok=True)
        # Who held it may just have removed the folder.
        with suppress(FileNotFoundError):
            lock = file_lock.acquire(folder / _LOCK)
            if lock is not None:
                return lock
            holder = (folder / _LOCK).read_text(encoding="utf-8")
            if _lives(holder) or time.monotonic() > until:
                raise UserError(
                    f"Another run (process {holder or 'unknown'}) is writing {target}. Wait until "
                    "it has ended, or give another output."
                )
        time.sleep(_SECONDS_BETWEEN_LOOKS)


def _lives(holder: str) -> bool:
    """Whether the process that took the lock lives; else it is its child that is saving."""
    if not holder.isdecimal():
        return False
    try:
        os.kill(int(holder), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _exists(target: Path) -> OutputExistsError:
    return OutputExistsError(f"{target} already exists; give another folder (--output).")
