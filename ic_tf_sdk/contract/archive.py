"""Model archives: one way in, which trusts nothing, and one way out, whose bytes repeat."""

import gzip
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from ic_tf_sdk.contract import file_access, output_files
from ic_tf_sdk.errors import ArchiveError, FileAccessError, OutputExistsError

__all__ = [
    "MAX_BYTES",
    "MAX_MEMBERS",
    "MAX_MEMBER_BYTES",
    "extract",
    "find_file",
    "pack",
    "read_member",
]

MAX_MEMBERS = 10_000
"""More files than any SavedModel has; the largest of TF Hub's image models have a few hundred."""

MAX_BYTES = 8 << 30
"""Unpacked size in bytes: over twice BiT-M R152x4, the largest model of the catalogue, whose 0.94
billion parameters take 3.7 GB."""

# Python's own second look at members; Debian 12's Python 3.11.2 has none yet.
_FILTER: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}

MAX_MEMBER_BYTES = 16 << 20
"""The most that ``read_member`` reads into memory: a description of 21,000 classes has 2 MB."""

_GZIP = b"\x1f\x8b"

# What tarfile and the file system raise of damaged and of hostile archives: NUL in a name, sparse
# files without a map, thousands of nested folders.
_UNREADABLE = (
    tarfile.TarError,
    EOFError,
    zlib.error,
    OSError,
    ValueError,
    LookupError,
    RecursionError,
)


def extract(archive: Path, folder: Path, *, max_bytes: int = MAX_BYTES) -> None:
    """Unpack an untrusted ``.tar`` or ``.tar.gz`` into a folder that does not exist yet.

    Members may only be files and folders inside ``folder``; their declared sizes are added up
    before anything is written. Either all of it is there afterwards, or nothing.

    Args:
        archive: The file to unpack.
        folder: Created here.
        max_bytes: The most that the members may declare together.

    Raises:
        ArchiveError: Not a readable archive, or one with a member that may not be unpacked.
        OutputExistsError: ``folder`` exists.
    """
    if folder.exists():
        raise OutputExistsError(f"{folder} already exists; give a folder that does not.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with output_files.replacing(folder) as inside:
        inside.mkdir()
        with _opened(archive, "cannot be unpacked") as tar:
            members = _checked(tar, archive, max_bytes)
            with _blaming(folder):
                tar.extractall(inside, members, **_FILTER)  # noqa: S202


@contextmanager
def _blaming(folder: Path) -> Iterator[None]:
    """Say of a full disk, or one that may not be written, that it is not the archive's fault."""
    try:
        yield
    except OSError as error:
        # gzip's own errors have no number.
        if error.errno is None:
            raise
        raise FileAccessError(file_access.sentence(error, folder)) from error


class _Bounded:
    """What tarfile reads of a stream, which is never much at once.

    It reads a member's name or extended header in one piece, of the size that the archive says.

    Args:
        stream: A seekable stream of bytes.
    """

    def __init__(self, stream: BinaryIO | gzip.GzipFile) -> None:
        self._stream = stream
        self.seek, self.tell = stream.seek, stream.tell

    def read(self, size: int) -> bytes:
        """The next bytes, at most ``size``."""
        if size > 2 * MAX_MEMBER_BYTES:
            raise ValueError(f"a header declares {size} bytes")
        return self._stream.read(size)


@contextmanager
def _opened(archive: Path, problem: str) -> Iterator[tarfile.TarFile]:
    """An archive; whatever reading it raises becomes one sentence."""
    try:
        with archive.open("rb") as raw:
            stream = gzip.GzipFile(fileobj=raw) if raw.peek(2)[:2] == _GZIP else raw
            with tarfile.open(fileobj=_Bounded(stream), mode="r:") as tar:  # type: ignore[call-overload]
                yield tar
    except (ArchiveError, FileAccessError):
        raise
    except _UNREADABLE as error:
        raise ArchiveError(f"{archive} {problem}: {str(error)[:200]}") from error


def _checked(tar: tarfile.TarFile, archive: Path, max_bytes: int) -> list[tarfile.TarInfo]:
    members: list[tarfile.TarInfo] = []
    names: set[PurePosixPath] = set()
    total = 0
    for member in tar:
        total += member.size
        _check_member(member, archive)
        path = PurePosixPath(member.name)
        if path in names and member.isfile():
            # One reader would take the first, another the last.
            raise ArchiveError(f"{archive} has two members of the name {member.name!r}.")
        names.add(path)
        members.append(_plain(member))
        if len(members) > MAX_MEMBERS or total > max_bytes:
            raise ArchiveError(
                f"{archive} declares more than {MAX_MEMBERS} members or {max_bytes} bytes; "
                "it is no model archive."
            )
    return members


def _check_member(member: tarfile.TarInfo, archive: Path) -> None:
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts:
        raise ArchiveError(f"{archive} has a member outside its folder: {member.name!r}.")
    if not (member.isfile() or member.isdir()):
        raise ArchiveError(f"{archive} has a link or device: {member.name!r}; only files may be.")


def pack(folder: Path, archive: Path) -> None:
    """Pack a folder's content as ``.tar.gz``; the same content gives the same bytes.

    Members are sorted, shallow ones first so that a description is found without unpacking all of
    it; they have no leading ``./``, and owner, time and permissions are fixed. The file appears
    under its name only when complete.

    Args:
        folder: Its content becomes the members.
        archive: The file to write; replaced if it exists.
    """
    paths = sorted(folder.rglob("*"), key=_shallow_first)
    with (
        output_files.replacing(archive) as temporary,
        temporary.open("wb") as raw,
        gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0, compresslevel=6) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in paths:
            tar.add(path, path.relative_to(folder).as_posix(), recursive=False, filter=_plain)


def read_member(archive: Path, name: str) -> bytes | None:
    """The content of one file of an archive, or None where it has no such member.

    Args:
        archive: A ``.tar`` or ``.tar.gz``.
        name: The member's path.

    Raises:
        ArchiveError: Not a readable archive, or the file has more than ``MAX_MEMBER_BYTES``.
    """
    with _opened(archive, "is not a readable archive") as tar:
        for member in tar:
            # SageMaker packs names with a leading ./
            if PurePosixPath(member.name) == PurePosixPath(name) and member.isfile():
                return _content(tar, member, archive)
    return None


def find_file(archive: Path, file_name: str) -> bytes | None:
    """The content of the file of this name that lies nearest to the top, or None.

    Args:
        archive: A ``.tar`` or ``.tar.gz``.
        file_name: The last part of the member's path.

    Raises:
        ArchiveError: As ``read_member``.
    """
    nearest: tuple[int, bytes | None] = (MAX_MEMBERS, None)
    with _opened(archive, "is not a readable archive") as tar:
        for member in tar:
            path = PurePosixPath(member.name)
            depth = len(path.parts)
            if path.name == file_name and member.isfile() and depth < nearest[0]:
                nearest = (depth, _content(tar, member, archive))
            if nearest[0] == 1:
                break
    return nearest[1]


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo, archive: Path) -> bytes:
    if member.size > MAX_MEMBER_BYTES:
        raise ArchiveError(
            f"{member.name} in {archive} has {member.size} bytes, more than the "
            f"{MAX_MEMBER_BYTES} of any such file; it is no model archive."
        )
    stream = tar.extractfile(member)
    return stream.read() if stream else b""


def _shallow_first(path: Path) -> tuple[int, str]:
    return len(path.parts), path.as_posix()


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    member.mode = 0o755 if member.isdir() else 0o644
    return member
