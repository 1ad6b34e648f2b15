"""Folders for work in progress, of which a killed process leaves none for good.

Each holds a lock of the process that works in it. Whoever makes the next one removes those whose
lock nobody holds: of a process that was killed there is nothing left after the next start.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ic_tf_sdk.contract import file_lock

__all__ = ["PREFIX", "beside", "scratch_folder", "shared", "sweep"]

PREFIX = "ic-tf-"
"""In the names of all of them: at the beginning, or at the end of a hidden one."""

_LOCK = ".ic-tf-lock"
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
    with shared(purpose, parent=parent) as (folder, _):
        yield folder


@contextmanager
def shared(purpose: str, *, parent: Path | None = None) -> Iterator[tuple[Path, int]]:
    """As ``scratch_folder``, for a child process that outlives this one for a while, to save.

    Every child that loads TensorFlow needs a scratch folder as its ``TMPDIR``: TensorFlow's
    AutoGraph writes files there, which it removes at its end only, and a SIGKILL takes that from
    it. One that only ends when its parent has ended needs no lock: the folder may go before it.

    Args:
        purpose: As for ``scratch_folder``.
        parent: Likewise.

    Yields:
        The folder, and its lock, an open file: while a process holds it the folder stays.

    Raises:
        OSError: It cannot be made.
    """
    parent = Path(tempfile.gettempdir()) if parent is None else parent
    sweep(parent)
    with _locked_folder(parent, f"{PREFIX}{purpose}-") as (private, lock):
        folder = private / "content"
        folder.mkdir()
        yield folder, lock


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
    # A disk counts bytes, of which a character of a name may have four.
    name = os.fsencode(target.name)[:100].decode("utf-8", "ignore")
    with _locked_folder(target.parent, f".{name}-{PREFIX}") as (folder, _):
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
def _locked_folder(parent: Path, prefix: str) -> Iterator[tuple[Path, int]]:
    folder, lock = _make(parent, prefix)
    try:
        yield folder, lock
    finally:
        _remove(folder)
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
        # Of a process that was killed before it could lock, or when all but the folder was gone.
        # One that is about to lock it makes another.
        with suppress(OSError):
            folder.rmdir()
        return
    _remove(folder)
    os.close(lock)


def _remove(folder: Path) -> None:
    """Remove a folder, its lock last: what is left of it by a kill, the next sweep finds."""
    with suppress(OSError):
        for path in folder.iterdir():
            if path.name != _LOCK:
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        shutil.rmtree(folder)
