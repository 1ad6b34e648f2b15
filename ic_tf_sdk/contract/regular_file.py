"""Reading what people call a file, and nothing that never ends."""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

from ic_tf_sdk.contract.container_handler import MAX_BODY_BYTES

__all__ = ["opened", "read"]

_KINDS = {
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}


def opened(path: str | Path) -> BinaryIO:
    """Open a file for reading; links are followed.

    Args:
        path: Any path.

    Raises:
        OSError: It cannot be opened, or is no file: a named pipe would wait for a writer for ever,
            and a device may have no end.
    """
    kind = stat.S_IFMT(Path(path).stat().st_mode)
    if kind != stat.S_IFREG:
        reason = f"{_KINDS.get(kind, 'something else')}, not a file"
        raise OSError(errno.EINVAL, reason, str(path))
    return Path(path).open("rb")


def read(path: str | Path, *, most: int | None = None) -> bytes:
    """A file's bytes; without ``most``, the first of them of one that no endpoint would take.

    Args:
        path: Any path.
        most: How many bytes it may have.

    Returns:
        All of them; without ``most`` at most one more than ``container_handler.MAX_BODY_BYTES``.

    Raises:
        OSError: As ``opened`` raises it, or the file has more bytes.
    """
    with opened(path) as stream:
        if most is None:
            return stream.read(MAX_BODY_BYTES + 1)
        size = os.fstat(stream.fileno()).st_size
        if size > most:
            raise OSError(errno.EINVAL, f"{size} bytes, more than the {most} allowed", str(path))
        return stream.read()
