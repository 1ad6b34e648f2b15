"""In the child process: run a module's ``main``, and end when the parent has ended."""

import importlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, NoReturn

__all__ = ["run"]

# What a child has to finish its step and to save; then nothing may stay of it.
_GRACE_SECONDS = 120
_SECONDS_BETWEEN_LOOKS = 2


def run(module: str) -> NoReturn:
    """Run a module's ``main`` while the parent lives, and end the process with what it returns.

    Args:
        module: Its full name. Where it has a ``leave``, that takes the code and ends the process.
    """
    threading.Thread(target=_watch, args=(os.getppid(),), daemon=True).start()
    found = importlib.import_module(module)
    leave: Callable[[Any], NoReturn] = getattr(found, "leave", sys.exit)
    leave(found.main())


def _watch(parent: int) -> None:
    """Wait until the pipe on standard input closes, and let this process end as by SIGTERM."""
    while not _closed() and os.getppid() == parent:
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_GRACE_SECONDS)
    os._exit(128 + signal.SIGTERM)


def _closed() -> bool:
    """Whether the pipe has closed; on Windows it returns when it has."""
    if sys.platform != "win32":
        import select

        # A process that the parent forked holds the pipe open, too: hence the look at the parent.
        if not select.select([0], [], [], _SECONDS_BETWEEN_LOOKS)[0]:
            return False
    return not os.read(0, 1024)
