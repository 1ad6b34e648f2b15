"""The vendored wheels: what pip gives by its hash, where it is put, and what is left out."""

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk.content import wheels
from ic_tf_sdk.errors import ArchiveError

FILES = ("one/__init__.py", "distutils-precedence.pth", "pkg_resources/tests/setup.py")
METADATA = "Metadata-Version: 2.1\nName: one\nVersion: 1.0\n"
TAG = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"


@pytest.fixture
def lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the lists, of which one names a wheel that lies in ``carried``."""
    folder, carried = tmp_path / "lists", tmp_path / "carried"
    for path in (folder, carried):
        path.mkdir()
    wheel = carried / "one-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as content:
        for name in FILES:
            content.writestr(name, "")
        content.writestr("one-1.0.dist-info/METADATA", METADATA)
        content.writestr("one-1.0.dist-info/WHEEL", TAG)
        content.writestr("one-1.0.dist-info/RECORD", "")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (folder / "hub.txt").write_text(f"one==1.0 --hash=sha256:{digest}\n")
    monkeypatch.setattr(wheels, "_LISTS", folder)
    return folder


def test_each_list_becomes_a_folder_without_what_only_a_start_or_a_test_reads(
    lists: Path, tmp_path: Path
) -> None:
    (lists / "charts.txt").write_text((lists / "hub.txt").read_text())
    wheels.unpack(tmp_path / "vendor", wheels=tmp_path / "carried")
    for name in ("hub", "charts"):
        found = tmp_path / "vendor" / name
        assert (found / "one" / "__init__.py").is_file()
        assert not (found / "distutils-precedence.pth").exists()
        assert (found / "pkg_resources").is_dir()
        assert not (found / "pkg_resources" / "tests").exists()


def test_a_wheel_without_tests_is_put_there_as_it_is(tmp_path: Path) -> None:
    wheel = tmp_path / "two-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as content:
        content.writestr("two/__init__.py", "")
    wheels._unzip(wheel, tmp_path / "hub")
    assert [path.name for path in (tmp_path / "hub").iterdir()] == ["two"]


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What pip is asked, and what it says."""
    asked = SimpleNamespace(command=[], code=0, stderr="")

    def run(command: list[str], **options: Any) -> "subprocess.CompletedProcess[str]":
        asked.command = command
        assert options["capture_output"] is options["text"] is True
        return subprocess.CompletedProcess(command, asked.code, "", asked.stderr)

    monkeypatch.setattr(subprocess, "run", run)
    return asked


def test_the_registry_is_asked_only_where_no_folder_is_given(
    lists: Path, pip: SimpleNamespace, tmp_path: Path
) -> None:
    wheels.unpack(tmp_path / "vendor")
    assert pip.command[:4] == [sys.executable, "-m", "pip", "download"]
    assert "--no-index" not in pip.command
    wheels.unpack(tmp_path / "vendor", wheels=tmp_path)
    assert pip.command[-5:-2] == ["--no-index", "--find-links", str(tmp_path)]
    assert pip.command[-1] == str(lists / "hub.txt")
    assert "--require-hashes" in pip.command


@pytest.mark.parametrize("code", [1, -1, 2])
def test_of_what_pip_says_the_last_three_lines_are_told(
    lists: Path, pip: SimpleNamespace, tmp_path: Path, code: int
) -> None:
    pip.code, pip.stderr = code, "zero\none\n\ntwo\n  \nthree\n"
    with pytest.raises(ArchiveError) as caught:
        wheels.unpack(tmp_path / "vendor")
    said = str(caught.value)
    assert said.startswith("The packages of hub.txt could not be fetched: one two three. Check")
    assert "--wheels" in said


def test_a_python_without_pip_is_told_how_it_gets_one(
    lists: Path, pip: SimpleNamespace, tmp_path: Path
) -> None:
    pip.code, pip.stderr = 1, "/usr/bin/python: No module named pip"
    with pytest.raises(ArchiveError, match="`python -m ensurepip` adds it"):
        wheels.unpack(tmp_path / "vendor")


def test_what_pip_refuses_is_said_in_its_words(lists: Path, tmp_path: Path) -> None:
    (tmp_path / "carried" / "one-1.0-py3-none-any.whl").write_bytes(b"of other bytes")
    with pytest.raises(
        ArchiveError, match=r"hub\.txt could not be fetched: .*Expected sha256 .*Got"
    ):
        wheels.unpack(tmp_path / "vendor", wheels=tmp_path / "carried")
