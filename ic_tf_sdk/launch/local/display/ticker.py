"""A thread that calls a function again and again while the main one waits for a job."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

__all__ = ["ticking"]


@contextmanager
def ticking(call: Callable[[], object], seconds: float) -> Iterator[None]:
    """Call a function meanwhile.

    Args:
        call: The function. A terminal that is gone, which it may find, is no error.
        seconds: How long to wait between two calls.
    """
    over = threading.Event()

    def run() -> None:
        while not over.wait(seconds):
            with suppress(OSError):
                call()

    thread = threading.Thread(target=run, name="ic-tf-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
