"""Arrays larger than memory: mapped files, with room made on the disk before they are used.

Writing to a mapped file on a full disk would kill the process without a word.
"""

import mmap
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ic_tf_sdk.errors import StorageError

__all__ = ["MappedArray", "create", "is_mapped", "release"]

MappedArray = npt.NDArray[np.float32]


def create(path: Path, shape: tuple[int, ...]) -> MappedArray:
    """A new float32 array in a file, filled with zeros.

    Args:
        path: The file to map; it must not exist.
        shape: The shape of the array.

    Returns:
        float32 of that shape.

    Raises:
        StorageError: The disk has no room for it; no file is left behind.
    """
    size = 4 * int(np.prod(shape))
    with path.open("xb") as file:
        try:
            # macOS has no such call; there a full disk shows when it is written to.
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size)
            else:
                file.truncate(size)
        except OSError as error:
            path.unlink()
            raise StorageError(
                f"{path.parent} has no room for {size / 2**30:.1f} GiB of temporary data: "
                f"{error.strerror}. Free some, give the instance a larger volume, or set TMPDIR to "
                "a folder of another disk."
            ) from error
    return np.memmap(path, dtype=np.float32, mode="r+", shape=shape)


def release(array: npt.NDArray[np.float32]) -> None:
    """Let a mapped file's pages leave this process's memory; they stay the system's to keep.

    Args:
        array: An array of ``create``, or a view of a part of it; any other is left alone.
    """
    file = _mapped(array)
    if file is not None and hasattr(mmap, "MADV_DONTNEED"):
        file.madvise(mmap.MADV_DONTNEED)


def is_mapped(array: npt.NDArray[np.float32]) -> bool:
    """Whether an array lies in a file, and not in memory.

    Args:
        array: Any.
    """
    return _mapped(array) is not None


def _mapped(array: npt.NDArray[np.float32]) -> mmap.mmap | None:
    # The view of a view has its base's base.
    base: object = array.base
    while isinstance(base, np.ndarray):
        base = base.base
    return base if isinstance(base, mmap.mmap) else None
