"""The identity of what is published."""

import gzip
import hashlib
import json
import zlib
from pathlib import Path

from ic_tf_sdk.contract import model_info
from ic_tf_sdk.contract.stream_digest import digest_of
from ic_tf_sdk.errors import ArchiveError

__all__ = ["archive_digest", "content_digest", "file_digest"]

# TensorFlow numbers functions by the order in which a process made them, and gives each SavedModel
# a random name: the same classifier, wrapped twice, differs in these files and in no other.
_UNREPEATABLE = ("saved_model.pb", "fingerprint.pb")


def file_digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    with path.open("rb") as stream:
        return digest_of(stream).hexdigest()


def content_digest(path: Path) -> str:
    """SHA-256 of an archive's uncompressed bytes, in hexadecimal.

    Compression libraries differ in the bytes they write; what they hold does not.

    Args:
        path: A ``.tar.gz``.

    Raises:
        ArchiveError: It cannot be read as one.
    """
    try:
        with gzip.open(path) as stream:
            return digest_of(stream).hexdigest()
    except (OSError, EOFError, zlib.error) as error:
        raise ArchiveError(f"{path} is not a readable archive: {error}") from error


def archive_digest(path: Path) -> str:
    """The identity of a model archive.

    That of a pretrained archive for training is its ``content_digest``: its module is copied. An
    inference archive is wrapped by TensorFlow, whose graph files differ each time; its identity is
    its description with the digests of all other files: weights, labels and handler.

    Args:
        path: ``train-<model id>.tar.gz`` or ``infer-<model id>.tar.gz``.

    Raises:
        ArchiveError: It cannot be read, or is neither.
    """
    info = model_info.read(path)
    if info is None:
        raise ArchiveError(f"{path} has no {model_info.FILE_NAME}; it is no model archive.")
    if "code/inference.py" not in info.files:
        return content_digest(path)
    files = {
        name: digest for name, digest in info.files.items() if not name.endswith(_UNREPEATABLE)
    }
    described = info.model_copy(update={"files": files}).model_dump(mode="json")
    return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()
