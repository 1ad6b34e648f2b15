"""The digest of what does not fit into memory."""

import hashlib
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hashlib import _Hash

__all__ = ["digest_of"]

_BLOCK_BYTES = 1 << 20


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes:
        """At most so many bytes; none at the end."""


def digest_of(stream: _Readable, kind: str = "sha256") -> "_Hash":
    """The digest of a stream from where it is to its end, as ``hashlib`` has it.

    Args:
        stream: What is read, a block at a time; it stays open.
        kind: A name that ``hashlib.new`` knows.

    Raises:
        OSError: It cannot be read.

    Example:
        >>> import io
        >>> digest_of(io.BytesIO(b"abc")).hexdigest()[:8]
        'ba7816bf'
    """
    # hashlib.file_digest is of Python 3.11.
    found = hashlib.new(kind)
    while block := stream.read(_BLOCK_BYTES):
        found.update(block)
    return found
