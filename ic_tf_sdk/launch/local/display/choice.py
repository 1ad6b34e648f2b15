"""Which display fits where standard output leads."""

import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager

from ic_tf_sdk import extras
from ic_tf_sdk.launch.local.display.listener import Listener
from ic_tf_sdk.launch.local.display.plain import plain
from ic_tf_sdk.launch.local.display.terminal import terminal

__all__ = ["shown"]


def shown(
    on_line: Callable[[str], object] = print, on_warning: Callable[[str], object] | None = None
) -> AbstractContextManager[Listener]:
    """The display of a job, for as long as the context is open.

    Args:
        on_line: Called with each line, where standard output is no terminal that can be written
            over.
        on_warning: Likewise with each warning; by default a warning is a line as others.
    """
    if sys.stdout.isatty() and os.environ.get("TERM") != "dumb" and extras.has("rich"):
        return terminal()
    return plain(on_line, on_warning or on_line)
