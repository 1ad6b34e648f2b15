"""Rows of a ``.lst``, the list from which MXNet's ``im2rec`` makes a RecordIO file.

A line is a number, the class as a number, and the image's path, with tabs between them.
"""

from collections.abc import Sequence

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.local.importing.numbered import class_of_number, of_folders, padded
from ic_tf_sdk.launch.local.importing.row import Row, Source

__all__ = ["read"]

_CELLS = 3


def read(content: bytes, place: str, *, names: Sequence[str] = ()) -> Source:
    """Read a list.

    Args:
        content: The file.
        place: The file, as it is said to the user.
        names: Class names by number; without any, each class that has a folder of its own is
            called as the folder, else by its number.

    Raises:
        UserError: It has no line.
    """
    text = content.decode("utf-8-sig", "surrogateescape")
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        raise UserError(f"{place} has no line.")
    rows = [_row(number, line, names) for number, line in lines]
    if names:
        return Source("lst", rows)
    folders = of_folders(rows)
    if folders:
        named = [row._replace(label=folders.get(row.label, row.label)) for row in rows]
        note = "Each number has a folder of its own, whose name is the class (--class-names)."
        return Source("lst", named, notes=[note])
    note = "The classes are called by their numbers; --class-names gives names, in their order."
    return Source("lst", padded(rows), notes=[note])


def _row(number: int, line: str, names: Sequence[str]) -> Row:
    cells = [cell.strip() for cell in line.split("\t")]
    if len(cells) < _CELLS:
        return Row(number, "", "", f"{len(cells)} cells with tabs between them, not {_CELLS}")
    image = cells[-1]
    if not image:
        return Row(number, "", "", "no image")
    if len(cells) > _CELLS:
        return Row(number, image, "", f"{len(cells) - 2} labels, not one class")
    label, reason = class_of_number(cells[1], names)
    if not reason and not cells[1].replace(".", "", 1).isdecimal():
        label, reason = "", f"the class {cells[1]!r} is no number"
    return Row(number, image, label, reason)
