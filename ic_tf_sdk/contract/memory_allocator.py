"""How a process that trains takes its memory from the system.

TensorFlow takes and frees megabytes for each operation. glibc gives such blocks back to the system
at once, which clears each page anew when it is taken again: on some machines a fifth to a half of
the processor time of a training. It reads its settings when a process starts.
"""

import os
import re
import sys
from collections.abc import Mapping

__all__ = ["OFF", "SWITCH", "restart", "variables"]

SWITCH = "IC_TF_SDK_ALLOCATOR"
"""With ``OFF`` in it, everything stays as the system has it."""

OFF = "off"

# One heap for all threads, from which nothing is given back: blocks are used again. Not with large
# pages: to clear them took a short training longer than the faults that they spare.
_HEAP = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": str(16 << 30),
    "MALLOC_TOP_PAD_": str(256 << 20),
}
_TUNABLES = "GLIBC_TUNABLES"


def variables(environment: Mapping[str, str], *, libc: str | None = None) -> dict[str, str]:
    """What to add to the environment of a process that trains, before it starts.

    Nothing where the user has chosen: by ``SWITCH``, by a variable of glibc's allocator, or by
    another allocator that is loaded first. Nothing on musl, macOS and Windows.

    Args:
        environment: The process's.
        libc: The C library and its version, ``"glibc 2.36"``; None asks the system.
    """
    glibc = re.fullmatch(r"glibc [\d.]+", _libc() if libc is None else libc)
    return {} if glibc is None or _is_chosen(environment) else dict(_HEAP)


def restart() -> None:
    """Start this process anew with ``variables``; it goes on where there are none to add.

    Only for a process that has done nothing yet. It keeps its number, its files and its signals.
    The one that starts finds the variables set, so that it goes on.
    """
    added = variables(os.environ)
    if not added or not sys.executable:
        return
    # What cannot be started anew trains all the same.
    command = [sys.executable, *sys.orig_argv[1:]]
    try:
        os.execve(sys.executable, command, {**os.environ, **added})  # noqa: S606
    except OSError:
        return


def _is_chosen(environment: Mapping[str, str]) -> bool:
    if environment.get(SWITCH) == OFF or "LD_PRELOAD" in environment:
        return True
    own = any(name.startswith("MALLOC_") for name in environment)
    return own or "glibc.malloc." in environment.get(_TUNABLES, "")


def _libc() -> str:
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    # Not every system knows the question.
    except (AttributeError, OSError, ValueError):
        return ""
