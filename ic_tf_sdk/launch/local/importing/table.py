"""Rows of a CSV, however its program wrote it."""

import csv
import io
from collections.abc import Iterator, Sequence

from ic_tf_sdk.contract import csv_file
from ic_tf_sdk.errors import UserError, did_you_mean, nearest
from ic_tf_sdk.launch.local.importing.image_suffixes import is_image
from ic_tf_sdk.launch.local.importing.row import Row, Source

__all__ = ["Columns", "read"]

_IMAGES = (
    *("image", "images", "path", "file", "filename", "file_name", "filepath", "file_path", "uri"),
    *("image_path", "image_uri", "image_file", "image_name", "s3_uri", "source", "source-ref"),
    *("url", "image_url", "img", "img_path", "id_code"),
)
_LABELS = (
    *("label", "labels", "class", "class_name", "classname", "category", "target", "species"),
    *("class_label", "label_name", "tag", "y"),
)
_DELIMITERS = ",;\t|"
_SAMPLE = 64 * 1024
_SHOWN = 12
_LONGEST_CELL = 1 << 20


class Columns:
    r"""Where a table has the image and where the class.

    Args:
        image: The column's name, or its number from 1; None looks for it.
        label: Likewise.
        header: Whether the first line has names; None finds out.
        delimiter: What is between two cells; None finds out.

    Raises:
        UserError: The delimiter is no character.

    Example:
        >>> Columns("photo", "2", delimiter=r"\t").delimiter == chr(9)
        True
    """

    def __init__(
        self,
        image: str | None = None,
        label: str | None = None,
        *,
        header: bool | None = None,
        delimiter: str | None = None,
    ) -> None:
        if delimiter is not None and len(delimiter.replace("\\t", "\t")) != 1:
            raise UserError(f"The delimiter is one character, or \\t, not {delimiter!r}.")
        self.image, self.label, self.header = image, label, header
        self.delimiter = None if delimiter is None else delimiter.replace("\\t", "\t")

    def found(self, first: Sequence[str], place: str) -> tuple[int, int, bool]:
        """The indices of image and class, and whether the first line is a header.

        Args:
            first: The cells of the first line.
            place: The table, as it is said to the user.

        Raises:
            UserError: They are not known; with what there is, and which options say it.
        """
        cells = [cell.strip() for cell in first]
        names = [cell.casefold() for cell in cells]
        header = self.header
        if header is None:
            numbered = all(one is None or one.isdecimal() for one in (self.image, self.label))
            named = not numbered or set(names) & {*_IMAGES, *_LABELS}
            header = bool(named) and not any(map(is_image, cells))
        image = self._place(self.image, "image", names if header else [], cells, place)
        label = self._place(self.label, "label", names if header else [], cells, place)
        if image is None and not header:
            likely = [index for index, cell in enumerate(cells) if is_image(cell)]
            image = likely[0] if len(likely) == 1 else None
        if label is None and image is not None and len(cells) == 2:
            label = 1 - image
        if image is None or label is None or image == label:
            raise UserError(_unknown(cells, place, header=header))
        return image, label, header

    def _place(
        self,
        wanted: str | None,
        what: str,
        names: Sequence[str],
        cells: Sequence[str],
        place: str,
    ) -> int | None:
        """The index of one column; None where it is not said and no usual name is there."""
        usual = _IMAGES if what == "image" else _LABELS
        if wanted is None:
            return next((names.index(name) for name in usual if name in names), None)
        if wanted.casefold() in names:
            return names.index(wanted.casefold())
        if wanted.isdecimal() and 1 <= int(wanted) <= len(cells):
            return int(wanted) - 1
        listed = ", ".join(map(repr, cells[:_SHOWN]))
        close = did_you_mean(nearest(wanted, cells, 1))
        raise UserError(
            f"{place} has no column {wanted!r} (--{what}-column). Its first line has {len(cells)}: "
            f"{listed}. Give a name of a header, or a number from 1.{close}"
        )


def read(content: bytes, place: str, columns: Columns) -> Source:
    """Read a table.

    Args:
        content: The file: UTF-8, with a byte order mark or without, UTF-16 with one, else Windows'
            western letters.
        place: The table, as it is said to the user.
        columns: Where it has the image and where the class.

    Raises:
        UserError: It is no table, or its columns are not known.
    """
    text, notes = _text(content)
    lines = list(_lines(text, columns.delimiter or _delimiter(text)))
    if not lines:
        raise UserError(f"{place} has no line with a cell in it.")
    image, label, header = columns.found(lines[0][1], place)
    rows = [_row(line, image, label, len(lines[0][1])) for line in lines[header:]]
    return Source("csv", rows, notes=notes)


def _text(content: bytes) -> tuple[str, list[str]]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", "replace"), ["It was read as UTF-16."]
    try:
        return content.decode("utf-8-sig"), []
    except UnicodeDecodeError:
        note = "It is no UTF-8, and was read as Windows-1252."
        return content.decode("cp1252", "replace"), [note]


def _delimiter(text: str) -> str:
    """The likeliest one: what parts the most lines into as many cells as the first."""
    sample = text[:_SAMPLE].splitlines()[:50]

    def score(delimiter: str) -> tuple[int, int]:
        widths = [len(row) for row in csv.reader(sample, delimiter=delimiter) if row]
        first = widths[0] if widths else 0
        return (sum(width == first for width in widths) if first > 1 else 0, first)

    return max(_DELIMITERS, key=score)


def _lines(text: str, delimiter: str) -> Iterator[tuple[int, list[str], int]]:
    """The number of each line that is not empty, its cells, and how many lines it takes."""
    csv.field_size_limit(_LONGEST_CELL)
    # A NUL ends a text in C, and in Python before 3.11 the reading.
    reader = csv.reader(io.StringIO(text.replace("\0", "\ufffd"), newline=""), delimiter=delimiter)
    before = 0
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield before + 1, [f"{error}"], 0
            before = reader.line_num
            continue
        if any(cell.strip() for cell in cells):
            yield before + 1, cells, reader.line_num - before
        before = reader.line_num


def _row(line: tuple[int, list[str], int], image: int, label: int, width: int) -> Row:
    number, cells, lines = line
    if lines == 0:
        return Row(number, "", "", f"a line that cannot be read: {cells[0]}")
    values = [_value(cells[at]) if at < len(cells) else "" for at in (image, label)]
    reason = ""
    if lines > 1 and ("\n" in values[0] or "\n" in values[1]):
        reason = (
            f"a quotation mark that opens here closes {lines - 1} lines further on; they are one "
            "row"
        )
    elif len(cells) <= max(image, label):
        reason = f"{len(cells)} cells where the first line has {width}"
    elif not values[0]:
        reason = "no image"
    elif not values[1]:
        reason = "no class"
    return Row(number, values[0], values[1], reason)


def _value(cell: str) -> str:
    text = cell.strip()
    # Some programs quote with the other mark, which is then part of the cell.
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].strip()
    return csv_file.unquoted(text)


def _unknown(cells: Sequence[str], place: str, *, header: bool) -> str:
    listed = ", ".join(map(repr, cells[:_SHOWN])) + (", ..." if cells[_SHOWN:] else "")
    what = "names of columns" if header else "cells"
    return (
        f"Which column of {place} has the image, and which the class? The {what} of its first line "
        f"are {listed}. Say it with --image-column and --label-column: names, or numbers from 1 "
        "(and --no-header where the first line is an image's)."
    )
