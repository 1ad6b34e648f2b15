"""A file of arrays that is read as it was written, or not at all.

It is one of numpy's ``.npz`` files. Zip keeps a checksum of each member; beside the arrays lies a
digest of the members' names, sizes and checksums, so that an array that was lost, renamed or
exchanged is noticed, too.
"""

import hashlib
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

__all__ = ["UnreadableFileError", "check", "read", "read_meta", "write"]

Array = npt.NDArray[Any]

_META = "meta"
_DIGEST = "members"


class UnreadableFileError(Exception):
    """A file that is damaged, or is none of these; the text says in which way."""


def write(stream: BinaryIO, meta: Mapping[str, object], arrays: Mapping[str, Array]) -> None:
    """Write a file.

    Args:
        stream: Where it goes.
        meta: What JSON can hold; nan and infinities, too.
        arrays: Name -> array, of any dtype but ``object``.
    """
    with zipfile.ZipFile(stream, "w") as file:
        for name, array in arrays.items():
            _add(file, name, array)
        # As arrays and JSON, never as a pickle: what is read back must not be able to run code.
        _add(file, _META, np.array(json.dumps({**meta, _DIGEST: _digest(file)})))


def read(stream: BinaryIO) -> tuple[dict[str, Any], dict[str, Array]]:
    """What ``write`` wrote: the JSON, and the arrays sorted by name.

    Args:
        stream: An open file. No more memory is taken than it has bytes.

    Raises:
        UnreadableFileError: It is something else.
    """
    with _opened(stream) as (meta, file):
        return meta, {name: file[name] for name in sorted(file.files) if name != _META}


def read_meta(stream: BinaryIO) -> dict[str, Any]:
    """The JSON alone, without a look at the arrays.

    Args:
        stream: An open file.

    Raises:
        UnreadableFileError: As ``read``.
    """
    with _opened(stream) as (meta, _):
        return meta


def check(stream: BinaryIO) -> None:
    """Read all of a file, and keep nothing of it.

    Args:
        stream: An open file.

    Raises:
        UnreadableFileError: As ``read``.
    """
    with _opened(stream) as (_, file):
        damaged = file.zip.testzip()
        if damaged is not None:
            raise ValueError(f"the bytes of {damaged} are not those that were written")


@contextmanager
def _opened(stream: BinaryIO) -> Iterator[tuple[dict[str, Any], Any]]:
    try:
        size = stream.seek(0, os.SEEK_END)
        with zipfile.ZipFile(stream):
            # Else numpy takes it for one array, or for a pickle.
            stream.seek(0)
        with np.load(stream, allow_pickle=False) as file:
            _check_sizes(file.zip, size)
            meta = json.loads(str(file[_META]))
            _check_members(file.zip, meta.pop(_DIGEST, None))
            yield meta, file
    # What numpy, zipfile and the parsers below them raise of damage, they document nowhere.
    except Exception as error:
        raise UnreadableFileError(str(error)[:200] or type(error).__name__) from error


def _check_sizes(file: zipfile.ZipFile, size: int) -> None:
    """Refuse members that would take more memory than the file has bytes."""
    members = file.infolist()
    if any(member.compress_type != zipfile.ZIP_STORED for member in members):
        raise ValueError("it is compressed")
    declared = sum(member.file_size for member in members)
    if declared > size:
        raise ValueError(f"it has {size} bytes and declares {declared}")


def _check_members(file: zipfile.ZipFile, digest: object) -> None:
    if digest != _digest(file):
        raise ValueError("its arrays are not those that were written")


def _digest(file: zipfile.ZipFile) -> str:
    members = sorted(
        (member.filename, member.file_size, member.CRC)
        for member in file.infolist()
        if member.filename != f"{_META}.npy"
    )
    return hashlib.sha256(json.dumps(members).encode()).hexdigest()


def _add(file: zipfile.ZipFile, name: str, array: Array) -> None:
    # Members may be larger than 4 GiB, which zip has to know beforehand.
    with file.open(f"{name}.npy", "w", force_zip64=True) as member:
        np.lib.format.write_array(member, array, allow_pickle=False)
