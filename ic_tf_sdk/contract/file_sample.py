"""A digest that tells two image files apart without reading all of either."""

import hashlib
import os
from typing import BinaryIO

__all__ = ["digest"]

_PART = 16 * 1024


def digest(stream: BinaryIO) -> str:
    """A digest of a file's size and of its begin, middle and end.

    Not the time of its last change: SageMaker downloads the channels anew before it starts a job
    again. Not all of its bytes: a large channel would be read a second time. Two encoded pictures
    of one size differ nearly everywhere behind their headers.

    Args:
        stream: The file, open; it stands anywhere afterwards.

    Returns:
        SHA-256 in hexadecimal.
    """
    size = stream.seek(0, os.SEEK_END)
    found = hashlib.sha256(str(size).encode())
    for start in (0, (size - _PART) // 2, size - _PART):
        stream.seek(max(start, 0))
        found.update(stream.read(_PART))
    return found.hexdigest()
