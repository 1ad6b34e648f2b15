"""No scratch folder outlives its process for good, and none of a living one is taken."""

import errno
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ic_tf_sdk.contract import file_lock, output_files, scratch_folder

HOLDER = """
import sys, time
from pathlib import Path
from ic_tf_sdk.contract import output_files, scratch_folder
with scratch_folder.scratch_folder("job") as one, output_files.replacing(Path(sys.argv[1])) as two:
    (one / "cache").write_bytes(b"x" * 1000)
    two.write_text("half")
    print("ready", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    import tempfile

    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def test_a_scratch_folder_is_empty_and_goes_at_the_end(temporary: Path) -> None:
    with scratch_folder.scratch_folder("job") as folder:
        assert list(folder.iterdir()) == []
        (folder / "a").write_text("x")
        assert temporary in folder.parents
    assert list(temporary.iterdir()) == []


def test_a_scratch_folder_lies_where_it_is_told_to(temporary: Path, tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    with scratch_folder.scratch_folder("job", parent=tmp_path / "here") as folder:
        assert tmp_path / "here" in folder.parents
        assert list(temporary.iterdir()) == []
    assert list((tmp_path / "here").iterdir()) == []


def test_what_a_killed_process_left_goes_with_the_next_start(
    temporary: Path, tmp_path: Path
) -> None:
    target = tmp_path / "a.txt"
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(target)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    scratch_folder.sweep()
    output_files.write_text(tmp_path / "b.txt", "y")
    # It lives: nothing of it was taken.
    assert len(list(temporary.iterdir())) == 1
    assert len(list(tmp_path.glob(".a.txt-*"))) == 1
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with scratch_folder.scratch_folder("model"):
        assert len(list(temporary.iterdir())) == 1
    output_files.write_text(tmp_path / "b.txt", "y")
    assert {path.name for path in tmp_path.iterdir()} == {"tmp", "b.txt"}


def test_folders_and_links_of_others_stay(temporary: Path, tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / ".ic-tf-lock").touch()
    (tmp_path / "precious" / "a").touch()
    (temporary / "ic-tf-job-abcdefgh").symlink_to(tmp_path / "precious")
    (temporary / "ic-tf-job-abcdefg1").mkdir()
    (temporary / "ic-tf-job-abcdefg1" / "without a lock").touch()
    (temporary / "ic-tf-jobs").mkdir()
    scratch_folder.sweep()
    assert len(list(temporary.iterdir())) == 3
    assert (tmp_path / "precious" / "a").exists()


def test_an_empty_folder_without_a_lock_goes(temporary: Path) -> None:
    """Of a process that was killed before it could lock, or while it removed the folder."""
    (temporary / "ic-tf-job-abcdefgh").mkdir()
    scratch_folder.sweep()
    assert list(temporary.iterdir()) == []


def test_who_loses_a_folder_before_it_could_lock_makes_another(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    acquire, swept = file_lock.acquire, []

    def too_late(path: Path) -> int | None:
        if not swept:
            swept.append(path.parent)
            scratch_folder.sweep()
        return acquire(path)

    monkeypatch.setattr(file_lock, "acquire", too_late)
    with scratch_folder.scratch_folder("job") as folder:
        assert not swept[0].exists()
        assert folder.is_dir()
    assert list(temporary.iterdir()) == []


def test_a_folder_is_removed_before_its_lock(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill in the middle of the removal leaves nothing that nobody would find."""
    removed: list[str] = []
    rmtree = shutil.rmtree

    def noted(path: Path, **named: object) -> None:
        removed.append(f"{path.name}, locked: {bool(list(temporary.glob('*/.ic-tf-lock')))}")
        rmtree(path, **named)

    monkeypatch.setattr(shutil, "rmtree", noted)
    with scratch_folder.scratch_folder("job"):
        pass
    assert removed[0] == "content, locked: True"
    assert list(temporary.iterdir()) == []


def test_a_folder_that_somebody_fills_meanwhile_is_found_by_the_next_sweep(
    temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A child that is about to end may still write there."""
    rmtree = shutil.rmtree

    def filled(path: Path, **named: object) -> None:
        raise OSError(errno.ENOTEMPTY, "Directory not empty")

    monkeypatch.setattr(shutil, "rmtree", filled)
    with scratch_folder.scratch_folder("job"):
        pass
    assert len(list(temporary.iterdir())) == 1
    monkeypatch.setattr(shutil, "rmtree", rmtree)
    scratch_folder.sweep()
    assert list(temporary.iterdir()) == []


def test_a_lock_is_held_until_the_last_process_that_has_it_ends(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    lock = file_lock.acquire(path)
    assert lock is not None
    assert file_lock.acquire(path) is None
    child = subprocess.Popen(["sleep", "600"], pass_fds=[lock])
    os.close(lock)
    assert file_lock.acquire(path) is None
    child.kill()
    child.wait()
    again = file_lock.acquire(path)
    assert again is not None
    os.close(again)


def test_a_file_that_was_removed_under_the_lock_is_not_locked(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    assert file_lock.acquire_existing(path) is None
    lock = file_lock.acquire(path)
    assert lock is not None
    path.unlink()
    again = file_lock.acquire(path)
    assert again is not None
    os.close(lock)
    os.close(again)


def test_only_this_user_can_read_what_is_under_way(temporary: Path) -> None:
    before = os.umask(0)
    try:
        with scratch_folder.scratch_folder("job") as folder:
            [lock] = [path for path in folder.parent.iterdir() if path.is_file()]
            assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700
            assert stat.S_IMODE(lock.stat().st_mode) == 0o600
    finally:
        os.umask(before)
