"""How much memory this process may take."""

import os
from pathlib import Path

__all__ = ["granted"]

# What the system grants the container that this process runs in, in version 2 and 1 of its files.
_GRANTED = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")


def granted() -> int:
    """Bytes of memory: the machine's, or fewer where it runs in a container that has fewer."""
    sizes = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for path in map(Path, _GRANTED):
        # Where nothing is granted "max" stands there, or nothing at all.
        text = path.read_text().strip() if path.is_file() else ""
        sizes += [int(text)] if text.isdigit() else []
    return min(sizes)
