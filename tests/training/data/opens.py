"""What happens to the files of a folder, whoever opens them: Linux's inotify counts."""

import contextlib
import ctypes
import os
import struct
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

_OPEN, _CHANGED, _IS_FOLDER = 0x20, 0x02 | 0x04 | 0x40 | 0x80 | 0x100 | 0x200, 0x40000000
# Linux makes one event of an event and the same one before it: a file opened twice, with no
# other file between, would count once. Its closing, asked for and passed over, stands between.
_CLOSED = 0x08 | 0x10


@dataclass
class Watched:
    """Relative path -> how often; complete when the context ends.

    Attributes:
        opens: Of files; listing a folder is not counted.
        changes: Of files and folders: made, written to, renamed, removed, given other rights.
    """

    opens: Counter[str] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)


@contextlib.contextmanager
def watched(folder: Path) -> Iterator[Watched]:
    """Count what happens below a folder."""
    libc = ctypes.CDLL(None, use_errno=True)
    queue = libc.inotify_init1(os.O_NONBLOCK)
    assert queue >= 0, os.strerror(ctypes.get_errno())
    places = {}
    for place in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        watch = libc.inotify_add_watch(queue, os.fsencode(place), _OPEN | _CLOSED | _CHANGED)
        places[watch] = place
    found = Watched()
    try:
        yield found
        for watch, mask, name in _events(queue):
            path = (places[watch] / name).relative_to(folder).as_posix()
            if mask & _CHANGED:
                found.changes[path] += 1
            elif mask & _OPEN and not mask & _IS_FOLDER:
                found.opens[path] += 1
    finally:
        os.close(queue)


def _events(queue: int) -> Iterator[tuple[int, int, str]]:
    """The watch, the mask and the name of each event that waits."""
    with contextlib.suppress(BlockingIOError):
        while data := os.read(queue, 1 << 20):
            position = 0
            while position < len(data):
                watch, mask, _, length = struct.unpack_from("iIII", data, position)
                name = data[position + 16 : position + 16 + length].rstrip(b"\0")
                position += 16 + length
                yield watch, mask, os.fsdecode(name)
