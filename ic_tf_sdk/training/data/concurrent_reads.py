"""Reading many files, those that are waited for at a time, in memory that does not grow."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ic_tf_sdk.contract.phases import ignore

__all__ = ["read_each", "scan_each"]

# Opening files is waiting, not computing: threads hide a network disk's latency.
_THREADS = 16
# A pool takes a kilobyte for each call that waits.
_PORTION = 1024
# What threads take to start, and a busy machine takes away now and then.
_PATIENCE_SECONDS = 0.02

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


def scan_each(
    read: Callable[[_File], _Result],
    files: Sequence[_File],
    *,
    advance: Callable[[int], object] = ignore,
) -> list[_Result]:
    """Call a function that computes little with each file, as a header's.

    In the caller's thread while the files are at hand: threads take the interpreter from each other
    at every read, and need three times as long. Once calls have waited longer than they computed,
    as for a network disk, many run at a time.

    Args:
        read: The function; it may be called in any thread.
        files: The files, or what else names them.
        advance: Called with 1 after each result, in the caller's thread.

    Returns:
        What the calls returned, in the order of ``files``.
    """
    results: list[_Result] = []
    started, before = time.perf_counter(), time.thread_time()
    for file in files:
        results.append(read(file))
        advance(1)
        computed = time.thread_time() - before
        if time.perf_counter() - started > 2 * computed + _PATIENCE_SECONDS:
            return results + read_each(read, files[len(results) :], advance=advance)
    return results
