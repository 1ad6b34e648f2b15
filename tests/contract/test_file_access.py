"""What the operating system refuses is one sentence, with the path that the user knows."""

import errno
import os
from pathlib import Path

import pytest

from ic_tf_sdk.contract import file_access
from ic_tf_sdk.errors import ArchiveError, FileAccessError, OutputExistsError

SAID = {
    errno.ENOSPC: "No space left for /x",
    errno.EDQUOT: "No space left for /x",
    errno.EACCES: "/x is not accessible: permission denied",
    errno.EPERM: "/x is not accessible: permission denied",
    errno.EROFS: "/x lies on a file system that can only be read",
    errno.ENAMETOOLONG: "/x is too long a name",
    errno.ENOTDIR: "/x cannot be written: it lies below a file",
    errno.ENOENT: "/x does not exist",
    errno.EIO: f"/x cannot be read or written: {os.strerror(errno.EIO)}.",
}


@pytest.mark.parametrize("code", SAID)
def test_a_refusal_names_its_path_and_what_to_do(code: int) -> None:
    error = OSError(code, os.strerror(code), "/x")
    for place in (None, "/x", Path("/x")):
        assert file_access.sentence(error, place).startswith(SAID[code])
    assert file_access.is_refusal(error)


def test_bytes_are_a_path_too_and_no_path_leaves_the_reason() -> None:
    reason = os.strerror(errno.ENOENT)
    error = OSError(errno.ENOENT, reason, b"/x")
    assert file_access.sentence(error).startswith("/x does not exist")
    assert file_access.sentence(OSError(errno.ENOENT, reason)) == f"{reason}."
    assert file_access.sentence(OSError(errno.ENOENT, reason), "/y").startswith("/y does not exist")
    assert file_access.sentence(OSError("odd"), "/y") == "/y cannot be read or written: odd."


def test_a_name_that_is_there_for_the_moment_is_not_the_one_that_is_told() -> None:
    error = OSError(errno.ENOSPC, "full", "/out/.model.tar.gz-k2x9/model.tar.gz")
    said = file_access.sentence(error, "/out/model.tar.gz")
    assert said.startswith("No space left for /out/model.tar.gz.")
    # Of a long name the first 100 characters are there.
    long = "n" * 150
    error = OSError(errno.ENOSPC, "full", f"/out/.{long[:100]}-k2x9/{long}")
    assert file_access.sentence(error, f"/out/{long}").startswith(f"No space left for /out/{long}.")
    # Another file's trouble is that file's.
    error = OSError(errno.ENOSPC, "full", "/tmp/other")
    assert file_access.sentence(error, "/out/model.tar.gz").startswith("No space left for /tmp/ot")


def test_what_tensorflow_says_of_a_file_is_a_refusal_too() -> None:
    error = RuntimeError("save failed: /out/variables.data; No space left on device [Op:SaveV2]")
    assert file_access.is_refusal(error)
    assert file_access.sentence(error).startswith("No space left for /out/variables.data.")
    assert not file_access.is_refusal(RuntimeError("shapes differ"))
    assert file_access.sentence(RuntimeError("shapes differ")) == "shapes differ."


def test_errors_of_this_package_and_a_closed_pipe_pass_as_they_are(tmp_path: Path) -> None:
    for error in (ArchiveError("no archive"), BrokenPipeError(errno.EPIPE, "Broken pipe")):
        with pytest.raises(type(error)) as caught, file_access.refusals():
            raise error
        assert caught.value is error
    with pytest.raises(FileAccessError, match="does not exist"), file_access.refusals():
        (tmp_path / "nothing").read_text()


def test_an_output_that_is_there_is_refused_a_dangling_link_too(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("file", "link"):
        with pytest.raises(OutputExistsError, match="already exists"):
            file_access.require_writable(tmp_path / name)
    file_access.require_writable(tmp_path / "new" / "deep" / "model.tar.gz")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "link"]


def test_a_place_below_a_file_is_refused_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for check in (file_access.require_writable, file_access.require_folder):
        with pytest.raises(FileAccessError, match="lies below a file"):
            check(tmp_path / "file" / "out")
    long = tmp_path / ("n" * 300) / "out"
    with pytest.raises(FileAccessError, match="too long a name"):
        file_access.require_writable(long)


def test_a_folder_that_is_there_is_tried_inside(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    file_access.require_folder(tmp_path / "out")
    file_access.require_folder(tmp_path / "new")
    assert [path.name for path in tmp_path.rglob("*")] == ["out"]
    (tmp_path / "file").touch()
    with pytest.raises(FileAccessError):
        file_access.require_folder(tmp_path / "file")
