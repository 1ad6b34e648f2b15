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
_Found = TypeVar("_Found")


def read_each(read: Callable[[_File], _Found], files: Sequence[_File]) -> list[_Found]:
    """Call a function with each file.

    Args:
        read: May be called in any thread.
        files: Or what else names them.

    Returns:
        What it returned, in the order of ``files``.
    """
    with ThreadPoolExecutor(_THREADS) as threads:
        return [
            found
            for begin in range(0, len(files), _PORTION)
            for found in threads.map(read, files[begin : begin + _PORTION])
        ]
