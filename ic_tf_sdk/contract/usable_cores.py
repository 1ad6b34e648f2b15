"""The processor's cores that this process may use."""

import os
import sys

__all__ = ["usable_cores"]


def usable_cores() -> int:
    """Their number; the machine's where the system does not say which are this process's."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
