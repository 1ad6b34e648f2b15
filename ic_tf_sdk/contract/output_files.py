"""Files and folders that are complete under their name, or not there at all."""

import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ic_tf_sdk.contract import scratch_folder

__all__ = [
    "LABELS_FILE",
    "REPORT_FILE",
    "label_index",
    "replacing",
    "valid_text",
    "write_json",
    "write_text",
]

LABELS_FILE = "class_label_to_prediction_index.json"
"""Class name -> index, beside the SavedModel, as AWS's algorithm writes it."""

REPORT_FILE = "report.html"
"""A job's result for a browser, in its output data."""


@contextmanager
def replacing(target: Path, *, durable: bool = False) -> Iterator[Path]:
    """Write a file or a folder that appears under its name in one step, when it is complete.

    The path to write to lies in a folder that this call makes beside the target: nobody else can
    foresee its name or open it, and two processes that write the same target never share it. What
    is written there has the mode of the umask, as any other file. After an error nothing is left;
    what a killed process left goes when something is written beside it again.

    Args:
        target: The path that appears. A file is replaced, a link too, and an empty folder by a
            folder. Its parent folder exists.
        durable: Whether a file's bytes reach the disk before it gets its name, so that it is whole
            also after a loss of power.

    Yields:
        The path to write to; it has the target's file name.

    Raises:
        OSError: It cannot be written, as on a full disk.
    """
    with scratch_folder.beside(target) as private:
        path = private / target.name
        yield path
        if durable:
            with path.open("rb+") as stream:
                os.fsync(stream.fileno())
        path.replace(target)


def write_json(path: Path, value: object) -> None:
    """Write a value as readable JSON, in one step.

    Args:
        path: The file.
        value: What JSON can hold; a float that is nan or infinite, which JSON does not know, is
            written as ``null``.
    """
    text = json.dumps(_known_to_json(value), indent=2, ensure_ascii=False, allow_nan=False)
    write_text(path, text + "\n")


def _known_to_json(value: object) -> object:
    if isinstance(value, dict):
        return {name: _known_to_json(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_known_to_json(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8, in one step; what is no valid text, as a file's name may be, escaped."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")


def valid_text(text: str) -> str:
    r"""Text that UTF-8 can hold: of a file's name, bytes that are no UTF-8 become ``\udcNN``.

    Inside of JSON that is an escape, which gives Python the file's name again.

    Args:
        text: Any text, as Python made it of names on disk.
    """
    return text.encode(errors="backslashreplace").decode()


def label_index(labels: tuple[str, ...]) -> dict[str, int]:
    """Class name -> class index."""
    return {label: index for index, label in enumerate(labels)}
