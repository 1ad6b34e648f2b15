"""Classes that a source has as numbers."""

import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from ic_tf_sdk.contract import regular_file
from ic_tf_sdk.errors import FileAccessError, UserError
from ic_tf_sdk.launch.local.importing.row import Row

__all__ = ["class_of_number", "names_of", "of_folders", "padded"]

_MOST_BYTES = 10 << 20


def names_of(given: str | None) -> tuple[str, ...]:
    """Class names by number, as an option gives them.

    Args:
        given: Names with commas between them, or a text file with one a line; None for none.

    Raises:
        UserError: A name is missing or there twice.
        FileAccessError: The file cannot be read.
    """
    if given is None:
        return ()
    if "," in given:
        names = [name.strip() for name in given.split(",")]
    else:
        try:
            content = regular_file.read(Path(given), most=_MOST_BYTES)
        except OSError as error:
            raise FileAccessError(
                f"The class names {given!r} cannot be read: {error.strerror}. Give a text file "
                "with one a line, or the names with commas between them."
            ) from error
        names = [line.strip() for line in content.decode("utf-8-sig", "replace").splitlines()]
        while names and not names[-1]:
            names.pop()
    if not all(names) or len(set(names)) != len(names):
        raise UserError("Each class name is there once, by its number from 0, and none is empty.")
    return tuple(names)


def class_of_number(text: str, names: Sequence[str]) -> tuple[str, str]:
    """The class of a number as a source writes it, or the reason why there is none.

    Args:
        text: ``"3"`` or ``"3.000000"``; a name stands for itself.
        names: Class names by number; without any the number is the name.
    """
    try:
        number = float(text)
    except ValueError:
        return text.strip(), ""
    if not math.isfinite(number) or number < 0 or number != int(number):
        return "", f"the class {text} is no whole number from 0"
    if not names:
        return str(int(number)), ""
    if int(number) >= len(names):
        return "", f"the class {int(number)} is beyond the {len(names)} names that are given"
    return names[int(number)], ""


def padded(rows: Sequence[Row]) -> list[Row]:
    """Rows whose numbers are as wide as the widest, so that they are sorted as numbers are.

    Args:
        rows: Rows whose classes may all be numbers; else they stay.
    """
    labels = {row.label for row in rows if row.label}
    if not labels or not all(label.isdecimal() for label in labels):
        return list(rows)
    width = max(map(len, labels))
    return [row._replace(label=row.label.zfill(width)) if row.label else row for row in rows]


def of_folders(rows: Sequence[Row]) -> dict[str, str]:
    """Number -> the folder that all its images lie in, where each class has one of its own.

    Args:
        rows: Rows whose classes are numbers.
    """
    folders: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row.label and not row.reason:
            folders[row.label].add(PurePosixPath(row.image.replace("\\", "/")).parent.name)
    alone = {label: next(iter(names)) for label, names in folders.items() if len(names) == 1}
    whole = len(alone) == len(folders) > 1 and len(set(alone.values())) == len(alone)
    return alone if whole and all(alone.values()) else {}
