"""A lock on a file, which the system lets go when the last process that holds it has ended.

A killed process cannot leave it behind, as it would leave a file with its number. Processes that
were handed the open file hold the lock together.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: nothing is locked there, and what was killed stays
    fcntl = None  # type: ignore[assignment]

__all__ = ["SUPPORTED", "acquire", "acquire_existing", "one_at_a_time"]

SUPPORTED = fcntl is not None
"""Whether this system has such locks."""


def acquire(path: Path) -> int | None:
    """Lock a file, which is created if need be.

    Args:
        path: The file; its folder exists.

    Returns:
        The open file, to be closed by ``os.close``; None where another process holds the lock, or
        has just removed the file.

    Raises:
        OSError: The file cannot be written.
    """
    return _locked(path, os.open(path, os.O_RDWR | os.O_CREAT | _NO_LINK, 0o600), lenient=True)


def acquire_existing(path: Path) -> int | None:
    """Lock a file that is there.

    Args:
        path: The file.

    Returns:
        As ``acquire``; None, too, where there is no such file, or no lock to be had of its disk.
    """
    try:
        return _locked(path, os.open(path, os.O_RDWR | _NO_LINK), lenient=False)
    except OSError:
        return None


@contextmanager
def one_at_a_time(folder: Path) -> Iterator[None]:
    """Wait until no other process is in such a block for the folder; for work of a moment.

    Nothing is written into the folder. On a disk that has no locks nobody waits.

    Args:
        folder: A folder that exists.

    Raises:
        OSError: The folder cannot be opened.
    """
    if fcntl is None:
        yield
        return
    opened = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):
            fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


_NO_LINK = getattr(os, "O_NOFOLLOW", 0)


def _locked(path: Path, file: int, *, lenient: bool) -> int | None:
    """The locked file, or None after closing it.

    Args:
        path: Its path.
        file: It, open.
        lenient: Whether to go without a lock on a disk that has none, as some network disks.
    """
    try:
        if fcntl is not None:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Who held it may have removed the file meanwhile; then this is a lock on nothing.
        if os.path.samestat(os.fstat(file), path.stat(follow_symlinks=False)):
            return file
    except (BlockingIOError, FileNotFoundError):
        pass
    except OSError:
        if lenient:
            return file
    os.close(file)
    return None
