"""``suspects.csv``: images that are perhaps wrongly labelled or repeated, one a row.

``ic-tf check-data --labels`` writes it, a person deletes the rows of images that are right, and
``ic-tf fit --exclude`` leaves out what is left in it.
"""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Literal, NamedTuple

from ic_tf_sdk.contract import csv_file
from ic_tf_sdk.contract.plain_text import visible
from ic_tf_sdk.errors import DatasetError, did_you_mean, nearest

__all__ = ["FILE_NAME", "Exclude", "Kind", "Suspect", "listed", "read", "write"]

FILE_NAME = "suspects.csv"

Kind = Literal["label", "duplicate", "leak"]
"""Why an image is listed: its class is probably another, it is nearly the same as another image of
its channel, or of another channel."""

Exclude = str | Path | Mapping[str, Iterable[str | Path]] | Iterable[str | Path]
"""What names images to leave out: a table, channel name -> files, or files of training."""

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
        raise DatasetError(
            f"{visible(str(path))}: {_shown(wrong)}. A channel is {', '.join(CHANNELS)}, and a "
            "file is a path below its folder."
        )
    return {channel: tuple(files) for channel, files in listed.items()}


def listed(exclude: Exclude, channels: Mapping[str, Path]) -> dict[str, tuple[str, ...]]:
    """The images to leave out, by channel.

    Args:
        exclude: The path of a table; or files, of training or by channel: relative to the channel's
            folder, or paths into it.
        channels: Channel name -> its folder.

    Raises:
        DatasetError: The table cannot be read; a file is no text or path, or a channel no channel;
            all of them at once.
    """
    if isinstance(exclude, str | Path):
        return dict(read(Path(exclude)))
    given = exclude if isinstance(exclude, Mapping) else {"training": exclude}
    wrong = [f"channel {name!r}" for name in given if name not in CHANNELS]
    found: dict[str, tuple[str, ...]] = {}
    for name, files in given.items():
        several = files if isinstance(files, Iterable) and not isinstance(files, str) else (files,)
        names = list(several)
        wrong += [f"{one!r} of {name}" for one in names if not isinstance(one, str | Path)]
        found[name] = tuple(dict.fromkeys(_below(channels.get(name), one) for one in names))
    if wrong:
        raise DatasetError(
            f"These cannot be left out: {_shown(wrong)}. exclude is the path of a table, a list "
            f"of files of training, or a dict of them by channel: {', '.join(CHANNELS)}."
        )
    return found


def _shown(wrong: list[str]) -> str:
    return visible("; ".join(wrong[:10]) + ("; ..." if wrong[10:] else ""))


def _below(folder: Path | None, file: object) -> str:
    """A file's name below its channel's folder, which it may be a path into."""
    path = Path(str(file))
    if folder is not None and (path.is_absolute() or not (folder / path).exists()):
        with suppress(ValueError):
            return path.absolute().relative_to(folder.absolute()).as_posix()
    return path.as_posix()


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
