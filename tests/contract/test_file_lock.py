"""A lock is held by one at a time, and where there are none everything goes on."""

import errno
import importlib.util
import os
import sys
import threading
from pathlib import Path
from types import ModuleType

import pytest

from ic_tf_sdk.contract import file_lock


@pytest.fixture
def without_locks(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The module as Windows has it."""
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.delattr(os, "O_NOFOLLOW")
    spec = importlib.util.spec_from_file_location("file_lock_of_windows", file_lock.__file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_block_waits_for_the_one_before(tmp_path: Path) -> None:
    order: list[str] = []
    entered = threading.Event()

    def second() -> None:
        entered.set()
        with file_lock.one_at_a_time(tmp_path):
            order.append("second")

    with file_lock.one_at_a_time(tmp_path):
        thread = threading.Thread(target=second)
        thread.start()
        entered.wait()
        thread.join(0.3)
        order.append("first")
    thread.join(20)
    assert order == ["first", "second"]
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError), file_lock.one_at_a_time(tmp_path / "missing"):
        pass


def test_a_system_without_locks_locks_nothing_and_goes_on(
    without_locks: ModuleType, tmp_path: Path
) -> None:
    assert file_lock.SUPPORTED
    assert not without_locks.SUPPORTED
    # Of no folder at all: nothing is opened.
    with without_locks.one_at_a_time(tmp_path / "missing"):
        pass
    locks = [without_locks.acquire(tmp_path / "lock") for _ in range(2)]
    assert None not in locks
    for lock in locks:
        assert os.write(lock, b"x") == 1
        os.close(lock)


def test_on_a_disk_without_locks_work_goes_on_and_nothing_of_others_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(file_lock.fcntl, "flock", refused)
    lock = file_lock.acquire(tmp_path / "lock")
    assert lock is not None
    os.close(lock)
    # Whoever made it may live.
    assert file_lock.acquire_existing(tmp_path / "lock") is None
    with file_lock.one_at_a_time(tmp_path):
        pass


def test_a_planted_link_is_no_lock(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    (tmp_path / "lock").symlink_to("precious")
    with pytest.raises(OSError, match="symbolic links"):
        file_lock.acquire(tmp_path / "lock")
    assert file_lock.acquire_existing(tmp_path / "lock") is None
