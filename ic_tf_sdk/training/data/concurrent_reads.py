"""Reading many files at a time, in memory that does not grow with their number."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ic_tf_sdk.contract.phases import ignore

__all__ = ["read_each"]

# Opening files is waiting, not computing: threads hide a network disk's latency.
_THREADS = 16
# A pool takes a kilobyte for each call that waits.
_PORTION = 1024

_File = TypeVar("_File")
_Result = TypeVar("_Result")


def read_each(
    read: Callable[[_File], _Result],
    files: Sequence[_File],
    *,
    threads: int = _THREADS,
    advance: Callable[[int], object] = ignore,
) -> list[_Result]:
    """Call a function with each file.

    Args:
        read: The function; it may be called in any thread.
        files: The files, or what else names them.
        threads: How many calls run at a time.
        advance: Called with 1 after each result, in the caller's thread.

    Returns:
        What the calls returned, in the order of ``files``.
    """
    results = []
    with ThreadPoolExecutor(threads) as pool:
        for begin in range(0, len(files), _PORTION):
            for result in pool.map(read, files[begin : begin + _PORTION]):
                results.append(result)
                advance(1)
    return results
