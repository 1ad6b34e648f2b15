"""The labels of a model archive: text, and the same wherever they are recorded."""

import json
from pathlib import Path
from typing import Any

from ic_tf_sdk.contract import archive, regular_file
from ic_tf_sdk.contract.model_info import FILE_NAME, ModelInfo
from ic_tf_sdk.contract.output_files import LABELS_FILE, label_index
from ic_tf_sdk.errors import ArchiveError

__all__ = ["LABELS_ASSET", "check_same", "read", "read_list"]

LABELS_ASSET = "labels.json"
"""File name of the label list among a SavedModel's assets: a JSON array in class order."""


def read(
    root: Path, saved_model: Path, info: ModelInfo | None, name: Path
) -> tuple[str, ...] | None:
    """The labels of an unpacked archive.

    Args:
        root: The folder that holds the description and the label index, where there are any.
        saved_model: The SavedModel's folder; one that this package wrote has its labels inside.
        info: The description.
        name: The path that the user gave, for the message.

    Returns:
        Class names by class index; None where none are recorded.

    Raises:
        ArchiveError: They cannot be read, or two places contradict each other.
    """
    recorded = info.fine_tuning.labels if info and info.fine_tuning else None
    index, asset = root / LABELS_FILE, saved_model / "assets" / LABELS_ASSET
    if recorded is not None and len(recorded) < 2:
        raise ArchiveError(f"The {FILE_NAME} of {name} has {len(recorded)} labels; two are least.")
    indexed = _read_index(index, name) if index.is_file() else None
    # Without a description the file may be anything of another program's.
    listed = read_list(asset, name) if info is not None and asset.is_file() else None
    labels = recorded or indexed or listed
    if labels is None:
        return None
    if indexed is not None and label_index(indexed) != label_index(labels):
        raise _contradiction(name, (FILE_NAME, labels), (LABELS_FILE, indexed))
    if listed is not None and listed != labels:
        raise _contradiction(name, (FILE_NAME, labels), (LABELS_ASSET, listed))
    return labels


def read_list(path: Path, name: Path) -> tuple[str, ...]:
    """The labels of a ``labels.json``: a JSON array of text in class order.

    Args:
        path: The file.
        name: The path that the user knows the model by.

    Raises:
        ArchiveError: It is something else.
    """
    try:
        labels = _parsed(path)
    except (OSError, ValueError, RecursionError) as error:
        raise ArchiveError(f"{name} has a {path.name} that cannot be read: {error}.") from error
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        raise ArchiveError(f"{name} has a {path.name} that is no JSON array of text.")
    return tuple(labels)


def check_same(
    recorded: tuple[str, ...] | None, loaded: tuple[str, ...], file: str, name: Path
) -> None:
    """Refuse a graph that takes its labels from another file than the archive says.

    Args:
        recorded: What ``read`` returned.
        loaded: What the graph's own file holds.
        file: The name of that file.
        name: The path that the user knows the model by.

    Raises:
        ArchiveError: They are not the same.
    """
    # As an index: of published classifiers a name may stand twice, which an index has once.
    if recorded is not None and label_index(recorded) != label_index(loaded):
        raise _contradiction(name, ("the archive", recorded), (file, loaded))


def _read_index(path: Path, name: Path) -> tuple[str, ...]:
    try:
        numbers = _parsed(path)
        by_number = {number: str(label) for label, number in numbers.items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ArchiveError(f"{name} has a {path.name} that cannot be read: {error}.") from error
    # 1.0 and true are equal to 1, and neither is the number of a class.
    if any(type(number) is not int for number in by_number):
        raise ArchiveError(f"{name} has a {path.name} whose values are not all whole numbers.")
    if sorted(by_number) != list(range(len(numbers))) or len(numbers) < 2:
        raise ArchiveError(
            f"{name} has a {path.name} whose numbers are not those of two or more classes from 0: "
            f"{sorted(by_number)[:8]}."
        )
    return tuple(by_number[number] for number in range(len(numbers)))


def _parsed(path: Path) -> Any:
    return json.loads(regular_file.read(path, most=archive.MAX_MEMBER_BYTES))


def _contradiction(
    name: Path, one: tuple[str, tuple[str, ...]], other: tuple[str, tuple[str, ...]]
) -> ArchiveError:
    said = [f"{file} has {len(labels)} labels ({_shown(labels)})" for file, labels in (one, other)]
    return ArchiveError(
        f"{name} contradicts itself: {said[0]}, {said[1]}. Take the archive as it was written."
    )


def _shown(labels: tuple[str, ...]) -> str:
    return ", ".join(map(repr, labels[:4])) + (", ..." if labels[4:] else "")
