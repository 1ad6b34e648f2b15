"""What an archive may declare, to the byte: what is allowed is read, and one more is refused."""

import gzip
import tarfile
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ic_tf_sdk.contract import archive
from ic_tf_sdk.errors import ArchiveError

BLOCK = 512
CONTENT = b"c" * BLOCK


def block(name: str, *, kind: bytes = tarfile.REGTYPE, size: int = 0) -> bytes:
    """The header of a member."""
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    return info.tobuf(tarfile.USTAR_FORMAT)


def with_headers(name: str, blocks: int) -> bytes:
    """A file of a block whose headers are so many blocks: an extended one, and its own."""
    size = (blocks - 2) * BLOCK
    record = f"{size} k=".encode()
    text = record + b"v" * (size - len(record) - 1) + b"\n"
    return block("x", kind=tarfile.XHDTYPE, size=size) + text + block(name, size=BLOCK) + CONTENT


def written(path: Path, parts: Iterator[bytes] | list[bytes]) -> Path:
    with gzip.open(path, "wb", compresslevel=1) as stream:
        for part in parts:
            stream.write(part)
        stream.write(bytes(2 * BLOCK))
    return path


def test_the_headers_of_a_member_have_64_kib_at_most(tmp_path: Path) -> None:
    first, second = with_headers("first", 128), with_headers("second", 128)
    path = written(tmp_path / "a.tar.gz", [first, second])
    assert archive.find_file(path, "first") == CONTENT
    # Behind content one byte more is read, which says whether the archive is cut.
    with pytest.raises(ArchiveError, match="a header declares 512 bytes, or more in several"):
        archive.find_file(path, "second")
    for before in ([], [block("empty")]):
        assert archive.find_file(written(path, [*before, second]), "second") == CONTENT


@pytest.mark.parametrize(("members", "allowed"), [(1025, True), (1026, False)])
def test_all_headers_together_have_32_mib_at_most(
    tmp_path: Path, members: int, allowed: bool
) -> None:
    # 65,534 blocks, and one byte more behind the content of each but the last: 32 MiB.
    least, more = divmod(65_534, members)
    sizes = [least + (number < more) for number in range(members)]
    parts = [with_headers(f"{number}", size) for number, size in enumerate(sizes)]
    path = written(tmp_path / "a.tar.gz", parts)
    if allowed:
        assert archive.find_file(path, f"{members - 1}") == CONTENT
        return
    with pytest.raises(ArchiveError, match="its headers have more than 33554432 bytes"):
        archive.find_file(path, f"{members - 1}")


def test_headers_behind_a_file_that_was_read_are_bounded_too(tmp_path: Path) -> None:
    found = [block("1/model_info.json", size=3), b"abc".ljust(BLOCK, b"\0")]
    path = written(tmp_path / "a.tar.gz", [*found, with_headers("second", 200)])
    with pytest.raises(ArchiveError, match="a header declares"):
        archive.find_file(path, "model_info.json")


@pytest.mark.parametrize("large", [100_000, 16 << 20])
def test_content_is_no_header(tmp_path: Path, large: int) -> None:
    parts = [block("a", size=large), bytes(-(-large // BLOCK) * BLOCK), block("b")]
    path = written(tmp_path / "a.tar.gz", parts)
    assert archive.read_member(path, "a") == bytes(large)
    assert archive.read_member(path, "b") == b""
    archive.extract(path, tmp_path / "target")
    assert (tmp_path / "target" / "a").stat().st_size == large


def test_a_file_that_is_read_whole_has_16_mib_at_most(tmp_path: Path) -> None:
    path = written(tmp_path / "a.tar.gz", [block("a", size=(16 << 20) + 1)])
    with pytest.raises(ArchiveError) as caught:
        archive.read_member(path, "a")
    assert str(caught.value) == (
        f"{path} has a a of 16777217 bytes, more than the 16777216 of any such file; it is no "
        "model archive."
    )


def test_a_sparse_file_is_refused(tmp_path: Path) -> None:
    """What it declares is not what it would take on the disk."""
    header = bytearray(block("a", kind=tarfile.GNUTYPE_SPARSE))
    # Its map: one piece of no bytes at the beginning, and its size when it is unpacked.
    header[386:410] = b"%011o\0%011o\0" % (0, 0)
    header[483:495] = b"%011o\0" % (1 << 30)
    header[257:265] = tarfile.GNU_MAGIC
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    path = written(tmp_path / "a.tar.gz", [bytes(header)])
    with pytest.raises(ArchiveError, match="has a sparse file: 'a'; pack it without --sparse"):
        archive.read_member(path, "a")


@pytest.mark.parametrize(("count", "allowed"), [(10_000, True), (10_001, False)])
def test_an_archive_has_ten_thousand_members_at_most(
    tmp_path: Path, count: int, allowed: bool
) -> None:
    path = written(tmp_path / "a.tar.gz", (block(f"{number}") for number in range(count)))
    if allowed:
        assert len(archive.file_names(path, until="none")) == count
        return
    with pytest.raises(ArchiveError, match="more than 10000 members"):
        archive.file_names(path, until="none")


@pytest.mark.parametrize(
    ("size", "said"), [(8 << 30, "unexpected end of data"), ((8 << 30) + 1, "or 8589934592 bytes")]
)
def test_its_files_have_8_gib_at_most(tmp_path: Path, size: int, said: str) -> None:
    """The first one is cut, which is found behind the sizes: what is allowed is looked at."""
    info = tarfile.TarInfo("large")
    info.size = size
    (tmp_path / "a.tar").write_bytes(info.tobuf(tarfile.GNU_FORMAT) + bytes(BLOCK))
    with pytest.raises(ArchiveError, match=said):
        archive.extract(tmp_path / "a.tar", tmp_path / "target")


@pytest.mark.parametrize(("limit", "allowed"), [(6, True), (5, False)])
def test_sizes_are_added_up_to_what_the_caller_allows(
    tmp_path: Path, limit: int, allowed: bool
) -> None:
    body = b"abc".ljust(BLOCK, b"\0")
    path = written(tmp_path / "a.tar.gz", [block("a", size=3), body, block("b", size=3), body])
    if allowed:
        archive.extract(path, tmp_path / "target", max_bytes=limit)
    else:
        with pytest.raises(ArchiveError, match="or 5 bytes"):
            archive.extract(path, tmp_path / "target", max_bytes=limit)
    assert (tmp_path / "target" / "b").is_file() == allowed


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("n" * 255, True),
        ("n" * 256, False),
        ("ä" * 127 + "n", True),
        ("ä" * 128, False),
        ("/".join(["d" * 204] * 5), True),
        ("/".join(["d" * 204] * 4 + ["d" * 205]), False),
    ],
)
def test_a_name_has_1024_bytes_and_each_part_of_it_255(
    tmp_path: Path, name: str, allowed: bool
) -> None:
    info = tarfile.TarInfo(name)
    path = written(tmp_path / "a.tar.gz", [info.tobuf(tarfile.PAX_FORMAT)])
    if allowed:
        assert [str(path) for path in archive.file_names(path, until="none")] == [name]
        return
    with pytest.raises(ArchiveError, match="more than 1024 bytes, or a part of it more than 255"):
        archive.file_names(path, until="none")


@pytest.mark.parametrize("at", [0, 100, 148, 511])
@pytest.mark.parametrize("read", [archive.extract, archive.read_member, archive.find_file])
def test_what_stands_behind_a_damaged_header_is_not_left_out_in_silence(
    tmp_path: Path, at: int, read: Callable[..., object]
) -> None:
    content = bytearray(block("first", size=3) + b"abc".ljust(BLOCK, b"\0") + block("second"))
    path = written(tmp_path / "a.tar.gz", [bytes(content)])
    assert archive.read_member(path, "second") == b""
    content[2 * BLOCK + at] ^= 1
    written(path, [bytes(content)])
    with pytest.raises(ArchiveError, match="a header is damaged"):
        read(path, tmp_path / "target" if read is archive.extract else "none.json")
    assert not (tmp_path / "target").exists()
    # What stands before it can be read.
    assert archive.read_member(path, "first") == b"abc"


@pytest.mark.parametrize("end", [b"", bytes(BLOCK), bytes(2 * BLOCK), bytes(3 * BLOCK) + b"more"])
def test_an_archive_ends_with_zeros_or_with_the_file(tmp_path: Path, end: bytes) -> None:
    path = tmp_path / "a.tar"
    path.write_bytes(block("first", size=3) + b"abc".ljust(BLOCK, b"\0") + end)
    archive.extract(path, tmp_path / "target")
    assert (tmp_path / "target" / "first").read_bytes() == b"abc"


@pytest.mark.parametrize("name", [".", "./", "./."])
def test_the_archives_own_folder_may_be_a_member_and_a_file_of_its_name_not(
    tmp_path: Path, name: str
) -> None:
    folder = block(name, kind=tarfile.DIRTYPE)
    path = written(tmp_path / "a.tar.gz", [folder, block("./a"), folder])
    archive.extract(path, tmp_path / "target")
    assert [one.name for one in (tmp_path / "target").iterdir()] == ["a"]
    with pytest.raises(ArchiveError, match=r"two members of the name|below that file"):
        archive.file_names(written(path, [block(".")]), until="none")


def header(kind: bytes, size: int, name: str = "././@LongLink") -> bytes:
    info = tarfile.TarInfo(name)
    info.type, info.size = kind, size
    return info.tobuf(tarfile.GNU_FORMAT)


def long_names(count: int) -> Iterator[bytes]:
    for number in range(count):
        yield header(tarfile.GNUTYPE_LONGNAME, 50 << 10)
        yield (b"%06d" % number).ljust(50 << 10, b"n")
        yield header(tarfile.REGTYPE, 0, "x")


def pax_headers(count: int, kind: bytes = tarfile.XHDTYPE) -> Iterator[bytes]:
    for number in range(count):
        record = b"k%05d=" % number + b"v" * (50 << 10)
        text = b"%d %s\n" % (len(record) + 7, record)
        yield header(kind, len(text))
        yield text.ljust(-len(text) % 512 + len(text), b"\0")
        yield header(tarfile.REGTYPE, 0, f"x{number}")


def sparse_map() -> Iterator[bytes]:
    """A map that says that it goes on for a billion entries, and does so for 100 MiB."""
    fields = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "x"}
    info = tarfile.TarInfo("x")
    info.size, info.pax_headers = 100 << 20, {**fields, "GNU.sparse.realsize": "9"}
    yield info.tobuf(tarfile.PAX_FORMAT)
    yield b"1000000000\n".ljust(512, b"0")
    for _ in range(100):
        yield b"1\n" * (1 << 19)


COSTLY = {
    "a name of a gibibyte": (
        lambda: iter([header(tarfile.GNUTYPE_LONGNAME, 1 << 30)]), "declares 1073741824 bytes"
    ),
    "a link name of 3 GiB": (
        lambda: iter([header(tarfile.GNUTYPE_LONGLINK, 3 << 30)]), "a header declares"
    ),
    "an extended header of 2 GiB": (
        lambda: iter([header(tarfile.XHDTYPE, 2 << 30)]), "a header declares"
    ),
    "a header for all of 1 GiB": (
        lambda: iter([header(tarfile.XGLTYPE, 1 << 30)]), "a header declares"
    ),
    "many long names": (lambda: long_names(700), "headers have more than|more than 1024 bytes"),
    "many extended headers": (lambda: pax_headers(700), "its headers have more than 33554432"),
    "many headers for all": (
        lambda: pax_headers(700, tarfile.XGLTYPE), "its headers have more than 33554432"
    ),
    "a sparse map without end": (sparse_map, "declares 512 bytes, or more in several pieces"),
    "a file of 10 GiB": (
        lambda: iter([header(tarfile.REGTYPE, 10 << 30, "x")]), "or 8589934592 bytes"
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", COSTLY)
@pytest.mark.parametrize("read", [archive.extract, archive.find_file])
def test_a_small_archive_costs_little(
    tmp_path: Path, kind: str, read: Callable[..., object]
) -> None:
    content, said = COSTLY[kind]
    path = tmp_path / "a.tar.gz"
    with gzip.open(path, "wb", compresslevel=1) as stream:
        for block in content():
            stream.write(block)
        stream.write(bytes(1024))
    assert path.stat().st_size < 2_000_000
    tracemalloc.start()
    with pytest.raises(ArchiveError, match=said):
        read(path, tmp_path / "target" if read is archive.extract else "none.json")
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # All headers together may have 32 MiB, which tarfile keeps as bytes and as text.
    assert most < 150 << 20
    assert not (tmp_path / "target").exists()
