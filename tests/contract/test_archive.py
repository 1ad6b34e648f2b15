"""Archives: what is unpacked is trusted in nothing; what is packed has repeatable bytes."""

import gzip
import io
import os
import resource
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from ic_tf_sdk.contract import archive
from ic_tf_sdk.errors import ArchiveError, FileAccessError, OutputExistsError


def tar_with(path: Path, *members: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for member in members:
            tar.addfile(member, io.BytesIO(b"x" * member.size) if member.isreg() else None)
    return path


def member(
    name: str, *, size: int = 3, kind: bytes = tarfile.REGTYPE, link: str = ""
) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    info.size = size if kind == tarfile.REGTYPE else 0
    return info


def test_what_was_packed_comes_back(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "1" / "variables").mkdir(parents=True)
    (source / "1" / "saved_model.pb").write_bytes(b"graph")
    (source / "näme.json").write_text("{}")
    archive.pack(source, tmp_path / "a.tar.gz")
    archive.extract(tmp_path / "a.tar.gz", tmp_path / "target")
    assert (tmp_path / "target" / "1" / "saved_model.pb").read_bytes() == b"graph"
    assert (tmp_path / "target" / "1" / "variables").is_dir()
    assert (tmp_path / "target" / "näme.json").read_text() == "{}"


def test_the_same_content_gives_the_same_bytes_and_plain_member_names(tmp_path: Path) -> None:
    packed = []
    for name in ("one", "other"):
        folder = tmp_path / name
        (folder / "code").mkdir(parents=True)
        (folder / "code" / "inference.py").write_text("pass")
        (folder / "code").chmod(0o700 if name == "one" else 0o755)
        archive.pack(folder, tmp_path / f"{name}.tar.gz")
        packed.append((tmp_path / f"{name}.tar.gz").read_bytes())
    assert packed[0] == packed[1]
    # Nor does gzip's header say when.
    assert packed[0][4:8] == bytes(4)
    with tarfile.open(tmp_path / "one.tar.gz") as tar:
        assert tar.getnames() == ["code", "code/inference.py"]


def test_what_was_packed_quickly_is_the_same_and_weights_take_hardly_more(tmp_path: Path) -> None:
    import numpy as np

    folder = tmp_path / "content"
    folder.mkdir()
    weights = np.random.default_rng(0).normal(size=50_000).astype(np.float32).tobytes()
    (folder / "weights").write_bytes(weights)
    (folder / "text").write_text("the same again, " * 1000)
    for name in ("well", "quick", "again"):
        archive.pack(folder, tmp_path / f"{name}.tar.gz", quickly=name != "well")
    packed = {path.name: path.read_bytes() for path in tmp_path.glob("*.tar.gz")}
    assert packed["quick.tar.gz"] == packed["again.tar.gz"]
    contents = [gzip.decompress(packed[name]) for name in ("quick.tar.gz", "well.tar.gz")]
    assert contents[0] == contents[1]
    assert len(packed["quick.tar.gz"]) < 1.1 * len(packed["well.tar.gz"])
    archive.extract(tmp_path / "quick.tar.gz", tmp_path / "out")
    assert (tmp_path / "out" / "weights").read_bytes() == weights


def test_files_are_packed_and_unpacked_with_the_permissions_of_any_other_file(
    tmp_path: Path,
) -> None:
    """Neither those of whoever packed it, a set user id among them, nor those of a member count."""
    (tmp_path / "in" / "1").mkdir(parents=True)
    (tmp_path / "in" / "1" / "graph").write_bytes(b"g")
    (tmp_path / "in" / "1" / "graph").chmod(0o4711)
    (tmp_path / "in" / "1").chmod(0o700)
    path = tmp_path / "a.tar.gz"
    archive.pack(tmp_path / "in", path)
    with tarfile.open(path) as tar:
        assert {m.name: m.mode for m in tar} == {"1": 0o755, "1/graph": 0o644}
        assert {(m.uid, m.gid, m.uname, m.gname, m.mtime) for m in tar} == {(0, 0, "", "", 0)}
    odd = member("b", size=1)
    odd.mode = 0o6777
    for number, source in enumerate((path, tar_with(tmp_path / "odd.tar.gz", odd))):
        target = tmp_path / str(number)
        archive.extract(source, target)
        for one in target.rglob("*"):
            allowed = 0o755 if one.is_dir() else 0o644
            assert stat.S_IMODE(one.stat().st_mode) & ~allowed == 0, one
            assert stat.S_IMODE(one.stat().st_mode) & 0o600 == 0o600


@pytest.mark.parametrize(
    "bad",
    [
        member("../outside"),
        member("1/../../outside"),
        member("/absolute"),
        member("link", kind=tarfile.SYMTYPE, link="/etc/passwd"),
        member("hard", kind=tarfile.LNKTYPE, link="1/good"),
        member("pipe", kind=tarfile.FIFOTYPE),
        member("device", kind=tarfile.CHRTYPE),
    ],
    ids=lambda info: info.name,
)
def test_a_dangerous_member_is_refused_and_nothing_is_unpacked(
    tmp_path: Path, bad: tarfile.TarInfo
) -> None:
    path = tar_with(tmp_path / "bad.tar.gz", member("1/good"), bad)
    with pytest.raises(ArchiveError, match=r"bad\.tar\.gz has a"):
        archive.extract(path, tmp_path / "work" / "target")
    assert list((tmp_path / "work").iterdir()) == []


def test_a_declared_size_beyond_the_bound_is_refused_before_writing(tmp_path: Path) -> None:
    path = tar_with(tmp_path / "big.tar.gz", member("1/a", size=600), member("1/b", size=600))
    with pytest.raises(ArchiveError, match="1000 bytes"):
        archive.extract(path, tmp_path / "target", max_bytes=1000)
    assert not (tmp_path / "target").exists()


@pytest.mark.parametrize("content", [b"", b"not an archive", b"\x1f\x8b\x08\x00broken"])
def test_what_is_no_archive_is_said_to_be_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "no.tar.gz"
    path.write_bytes(content)
    with pytest.raises(ArchiveError, match=r"no\.tar\.gz cannot be unpacked"):
        archive.extract(path, tmp_path / "target")
    with pytest.raises(ArchiveError, match="not a readable archive"):
        archive.read_member(path, "model_info.json")


def test_a_truncated_archive_leaves_nothing(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "data").write_bytes(bytes(range(256)) * 400)
    archive.pack(source, tmp_path / "a.tar.gz")
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes((tmp_path / "a.tar.gz").read_bytes()[:-200])
    with pytest.raises(ArchiveError):
        archive.extract(cut, tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_an_existing_folder_is_never_unpacked_over(tmp_path: Path) -> None:
    path = tar_with(tmp_path / "a.tar.gz", member("1/a"))
    (tmp_path / "target").mkdir()
    with pytest.raises(OutputExistsError):
        archive.extract(path, tmp_path / "target")


def test_one_member_is_read_without_unpacking(tmp_path: Path) -> None:
    path = tar_with(tmp_path / "a.tar.gz", member("1/a"), member("model_info.json", size=5))
    assert archive.read_member(path, "model_info.json") == b"xxxxx"
    assert archive.read_member(path, "absent") is None


@pytest.mark.parametrize(
    "members",
    [
        (member("./1/a", size=1), member("1/a", size=2)),
        (member("1/a"), member("1/a", kind=tarfile.DIRTYPE)),
        (member("1/a", kind=tarfile.DIRTYPE), member("1/a")),
        (member("1"), member("1/a")),
        (member("1/a"), member("1")),
        (member("1//a"), member("1/./a")),
    ],
    ids=["file", "then folder", "then file", "file, then below it", "below, then file", "spelling"],
)
@pytest.mark.parametrize("read", [archive.extract, archive.read_member, archive.find_file])
def test_two_members_in_one_place_are_refused(
    tmp_path: Path, members: tuple[tarfile.TarInfo, ...], read: Callable[..., object]
) -> None:
    """One reader would take the first, another the last."""
    path = tar_with(tmp_path / "a.tar.gz", *members)
    with pytest.raises(ArchiveError, match=r"two members of the name|below that file"):
        read(path, tmp_path / "target" if read is archive.extract else "none.json")
    assert not (tmp_path / "target").exists()


def test_a_folder_may_be_named_twice(tmp_path: Path) -> None:
    folder = member("1", kind=tarfile.DIRTYPE)
    path = tar_with(tmp_path / "a.tar.gz", member("1/a"), folder, folder, member("1/b"))
    archive.extract(path, tmp_path / "target")
    assert sorted(path.name for path in (tmp_path / "target" / "1").iterdir()) == ["a", "b"]


def test_a_member_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tar_with(
        tmp_path / "a.tar.gz", member("model_info.json", size=archive.MAX_MEMBER_BYTES + 1)
    )
    with pytest.raises(ArchiveError, match=r"it is no model archive"):
        archive.read_member(path, "model_info.json")


@pytest.mark.parametrize(
    ("name", "headers"),
    [
        ("/".join("d" * 3000), {}),
        ("a", {"path": "a\0b"}),
        (
            "a",
            {
                "GNU.sparse.major": "1",
                "GNU.sparse.minor": "0",
                "GNU.sparse.name": "x",
                "GNU.sparse.realsize": "9",
            },
        ),
        ("n" * 256, {}),
        ("a", {"path": "ä" * 150}),
    ],
    ids=["3000 folders deep", "NUL in a name", "sparse without a map", "256 bytes", "300 bytes"],
)
def test_hostile_headers_are_one_sentence(
    tmp_path: Path, name: str, headers: dict[str, str]
) -> None:
    path = tmp_path / "a.tar"
    info = tarfile.TarInfo(name)
    info.size, info.pax_headers = 1, headers
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(info, io.BytesIO(b"x"))
    with pytest.raises(ArchiveError, match="cannot be unpacked"):
        archive.extract(path, tmp_path / "target")
    assert not (tmp_path / "target").exists()


def test_a_pipe_is_no_archive(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.tar.gz")
    with pytest.raises(ArchiveError, match="a named pipe, not a file"):
        archive.extract(tmp_path / "a.tar.gz", tmp_path / "target")


def cut(path: Path, *, after: str) -> Path:
    """An uncompressed archive without what stands behind a member's content."""
    with tarfile.open(path) as tar:
        info = tar.getmember(after)
    end = info.offset_data + -(-info.size // 512) * 512
    path.write_bytes(path.read_bytes()[:end] + b"damaged" * 200)
    return path


def plain_tar(path: Path, **sizes: int) -> Path:
    with tarfile.open(path, "w") as tar:
        for name, size in sizes.items():
            tar.addfile(member(name, size=size), io.BytesIO(b"x" * size))
    return path


def test_the_file_nearest_to_the_top_is_found_and_of_equals_the_first(tmp_path: Path) -> None:
    sizes = {"a/b/labels": 1, "a/labels": 2, "b/labels": 3, "a/other": 4}
    path = plain_tar(tmp_path / "a.tar", **sizes)
    assert archive.find_file(path, "labels") == b"xx"
    assert archive.find_file(path, "none") is None
    # A folder of the name is no file.
    path = tar_with(tmp_path / "b.tar.gz", member("labels", kind=tarfile.DIRTYPE), member("a/b"))
    assert archive.find_file(path, "labels") is None
    path = plain_tar(tmp_path / "c.tar", **{"a/labels": 2, "labels": 1})
    assert archive.find_file(path, "labels") == b"x"


def test_behind_a_file_at_the_top_nothing_is_read(tmp_path: Path) -> None:
    sizes = {"a/labels": 2, "labels": 1, "more": 1}
    path = cut(plain_tar(tmp_path / "a.tar", **sizes), after="labels")
    assert archive.find_file(path, "labels") == b"x"
    path = cut(plain_tar(tmp_path / "b.tar", **{"a/labels": 2, "more": 1}), after="a/labels")
    with pytest.raises(ArchiveError, match="is not a readable archive"):
        archive.find_file(path, "labels")


def test_the_names_of_files_are_read_until_the_one_that_is_looked_for(tmp_path: Path) -> None:
    folder = member("folder", kind=tarfile.DIRTYPE)
    path = tar_with(tmp_path / "a.tar.gz", member("1/a"), folder, member("./b"), member("c"))
    names = {name.as_posix() for name in archive.file_names(path, until="none")}
    assert names == {"1/a", "b", "c"}
    assert {name.as_posix() for name in archive.file_names(path, until="b")} == {"1/a", "b"}
    path = cut(plain_tar(tmp_path / "b.tar", a=1, b=1, c=1), after="b")
    assert {name.as_posix() for name in archive.file_names(path, until="b")} == {"a", "b"}
    with pytest.raises(ArchiveError, match="is not a readable archive"):
        archive.file_names(path, until="c")


def test_folders_above_are_made(tmp_path: Path) -> None:
    path = tar_with(tmp_path / "a.tar.gz", member("a"))
    archive.extract(path, tmp_path / "new" / "folder" / "target")
    assert (tmp_path / "new" / "folder" / "target" / "a").is_file()


def test_a_disk_that_takes_no_more_is_not_the_archives_fault(tmp_path: Path) -> None:
    path = plain_tar(tmp_path / "a.tar", large=100_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(FileAccessError) as caught:
            archive.extract(path, tmp_path / "target")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert "a.tar" not in str(caught.value)
    assert str(tmp_path / "target") in str(caught.value)
    assert not (tmp_path / "target").exists()
    # What gzip says of damage is the archive's, which is named around it.
    with pytest.raises(gzip.BadGzipFile), archive._blaming(tmp_path):
        raise gzip.BadGzipFile("CRC check failed")
