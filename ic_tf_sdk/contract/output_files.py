"""What a job leaves behind: the model folder, complete or not at all."""

import json
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from ic_tf_sdk.errors import OutputExistsError

__all__ = [
    "LABELS_FILE",
    "check_empty",
    "label_index",
    "publish",
    "write_json",
    "write_text",
]

LABELS_FILE = "class_label_to_prediction_index.json"
"""Class name -> index, beside the SavedModel, as AWS's algorithm writes it."""


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
    """Write a value as readable JSON, in one step."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8, in one step; what is no valid text, as a file's name may be, escaped."""
    temporary = path.with_name(f".{path.name}.tmp")
    temporary.write_text(text, encoding="utf-8", errors="backslashreplace")
    temporary.replace(path)


def label_index(labels: tuple[str, ...]) -> dict[str, int]:
    """Class name -> class index."""
    return {label: index for index, label in enumerate(labels)}
