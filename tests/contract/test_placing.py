"""No file is replaced, and each that appears is whole, whatever the disk can do."""

import errno
import os
from pathlib import Path

import pytest

from ic_tf_sdk.contract.placing import place


@pytest.fixture(params=["links", "no links"])
def file(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    if request.param == "no links":

        def refuse(*_: object) -> None:
            raise OSError(errno.EPERM, os.strerror(errno.EPERM))

        monkeypatch.setattr(os, "link", refuse)
    (tmp_path / "given").write_bytes(b"given")
    return tmp_path / "given"


def test_the_first_name_that_is_free_is_taken(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "out"
    assert place(file, folder, ["a", "b"]) == ("a", False)
    assert (folder / "a").read_bytes() == b"given"
    assert file.read_bytes() == b"given"
    # The same bytes are there already.
    assert place(file, folder, ["a", "b"]) == ("a", True)
    (folder / "a").unlink()
    (folder / "a").write_bytes(b"other")
    assert place(file, folder, ["a", "b"]) == ("b", False)
    assert place(file, folder, ["a", "b"]) == ("b", True)
    assert (folder / "a").read_bytes() == b"other"
    assert place(file, folder, ["a"]) is None
    assert sorted(path.name for path in folder.iterdir()) == ["a", "b"]


def test_bytes_are_compared_and_not_times(file: Path, tmp_path: Path) -> None:
    other = tmp_path / "out" / "a"
    other.parent.mkdir()
    other.write_bytes(b"GIVEN")
    os.utime(other, ns=(file.stat().st_atime_ns, file.stat().st_mtime_ns))
    assert place(file, other.parent, ["a"]) is None


def test_what_is_no_file_has_its_name_too(file: Path, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    (folder / "a").mkdir(parents=True)
    (folder / "b").symlink_to("nowhere")
    assert place(file, folder, ["a", "b", "c"]) == ("c", False)
    assert not (tmp_path / "out" / "nowhere").exists()


def test_a_copy_that_breaks_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "given").write_bytes(b"given")

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "link", fail)
    monkeypatch.setattr("shutil.copyfile", fail)
    with pytest.raises(OSError, match="No space left"):
        place(tmp_path / "given", tmp_path / "out", ["a"])
    assert list((tmp_path / "out").iterdir()) == []
