"""Arrays in files: room is made before they are used, and their pages do not stay in memory."""

import os
import resource
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ic_tf_sdk.errors import StorageError
from ic_tf_sdk.training.feed import mapped_array


def test_a_mapped_array_holds_what_is_written_also_after_its_pages_are_let_go(
    tmp_path: Path,
) -> None:
    array = mapped_array.create(tmp_path / "a", (3, 4))
    assert not array.any()
    array[1] = [1, 2, 3, 4]
    mapped_array.release(array)
    np.testing.assert_array_equal(array[1], [1, 2, 3, 4])
    mapped_array.release(np.zeros(3, np.float32))


@pytest.mark.parametrize("has_call", [True, False])
def test_a_file_has_the_size_of_its_array_and_its_room_where_the_system_makes_it(
    tmp_path: Path, has_call: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not hasattr(os, "posix_fallocate"):
        pytest.skip("this system makes no room beforehand")
    if not has_call:
        monkeypatch.delattr(os, "posix_fallocate")
    array = mapped_array.create(tmp_path / "a", (100, 4096))
    status = (tmp_path / "a").stat()
    assert status.st_size == array.nbytes == 4 * 100 * 4096
    # Nothing was written: what is there of the disk, was made for it.
    assert (status.st_blocks * 512 >= array.nbytes) is has_call
    assert array.dtype == np.float32
    with pytest.raises(FileExistsError):
        mapped_array.create(tmp_path / "a", (1,))


def test_an_array_in_a_file_is_told_from_one_in_memory(tmp_path: Path) -> None:
    array = mapped_array.create(tmp_path / "a", (4, 8))
    assert mapped_array.is_mapped(array)
    assert mapped_array.is_mapped(array[1:][:, 2:])
    assert not mapped_array.is_mapped(np.array(array))
    assert not mapped_array.is_mapped(np.zeros((4, 8), np.float32)[1:])


@pytest.mark.parametrize(
    "part", [lambda array: array, lambda array: array[:][:64]], ids=["whole", "a part"]
)
def test_a_released_array_leaves_the_process_as_small_as_it_was(
    tmp_path: Path, part: Callable[[np.ndarray], np.ndarray]
) -> None:
    array = mapped_array.create(tmp_path / "a", (64, 1 << 20))
    page, pages = os.sysconf("SC_PAGE_SIZE"), Path("/proc/self/statm")
    if not pages.exists():
        pytest.skip("only Linux tells the size of a process in /proc")

    def resident() -> int:
        return int(pages.read_text().split()[1]) * page

    before = resident()
    array[:] = 1.0
    assert resident() - before > 200 << 20
    # What a job holds is a part: a host's own rows.
    mapped_array.release(part(array))
    assert resident() - before < 64 << 20


def test_a_disk_without_room_is_an_error_before_anything_is_written(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The kernel refuses larger files with EFBIG, as a full disk does with ENOSPC.
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, hard))
    try:
        with pytest.raises(StorageError, match=r"no room for 0\.2 GiB of temporary data"):
            mapped_array.create(tmp_path / "a", (50, 1 << 20))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert not list(tmp_path.iterdir())
