"""The user's cache: folders that are made once, verified at each use, and never half there.

It lies where the system keeps caches (``~/.cache/ic-tf-sdk`` on Linux), or where the variable
``IC_TF_SDK_CACHE`` says. Everything in it can be made again; it may be deleted at any time.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ic_tf_sdk.contract import file_lock, scratch_folder
from ic_tf_sdk.errors import ArchiveError, IcTfSdkError, StorageError

__all__ = ["VARIABLE", "cached_folder", "location"]

VARIABLE = "IC_TF_SDK_CACHE"


def location() -> Path:
    """The cache's folder; it is created with its first entry."""
    import platformdirs

    chosen = os.environ.get(VARIABLE)
    return Path(chosen) if chosen else platformdirs.user_cache_path("ic-tf-sdk")


def cached_folder(name: str, make: Callable[[Path], None], verify: Callable[[Path], None]) -> Path:
    """A folder of the cache, made where it is not there, and made again where it is damaged.

    Several processes may ask for it at once: each makes its own, and the first to be done keeps it.

    Args:
        name: Relative path of the entry; it says all that the content depends on.
        make: Writes the content into the empty folder that it is given.
        verify: Raises ``ArchiveError`` for a folder that is not whole.

    Raises:
        StorageError: The cache cannot be written, as on a full disk; nothing is left behind.
        ArchiveError: What was just made is not whole.
    """
    folder = location() / name
    if folder.is_dir() and _is_whole(folder, verify):
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with scratch_folder.beside(folder) as scratch:
            content = scratch / "content"
            content.mkdir()
            make(content)
            # Else one process might set aside what another has just put there.
            with file_lock.one_at_a_time(folder.parent):
                _put(content, folder, verify)
    except OSError as error:
        # A download that fails is an OSError, too, and says by itself what to do.
        if isinstance(error, IcTfSdkError):
            raise
        raise StorageError(
            f"The cache {location()} cannot be written: {error.strerror or error}. Free some "
            f"space, or set {VARIABLE} to a folder that can be."
        ) from error
    verify(folder)
    return folder


def _is_whole(folder: Path, verify: Callable[[Path], None]) -> bool:
    try:
        verify(folder)
    except (ArchiveError, OSError):
        return False
    return True


def _put(content: Path, folder: Path, verify: Callable[[Path], None]) -> None:
    if folder.is_dir() and _is_whole(folder, verify):
        return  # of another process, which was done first
    with suppress(FileNotFoundError):
        # Aside and not away: another process may be reading it.
        folder.replace(content.with_name("damaged"))
    content.replace(folder)
