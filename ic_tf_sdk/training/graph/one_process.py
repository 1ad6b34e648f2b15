"""TensorFlow works in the process that began to use it, and in none that was forked off later.

Its threads are not copied with the memory: what a forked child asks of it waits for them for ever.
"""

import os

from ic_tf_sdk.errors import UserError

__all__ = ["check"]

_first: list[int] = []


def check() -> None:
    """Note the process that uses TensorFlow; to be called before each use that may be the first.

    Raises:
        UserError: This process was forked off one that had used it.
    """
    process = os.getpid()
    if not _first:
        _first.append(process)
    if _first[0] != process:
        raise UserError(
            f"Process {process} was forked off process {_first[0]}, which had loaded a model: "
            "TensorFlow would not answer here. Start processes by "
            "multiprocessing.get_context('spawn'), or load the first model after the fork."
        )
