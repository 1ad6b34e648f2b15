"""The cache holds whole folders or none, whatever happens while they are made."""

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from ic_tf_sdk.backbones import cache
from ic_tf_sdk.contract import scratch_folder
from ic_tf_sdk.errors import ArchiveError, DownloadError, StorageError


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def make(folder: Path) -> None:
    (folder / "content").write_text("whole")


def verify(folder: Path) -> None:
    if not (folder / "content").is_file() or (folder / "content").read_text() != "whole":
        raise ArchiveError("damaged")


def entries(root: Path) -> list[str]:
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*"))


def test_the_variable_or_else_the_systems_folder_is_the_cache(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cache.location() == root
    monkeypatch.delenv(cache.VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(root / "xdg"))
    if sys.platform == "linux":
        assert cache.location() == root / "xdg" / "ic-tf-sdk"
    assert cache.location().name == "ic-tf-sdk"


def test_a_folder_is_made_once(root: Path) -> None:
    calls = []

    def counted(folder: Path) -> None:
        calls.append(folder)
        make(folder)

    for _ in range(3):
        assert cache.cached_folder("a/b", counted, verify) == root / "a/b"
    assert len(calls) == 1
    assert entries(root) == ["a", "a/b", "a/b/content"]


@pytest.mark.parametrize("damage", ["half", None])
def test_a_damaged_folder_is_made_again(root: Path, damage: str | None) -> None:
    cache.cached_folder("a", make, verify)
    (root / "a" / "content").unlink()
    if damage is not None:
        (root / "a" / "content").write_text(damage)
    cache.cached_folder("a", make, verify)
    verify(root / "a")
    assert entries(root) == ["a", "a/content"]


def test_nothing_is_left_of_a_folder_that_could_not_be_made(root: Path) -> None:
    def broken(folder: Path) -> None:
        make(folder)
        raise ArchiveError("the checkpoint is damaged")

    with pytest.raises(ArchiveError, match="the checkpoint is damaged"):
        cache.cached_folder("a", broken, verify)
    assert entries(root) == []


def test_a_download_that_fails_says_so_itself(root: Path) -> None:
    def refused(_: Path) -> None:
        raise DownloadError("the host refused it; ask again later")

    with pytest.raises(DownloadError) as caught:
        cache.cached_folder("a", refused, verify)
    assert str(caught.value) == "the host refused it; ask again later"


def test_what_another_process_put_there_meanwhile_is_kept(root: Path) -> None:
    def meanwhile(folder: Path) -> None:
        make(folder)
        cache.cached_folder("a", make, verify)
        (root / "a" / "of the other").touch()

    cache.cached_folder("a", meanwhile, verify)
    assert entries(root) == ["a", "a/content", "a/of the other"]


def test_a_cache_that_cannot_be_written_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "file" / "cache"))
    with pytest.raises(StorageError, match=r"cannot be written: Not a directory.*IC_TF_SDK_CACHE"):
        cache.cached_folder("a", make, verify)


def test_a_full_disk_is_a_sentence_and_leaves_nothing(root: Path) -> None:
    def large(folder: Path) -> None:
        (folder / "content").write_bytes(b"x" * 100_000)

    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16 << 10, hard))
    try:
        with pytest.raises(StorageError, match="Free some space"):
            cache.cached_folder("a", large, verify)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    assert entries(root) == []


KILLED = """
import os, signal
from ic_tf_sdk.backbones import cache

def make(folder):
    (folder / "content").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)

cache.cached_folder("a", make, lambda _: None)
"""


def test_what_killed_processes_left_is_removed_and_what_others_make_is_not(root: Path) -> None:
    subprocess.run([sys.executable, "-c", KILLED], check=False)
    [abandoned] = root.iterdir()
    with scratch_folder.beside(root / "a") as fresh:
        assert not abandoned.exists()
        cache.cached_folder("a", make, verify)
        assert fresh.exists()
    assert entries(root) == ["a", "a/content"]


RACE = """
import sys, time
from pathlib import Path
from ic_tf_sdk.backbones import cache
from tests.backbones.test_cache import verify

def make(folder):
    print("making", flush=True)
    while not Path(sys.argv[1]).exists():
        time.sleep(0.01)
    (folder / "content").write_text("whole")

verify(cache.cached_folder("a", make, verify))
"""


@pytest.mark.parametrize("damaged", [False, True])
def test_two_processes_at_once_both_get_a_whole_folder(
    root: Path, tmp_path: Path, damaged: bool
) -> None:
    if damaged:
        (root / "a").mkdir(parents=True)
        (root / "a" / "content").write_text("half")
    all_make = tmp_path / "all make it"
    command = [sys.executable, "-c", RACE, str(all_make)]
    racers = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    # However late one of them started, none has made it before.
    assert [racer.stdout.readline() for racer in racers if racer.stdout] == ["making\n"] * 4
    all_make.touch()
    assert [racer.communicate(timeout=60)[0] for racer in racers] == [""] * 4
    assert [racer.returncode for racer in racers] == [0] * 4
    assert entries(root) == ["a", "a/content"]
    verify(root / "a")
