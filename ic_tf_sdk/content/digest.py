"""The identity of an archive's content."""

import gzip
import hashlib
from pathlib import Path

from ic_tf_sdk.errors import ArchiveError

__all__ = ["content_digest"]


def content_digest(path: Path) -> str:
    """SHA-256 of an archive's uncompressed bytes, in hexadecimal.

    Compression libraries differ in the bytes they write; what they hold does not.

    Args:
        path: A ``.tar.gz``.

    Raises:
        ArchiveError: It cannot be read as one.
    """
    digest = hashlib.sha256()
    try:
        with gzip.open(path) as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    except (OSError, EOFError) as error:
        raise ArchiveError(f"{path} is not a readable archive: {error}") from error
    return digest.hexdigest()
