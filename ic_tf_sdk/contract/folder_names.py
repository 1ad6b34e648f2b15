"""The names below a folder on this machine, as ``image_names`` takes them."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from ic_tf_sdk.contract import image_names
from ic_tf_sdk.errors import DatasetError

__all__ = ["absence", "below"]


def absence(root: Path) -> str | None:
    """Why there is no folder of images; None where there is a folder.

    Args:
        root: Its path.
    """
    if root.is_dir():
        return None
    what = "is a file, not a folder" if root.exists() else "does not exist"
    return f"The image folder {root} {what}."


def below(root: Path) -> Iterator[str]:
    """Every name that is not hidden; links are followed, what they lead to may lie elsewhere.

    Args:
        root: A folder of images, or of folders of images.

    Yields:
        Relative POSIX names of the files in no order, and of each folder right below ``root`` with
        a ``/`` at its end, also of an empty one.

    Raises:
        DatasetError: A folder cannot be read.
    """
    try:
        entries = list(root.iterdir())
    except OSError as error:
        _refuse(error)
    for entry in entries:
        if image_names.is_hidden(entry.name):
            continue
        if entry.is_dir():
            yield f"{entry.name}/"
            yield from _in_folder(root, entry)
        else:
            yield entry.name


def _in_folder(root: Path, folder: Path) -> Iterator[str]:
    seen: set[str] = set()
    for path, folders, files in os.walk(folder, onerror=_refuse, followlinks=True):
        # A link may lead back up; each real folder is walked once.
        real = os.path.realpath(path)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        # Sorted: under which of two links a folder is walked must not depend on the disk.
        folders[:] = sorted(name for name in folders if not image_names.is_hidden(name))
        prefix = Path(path).relative_to(root).as_posix()
        yield from (f"{prefix}/{name}" for name in files if not image_names.is_hidden(name))


def _refuse(error: OSError) -> NoReturn:
    # To leave it out would train on, or classify, less than what was asked for.
    raise DatasetError(
        f"The folder {error.filename} cannot be read: {error.strerror}. Let this user read it, or "
        "move it away."
    ) from error
