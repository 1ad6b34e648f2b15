"""Nothing that never ends is read as a file."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from ic_tf_sdk.contract import regular_file
from ic_tf_sdk.contract.image_header import read_header


def pipe(path: Path) -> None:
    os.mkfifo(path)


def unix_socket(path: Path) -> None:
    # A bound socket's name may be about 100 characters long.
    here = Path.cwd()
    os.chdir(path.parent)
    try:
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(path.name)
    finally:
        os.chdir(here)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (pipe, "a named pipe, not a file"),
        (unix_socket, "a socket, not a file"),
        (device, "a device, not a file"),
        (folder, "a folder, not a file"),
    ],
)
@pytest.mark.timeout(20)
def test_what_is_no_file_is_refused_and_described(
    tmp_path: Path, make: Callable[[Path], None], reason: str
) -> None:
    path = tmp_path / "x.jpg"
    make(path)
    with pytest.raises(OSError, match=reason):
        regular_file.read(path)
    assert read_header(path).problem == reason


def test_a_file_behind_a_link_is_read(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"x")
    (tmp_path / "link.jpg").symlink_to("real")
    assert regular_file.read(tmp_path / "link.jpg") == b"x"


def test_a_file_may_have_as_many_bytes_as_are_allowed_and_no_more(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 10)
    assert regular_file.read(path, most=10) == b"x" * 10
    with pytest.raises(OSError, match="10 bytes, more than the 9 allowed"):
        regular_file.read(path, most=9)


def test_of_a_body_that_no_endpoint_takes_one_byte_more_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regular_file, "MAX_BODY_BYTES", 10)
    for length in (9, 10, 11, 100):
        (tmp_path / "a").write_bytes(b"x" * length)
        assert len(regular_file.read(tmp_path / "a")) == min(length, 11)
