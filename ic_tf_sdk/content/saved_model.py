"""A SavedModel that somebody gave, and the scratch folder of the archive that is made of it."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ic_tf_sdk.contract import archive, archive_kind
from ic_tf_sdk.errors import ArchiveError, StorageError

__all__ = ["place", "writing"]


def place(source: Path, folder: Path) -> None:
    """Put a SavedModel's files into a folder.

    Args:
        source: The SavedModel's folder, one that holds it, or a ``.tar`` or ``.tar.gz`` of either.
        folder: Created here.

    Raises:
        ArchiveError: There is nothing there, no SavedModel in it, or several.
    """
    if not source.exists():
        raise ArchiveError(f"{source} does not exist; give a SavedModel's folder or a .tar.gz.")
    if source.is_dir():
        shutil.copytree(_only_one(source, source), folder)
        return
    archive_kind.refuse_other_files(source)
    with tempfile.TemporaryDirectory(dir=folder.parent.parent, prefix="unpacked-") as temporary:
        unpacked = Path(temporary) / "content"
        archive.extract(source, unpacked)
        _only_one(unpacked, source).replace(folder)


@contextmanager
def writing(target: Path) -> Iterator[Path]:
    """A scratch folder beside a file that is to be written, removed afterwards.

    Args:
        target: Its folder is created where it is missing.

    Raises:
        StorageError: Writing failed, as on a full disk.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".mirror-") as temporary:
            yield Path(temporary)
    except OSError as error:
        if isinstance(error, StorageError):
            raise
        # copytree collects its errors as (source, target, reason).
        last = error.args[0][-1][-1] if isinstance(error, shutil.Error) else error
        raise StorageError(
            f"{target} cannot be written: {last}. Nothing was left there; free some space or "
            "choose another folder, and run it again."
        ) from error


def _only_one(folder: Path, name: Path) -> Path:
    found = sorted(path.parent for path in folder.rglob("saved_model.pb"))
    if not found:
        raise archive_kind.no_saved_model(folder, name)
    if len(found) > 1:
        raise ArchiveError(
            f"{name} holds {len(found)} SavedModels (folders with a saved_model.pb); it must be "
            "one."
        )
    return found[0]
