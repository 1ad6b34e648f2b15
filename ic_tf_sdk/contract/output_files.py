"""Files and folders that are complete under their name, or not there at all."""

import json
import math
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ic_tf_sdk.errors import OutputExistsError

__all__ = [
    "LABELS_FILE",
    "check_empty",
    "label_index",
    "publish",
    "replacing",
    "valid_text",
    "write_json",
    "write_text",
]

LABELS_FILE = "class_label_to_prediction_index.json"
"""Class name -> index, beside the SavedModel, as AWS's algorithm writes it."""


@contextmanager
def replacing(target: Path, *, durable: bool = False) -> Iterator[Path]:
    """Write a file or a folder that appears under its name in one step, when it is complete.

    The path to write to lies in a folder that this call makes beside the target: nobody else can
    foresee its name or open it, and two processes that write the same target never share it. What
    is written there has the mode of the umask, as any other file. After an error, nothing is left.

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
    # The dot keeps it out of every listing, also of one that S3 has kept after a killed process.
    prefix = f".{target.name[:100]}-"
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=prefix) as private:
        path = Path(private) / target.name
        yield path
        if durable:
            with path.open("rb+") as stream:
                os.fsync(stream.fileno())
        path.replace(target)


def check_empty(folder: Path) -> None:
    """Refuse to write into a model folder that holds something.

    Raises:
        OutputExistsError: It does.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise OutputExistsError(f"The model folder {folder} is not empty; give another one.")


def publish(folder: Path, write: Callable[[Path], None]) -> None:
    """Fill a model folder in one step.

    Args:
        folder: Created if need be; it may exist, empty, as in a container.
        write: Writes all content into the folder it is given; if it raises, nothing appears.
    """
    folder.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        write(temporary)
        # The folder itself may be a mount point that cannot be replaced, but its entries can.
        for path in sorted(temporary.iterdir()):
            shutil.move(path, folder / path.name)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


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
