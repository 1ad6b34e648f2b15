"""The members of an untrusted tar archive, one after another, at a bounded cost.

tarfile reads a member's name or extended header in one piece, of the size that the archive says,
and keeps every member that it has seen: here both have limits, and so has what they declare.
"""

import gzip
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from ic_tf_sdk.contract import regular_file
from ic_tf_sdk.errors import ArchiveError, IcTfSdkError

__all__ = [
    "MAX_BYTES",
    "MAX_HEADERS_BYTES",
    "MAX_HEADER_BYTES",
    "MAX_MEMBERS",
    "MAX_MEMBER_BYTES",
    "TarMembers",
    "opened",
    "plain",
]

MAX_MEMBERS = 10_000
"""More files than any SavedModel has; the largest of TF Hub's image models have a few hundred."""

MAX_BYTES = 8 << 30
"""Unpacked size in bytes: over twice BiT-M R152x4, the largest model of the catalogue, whose 0.94
billion parameters take 3.7 GB."""

MAX_MEMBER_BYTES = 16 << 20
"""The most that ``read_member`` reads into memory: a description of 21,000 classes has 2 MB."""

MAX_HEADER_BYTES = 64 << 10
"""All headers of one member: names, extended headers, maps. Linux takes 4 KiB of a path."""

MAX_HEADERS_BYTES = 32 << 20
"""All headers together, which are in memory as long as the archive is open."""

_MAX_NAME_BYTES = 1024
_MAX_PART_BYTES = 255

_GZIP = b"\x1f\x8b"


class _Bounded:
    """What tarfile reads of a stream: of headers never more than is allowed.

    Args:
        stream: A seekable stream of bytes.

    Attributes:
        in_headers: Whether headers are being read, and not the content of members.
        of_member: Bytes read of the headers of one member.
    """

    def __init__(self, stream: BinaryIO | gzip.GzipFile) -> None:
        self._stream = stream
        self.seek, self.tell = stream.seek, stream.tell
        self.in_headers = True
        self.of_member = self._total = 0

    def read(self, size: int) -> bytes:
        """The next bytes, at most ``size``."""
        if self.in_headers:
            self.of_member += size
            self._total += size
            if self.of_member > MAX_HEADER_BYTES:
                raise ValueError(f"a header declares {size} bytes, or more in several pieces")
            if self._total > MAX_HEADERS_BYTES:
                raise ValueError(f"its headers have more than {MAX_HEADERS_BYTES} bytes")
        return self._stream.read(size)


class TarMembers:
    """An open archive, each member of which is checked before anybody looks at it.

    Args:
        path: The file, for messages.
        stream: Its bytes, unzipped.
    """

    def __init__(self, path: Path, stream: BinaryIO | gzip.GzipFile) -> None:
        self._path = path
        self._stream = _Bounded(stream)
        self.tar = tarfile.open(fileobj=self._stream, mode="r:")  # type: ignore[call-overload]  # noqa: SIM115

    def members(self, max_bytes: int = MAX_BYTES) -> Iterator[tarfile.TarInfo]:
        """Files and folders in their order; no two have one name, and none lies below a file.

        Args:
            max_bytes: The most that they may declare together.
        """
        tree: _Tree = {}
        count = total = 0
        for member in self.tar:
            self._stream.of_member = 0
            count, total = count + 1, total + member.size
            if count > MAX_MEMBERS or total > max_bytes:
                raise self._refusal(
                    f"declares more than {MAX_MEMBERS} members or {max_bytes} bytes; it is no "
                    "model archive"
                )
            path = self._checked_path(member)
            if not _placed(path, tree, is_file=member.isfile()):
                # One reader would take the first, another the last.
                raise self._refusal(
                    f"has two members of the name {member.name!r}, or files below that file"
                )
            yield plain(member)
        self._check_end()

    def content(self, member: tarfile.TarInfo) -> bytes:
        """The content of a file, which is the last member that was looked at."""
        if member.size > MAX_MEMBER_BYTES:
            raise self._refusal(
                f"has a {member.name} of {member.size} bytes, more than the {MAX_MEMBER_BYTES} of "
                "any such file; it is no model archive"
            )
        with self.contents():
            stream = self.tar.extractfile(member)
            return stream.read() if stream else b""

    @contextmanager
    def contents(self) -> Iterator[None]:
        """While it lasts, what is read is no header."""
        self._stream.in_headers = False
        yield
        self._stream.in_headers = True

    def _check_end(self) -> None:
        """Refuse an archive that has no end: tarfile takes a damaged header for it."""
        with self.contents():
            self._stream.seek(self.tar.offset)
            if self._stream.read(tarfile.BLOCKSIZE).strip(b"\0"):
                raise ValueError("a header is damaged, and nothing behind it can be read")

    def _checked_path(self, member: tarfile.TarInfo) -> PurePosixPath:
        path = PurePosixPath(member.name)
        if path.is_absolute() or ".." in path.parts:
            raise self._refusal(f"has a member outside its folder: {member.name!r}")
        if not (member.isfile() or member.isdir()):
            raise self._refusal(f"has a link or device: {member.name!r}; only files may be")
        if member.issparse():
            raise self._refusal(f"has a sparse file: {member.name!r}; pack it without --sparse")
        longest = max((len(os.fsencode(part)) for part in path.parts), default=0)
        if longest > _MAX_PART_BYTES or len(os.fsencode(member.name)) > _MAX_NAME_BYTES:
            raise ValueError(
                f"a member's name has more than {_MAX_NAME_BYTES} bytes, or a part of it more than "
                f"{_MAX_PART_BYTES}"
            )
        return path

    def _refusal(self, problem: str) -> ArchiveError:
        return ArchiveError(f"{self._path} {problem}.")


# A folder's names -> what lies below; None for a file.
_Tree = dict[str, "_Tree | None"]


def _placed(path: PurePosixPath, tree: _Tree, *, is_file: bool) -> bool:
    """Enter a path into a tree; False where a file of its name, or above it, is in the way."""
    for part in path.parts[:-1]:
        below = tree.setdefault(part, {})
        if below is None:
            return False
        tree = below
    if not path.parts:
        return not is_file
    if is_file:
        return path.name not in tree and tree.setdefault(path.name, None) is None
    return tree.setdefault(path.name, {}) is not None


@contextmanager
def opened(archive: Path, problem: str) -> Iterator[TarMembers]:
    """Open an archive; whatever reading it raises becomes one sentence.

    Args:
        archive: A ``.tar`` or ``.tar.gz``.
        problem: What to say of one that cannot be read.

    Raises:
        ArchiveError: It is no archive, or a hostile one.
    """
    try:
        with regular_file.opened(archive) as raw:
            begins = raw.read(2)
            raw.seek(0)
            stream = gzip.GzipFile(fileobj=raw) if begins == _GZIP else raw
            yield TarMembers(archive, stream)
    except IcTfSdkError:
        raise
    # What tarfile, gzip and the file system raise of damage and of hostile headers (NUL in a name,
    # sparse files without a map, thousands of nested folders) is documented nowhere.
    except Exception as error:
        raise ArchiveError(f"{archive} {problem}: {str(error)[:200]}") from error


def plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """A member without owner, time and other permissions than those that all have."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    member.mode = 0o755 if member.isdir() else 0o644
    return member
