"""Reading many files at a time, in memory that does not grow with their number."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

__all__ = ["read_each"]

# Opening files is waiting, not computing: threads hide a network disk's latency.
_THREADS = 16
# A pool takes a kilobyte for each call that waits.
_PORTION = 1024

_File = TypeVar("_File")
_Result = TypeVar("_Result")


def read_each(
    read: Callable[[_File], _Result], files: Sequence[_File], *, threads: int = _THREADS
) -> list[_Result]:
    """Call a function with each file.

    Args:
        read: The function; it may be called in any thread.
        files: The files, or what else names them.
        threads: How many calls run at a time.

    Returns:
        What the calls returned, in the order of ``files``.
    """
    with ThreadPoolExecutor(threads) as pool:
        return [
            result
            for begin in range(0, len(files), _PORTION)
            for result in pool.map(read, files[begin : begin + _PORTION])
        ]
