"""The folder of a job's artifact: filled once, or again where a killed job was filling it."""

import shutil
from collections.abc import Callable
from pathlib import Path

from pydantic import BaseModel, ValidationError

from ic_tf_sdk.contract import output_files, scratch_folder
from ic_tf_sdk.errors import OutputExistsError

__all__ = ["ModelFolder"]

# In a folder that may hold files of others, too.
_NOTE = "ic-tf-result.json"


class _Note(BaseModel):
    """What a job says before it moves its artifact: whose it is, and what it consists of."""

    job: str
    entries: list[str]


class ModelFolder:
    """Where a job puts its artifact, in a container the folder that becomes ``model.tar.gz``.

    The folder may be a mount point, so that its entries are moved one by one. A note beside the
    checkpoints says so before: a job that is killed between the moves, or before its reports are
    written, finishes its result when it is started again, and refuses nobody else's.

    Args:
        folder: The folder; it need not exist.
        checkpoints: The folder of the job's checkpoints.
    """

    def __init__(self, folder: Path, checkpoints: Path) -> None:
        self._folder = folder
        self._note_file = checkpoints / _NOTE

    def check(self, job: str | None = None) -> None:
        """Refuse to write into a folder that holds anything but this job's own result.

        Args:
            job: What the job is, as a digest; None where that is not known yet.

        Raises:
            OutputExistsError: It does.
        """
        names = {path.name for path in self._folder.iterdir()} if self._folder.is_dir() else set()
        if not names:
            return
        note = self._note()
        if note is None or names - set(note.entries) or job not in (None, note.job):
            raise OutputExistsError(
                f"The model folder {self._folder} is not empty; give another one."
            )

    def fill(self, job: str, write: Callable[[Path], None]) -> None:
        """Put an artifact into the folder, which is created if need be.

        Args:
            job: What the job is, as a digest.
            write: Writes all content into the folder it is given; if it raises, nothing appears.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        with scratch_folder.beside(self._folder) as private:
            content = private / "content"
            content.mkdir()
            write(content)
            entries = sorted(content.iterdir())
            note = _Note(job=job, entries=[path.name for path in entries])
            self._note_file.parent.mkdir(parents=True, exist_ok=True)
            output_files.write_json(self._note_file, note.model_dump())
            for path in entries:
                _move(path, self._folder / path.name)

    def _note(self) -> _Note | None:
        try:
            return _Note.model_validate_json(self._note_file.read_bytes())
        except (OSError, ValidationError):
            return None


def _move(path: Path, target: Path) -> None:
    """Move a file or a folder over what a killed job moved, or half copied, to the same place."""
    if target.is_dir():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)
    shutil.move(path, target)
