"""Many files are read at a time, in order, in memory that their number hardly moves."""

import threading
import time
import tracemalloc

import pytest

from ic_tf_sdk.training.data.concurrent_reads import read_each, scan_each


@pytest.mark.parametrize("count", [0, 1, 1024, 2500])
def test_each_result_stands_where_its_file_stood(count: int) -> None:
    advanced: list[int] = []
    found = read_each(lambda row: row * 2, range(count), advance=advanced.append)
    assert found == [row * 2 for row in range(count)]
    # How far it is is said file by file.
    assert advanced == [1] * count


def test_several_files_are_read_at_once() -> None:
    # Passes only when four threads wait at the same time.
    together = threading.Barrier(4, timeout=30)
    assert len(read_each(lambda _: together.wait(), range(4))) == 4


def test_a_readers_error_is_the_callers() -> None:
    def read(row: int) -> int:
        if row == 1500:
            raise OSError("gone")
        return row

    with pytest.raises(OSError, match="gone"):
        read_each(read, range(3000))


def test_waiting_calls_do_not_pile_up() -> None:
    tracemalloc.start()
    try:
        read_each(lambda _: None, range(30_000))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # A result is 8 bytes; 30,000 waiting calls would be 40 MB.
    assert peak < 5_000_000


@pytest.mark.parametrize("count", [0, 1, 32, 33, 2500])
def test_each_headers_place_is_its_files(count: int) -> None:
    told: list[int] = []
    found = scan_each(lambda row: row * 2, range(count), advance=told.append)
    assert found == [row * 2 for row in range(count)]
    assert sum(told) == count


def test_files_at_hand_are_scanned_in_the_callers_thread() -> None:
    def read(_: int) -> int:
        until = time.thread_time() + 0.00002
        while time.thread_time() < until:
            pass
        return threading.get_ident()

    # A busy machine can look as if files were waited for, but not so often.
    threads = [scan_each(read, range(40)) for _ in range(20)]
    assert [threading.get_ident()] * 40 in threads


def test_files_that_are_waited_for_are_scanned_at_once() -> None:
    # Passes only when four threads wait at the same time, after the file that took long.
    together = threading.Barrier(4, timeout=30)

    def read(row: int) -> bool:
        if row == 0:
            time.sleep(0.1)
        else:
            together.wait()
        return threading.current_thread() is threading.main_thread()

    told: list[int] = []
    assert scan_each(read, range(5), advance=told.append) == [True, False, False, False, False]
    assert sum(told) == 5


def test_a_scanners_error_is_the_callers() -> None:
    def read(row: int) -> None:
        if row == 20:
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        scan_each(read, range(30))
