"""The rows of a batch prediction that is under way: in ``<out>.partial``, written by one process.

The first line says which model predicts. Each row stands in a line of its own, behind the state of
its image when it was read and a checksum: what was damaged, and what is of an image that was
replaced, is predicted again.
"""

import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from ic_tf_sdk.contract import file_access, file_lock
from ic_tf_sdk.errors import UserError

__all__ = ["PartialRows", "Row", "held"]

Row = dict[str, Any]
"""``image`` with ``probabilities``, ``labels`` and ``predicted_label``, or with ``error``."""

_CHECKSUM = 8


class PartialRows:
    """The file, open and locked.

    Args:
        stream: It, behind its first line.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        # Image -> the state that it was read in, and where its line begins; of two the later one.
        self._lines: dict[str, tuple[object, int]] = {}
        self._end = stream.tell()
        self._read_lines()

    def holds(self, image: str, state: Callable[[], str]) -> bool:
        """Whether there is a row of an image as it is now.

        Args:
            image: Its name.
            state: Returns what changes when it is replaced.

        Raises:
            OSError: As ``state`` raises it.
        """
        return image in self._lines and self._lines[image][0] == state()

    def add(self, row: Row, state: str | None) -> None:
        """Write a row down, so that it is there also if the process is killed.

        Args:
            row: The row.
            state: The image's state when it was read; None if it is to be read again in any case.
        """
        # ASCII: a name may be no valid UTF-8, or hold what Python takes for a line's end.
        text = json.dumps([state, row]).encode()
        self._stream.seek(self._end)
        self._stream.write(b"%08x" % zlib.crc32(text) + text + b"\n")
        self._stream.flush()
        self._lines[row["image"]] = (state, self._end)
        self._end = self._stream.tell()

    def rows(self, images: Iterable[str]) -> Iterator[Row]:
        """The rows of images, each of which has one, in the order of the images."""
        for image in images:
            self._stream.seek(self._lines[image][1])
            line = _parsed(self._stream.readline())
            # Nobody else writes: the lock is held.
            assert line is not None
            yield line[1]

    def _read_lines(self) -> None:
        start = self._end
        for line in self._stream:
            # One that was being written when the run was killed is written over.
            if not line.endswith(b"\n"):
                break
            parsed = _parsed(line)
            if parsed is not None:
                self._lines[parsed[1]["image"]] = (parsed[0], start)
            start += len(line)
        self._end = start
        self._stream.truncate(start)


def _parsed(line: bytes) -> tuple[object, Row] | None:
    """The state and the row of a line; None of one that is not as it was written."""
    checksum, text = line[:_CHECKSUM], line[_CHECKSUM:].rstrip(b"\n")
    if checksum != b"%08x" % zlib.crc32(text):
        return None
    state, row = json.loads(text)
    return state, row


@contextmanager
def held(target: Path, fingerprint: str) -> Iterator[PartialRows]:
    """The rows of an output: those of an interrupted run, or none yet; removed at the end.

    Args:
        target: The output; the rows lie beside it. Its folder is made.
        fingerprint: Tells the model from others.

    Raises:
        OutputExistsError: The output is there, which another run has just completed.
        UserError: Another run is writing it, or the rows are of another model.
        OSError: The rows cannot be written; after this and any other error they stay.
    """
    partial = target.with_name(f"{target.name}.partial")
    partial.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(partial) and (partial.is_symlink() or not partial.is_file()):
        raise UserError(f"{partial} is no file of rows; remove it, or give another --out.")
    lock = file_lock.acquire(partial)
    # Whoever held the lock until a moment ago has written the output.
    _check_free(target, partial, lock)
    assert lock is not None
    with os.fdopen(lock, "rb+") as stream:
        _check_head(stream, json.dumps({"model": fingerprint}).encode() + b"\n", partial)
        yield PartialRows(stream)
        partial.unlink()


def _check_free(target: Path, partial: Path, lock: int | None) -> None:
    try:
        file_access.require_writable(target)
    except BaseException:
        if lock is not None:
            os.close(lock)
        raise
    if lock is None:
        raise UserError(
            f"Another run is writing {target}: {partial.name} is in use. Wait until it has ended, "
            "or give another --out."
        )


def _check_head(stream: BinaryIO, head: bytes, partial: Path) -> None:
    there = stream.readline(len(head))
    if there == head:
        return
    # Killed before it could write the whole line, the end of which it lacks: there is no row.
    if not head.startswith(there):
        raise UserError(
            f"{partial} is the partial output of another model, or damaged; delete it, or give "
            "another --out."
        )
    stream.seek(0)
    stream.truncate()
    stream.write(head)
    stream.flush()
