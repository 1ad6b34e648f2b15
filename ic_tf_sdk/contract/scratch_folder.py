"""Folders for work in progress, of which a killed process leaves none for good.

Each holds a lock of the process that works in it. Whoever makes the next one removes those whose
lock nobody holds: of a process that was killed there is nothing left after the next start.
"""

import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ic_tf_sdk.contract import file_lock

__all__ = ["PREFIX", "beside", "scratch_folder", "sweep"]

PREFIX = "ic-tf-"
"""In the names of all of them: at the beginning, or at the end of a hidden one."""

_LOCK = ".ic-tf-lock"
_LOCKED_WITHIN_SECONDS = 24 * 3600
# What tempfile puts behind a prefix; any other name is somebody else's.
_NAME = re.compile(rf"({PREFIX}[a-z-]+|\..*-{PREFIX.rstrip('-')})-[a-z0-9_]{{8}}", re.DOTALL)


@contextmanager
def scratch_folder(purpose: str, *, parent: Path | None = None) -> Iterator[Path]:
    """An empty folder that is removed at the end.

    Args:
        purpose: A word of its name, for who looks into the folder for temporary files.
        parent: Where it is made; by default in the folder for temporary files.

    Yields:
        The folder; only this user can read it.

    Raises:
        OSError: It cannot be made.
    """
    parent = Path(tempfile.gettempdir()) if parent is None else parent
    sweep(parent)
    with _locked_folder(parent, f"{PREFIX}{purpose}-") as private:
        folder = private / "content"
        folder.mkdir()
        yield folder


@contextmanager
def beside(target: Path) -> Iterator[Path]:
    """A hidden folder beside a target, on the same disk, so that a rename moves from it.

    Args:
        target: What will be written; its parent folder exists.

    Yields:
        The folder, with nothing in it but its lock. It is removed at the end.

    Raises:
        OSError: It cannot be made.
    """
    # The dot keeps it out of every listing, also of one that S3 has kept after a killed process.
    sweep(target.parent)
    with _locked_folder(target.parent, f".{target.name[:100]}-{PREFIX}") as folder:
        yield folder


def sweep(parent: Path | None = None) -> None:
    """Remove the scratch folders that killed processes left.

    Args:
        parent: Where to look; by default the folder for temporary files. Those of a process that
            lives stay.
    """
    if not file_lock.SUPPORTED:
        return
    with suppress(OSError), os.scandir(parent or tempfile.gettempdir()) as entries:
        for entry in entries:
            if _NAME.fullmatch(entry.name) and entry.is_dir(follow_symlinks=False):
                _remove_abandoned(Path(entry.path))


@contextmanager
def _locked_folder(parent: Path, prefix: str) -> Iterator[Path]:
    folder, lock = _make(parent, prefix)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _make(parent: Path, prefix: str) -> tuple[Path, int]:
    while True:
        folder = Path(tempfile.mkdtemp(dir=parent, prefix=prefix))
        # Another process may sweep between the two calls.
        with suppress(FileNotFoundError):
            lock = file_lock.acquire(folder / _LOCK)
            if lock is not None:
                return folder, lock


def _remove_abandoned(folder: Path) -> None:
    lock = file_lock.acquire_existing(folder / _LOCK)
    if lock is None:
        # Of a process that was killed before it could lock: an empty folder. A young one may be of
        # a process that is about to lock it, or of a version of this package that locked nothing.
        with suppress(OSError):
            if time.time() - folder.stat().st_mtime > _LOCKED_WITHIN_SECONDS:
                folder.rmdir()
        return
    shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)
