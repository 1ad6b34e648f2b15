"""Many files are read at a time, in order, in memory that their number hardly moves."""

import threading
import tracemalloc

import pytest

from ic_tf_sdk.training.data.concurrent_reads import read_each


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
