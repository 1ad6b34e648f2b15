"""``suspects.csv``: images that are perhaps wrongly labelled or repeated, one a row.

``ic-tf check-data --labels`` writes it, a person deletes the rows of images that are right, and
``ic-tf fit --exclude`` leaves out what is left in it.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from ic_tf_sdk.contract import csv_file
from ic_tf_sdk.contract.plain_text import visible
from ic_tf_sdk.errors import DatasetError, did_you_mean, nearest

__all__ = ["FILE_NAME", "Kind", "Suspect", "read", "write"]

FILE_NAME = "suspects.csv"

Kind = Literal["label", "duplicate", "leak"]
"""Why an image is listed: its class is probably another, it is nearly the same as another image of
its channel, or of another channel."""

CHANNELS = ("training", "validation", "test")
_NEEDED = ("channel", "file")


class Suspect(NamedTuple):
    """An image to look at.

    Attributes:
        channel: ``training``, ``validation`` or ``test``.
        file: Its path relative to the channel's folder.
        label: The class that it lies in.
        suggested_label: The class that is likelier; "" where nothing is said against its own.
        score: 0 for what is surely wrong, 1 for what is surely right.
        kind: Why it is listed.
        resembles: ``channel/file`` of the image that it is nearly the same as; of a wrong label, of
            the most alike image of the class that is likelier.
    """

    channel: str
    file: str
    label: str
    suggested_label: str
    score: float
    kind: Kind
    resembles: str


def write(path: Path, suspects: Iterable[Suspect]) -> None:
    """Write the table.

    Args:
        path: The file.
        suspects: Its rows, in their order.
    """
    rows = ((*one[:4], f"{one.score:.4f}", *one[5:]) for one in suspects)
    csv_file.write(path, Suspect._fields, rows)


def read(path: Path) -> Mapping[str, tuple[str, ...]]:
    """The images that a table lists, by channel; of its columns ``channel`` and ``file`` count.

    Args:
        path: The file; a spreadsheet may have written it again.

    Returns:
        Channel name -> paths relative to the channel's folder, each once, in their order.

    Raises:
        DatasetError: It cannot be read, has no such columns, or a row names no image; with every
            such row.
    """
    table = _table(path)
    listed: dict[str, dict[str, None]] = defaultdict(dict)
    wrong = []
    for number, row in enumerate(table, start=2):
        channel, file = (csv_file.unquoted(row[name] or "") for name in _NEEDED)
        if channel in CHANNELS and file:
            listed[channel][file] = None
        elif channel or file:
            wrong.append(f"line {number} has channel {channel!r} and file {file!r}")
    if wrong:
        shown = "; ".join(wrong[:10]) + ("; ..." if wrong[10:] else "")
        raise DatasetError(
            f"{visible(str(path))}: {visible(shown)}. A channel is {', '.join(CHANNELS)}, and a "
            "file is a path below its folder."
        )
    return {channel: tuple(files) for channel, files in listed.items()}


def _table(path: Path) -> "csv.DictReader[str]":
    text = _text(path)
    # Some countries' spreadsheets part cells by semicolons.
    first, _, _ = text.partition("\n")
    delimiter = ";" if first.count(";") > first.count(",") else ","
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)
    columns = list(table.fieldnames or ())
    if lacking := [name for name in _NEEDED if name not in columns]:
        near = [one for name in lacking for one in nearest(name, columns, 1)]
        raise DatasetError(
            f"{visible(str(path))} has no column {' and no '.join(map(repr, lacking))}."
            f"{did_you_mean(near)} Give the {FILE_NAME} of `ic-tf check-data DIR --labels`, with "
            "its first line."
        )
    return table


def _text(path: Path) -> str:
    try:
        with path.open(newline="", encoding="utf-8-sig") as stream:
            return stream.read()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise DatasetError(f"{visible(str(path))} cannot be read: {reason}.") from error
