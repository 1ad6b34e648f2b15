"""Tables for a terminal of a given width, in which no word is broken.

Where all columns fit beside each other they stand so, long texts wrapped between words. Where even
their longest words do not, each row becomes a block: its first value on a line of its own, so that
an id can be copied, and the other values below it by the names of their columns.
"""

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["fits", "show"]

_PAIR = 2  # Columns of names and values.
_GAP = 2  # Blanks between two columns, and before the values of a block.


def fits(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether the columns stand beside each other on this terminal.

    Args:
        columns: Column names.
        rows: One text per column.
    """
    import rich.console

    return _widths(columns, rows, rich.console.Console().width) is not None


def show(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows under their column names, in the form that fits the terminal.

    Args:
        columns: Column names.
        rows: One text per column.
    """
    import rich.console

    console = rich.console.Console(highlight=False, markup=False)
    widths = _widths(columns, rows, console.width)
    if widths is not None:
        _print_table(console, columns, rows, widths)
        return
    form = _pairs if len(columns) == _PAIR else _blocks
    for line in form(columns, rows, console.width):
        # Only a single word can be longer; the terminal breaks it without a newline in a copy.
        console.print(line, soft_wrap=True)


def _widths(
    columns: Sequence[str], rows: Sequence[Sequence[str]], room: int
) -> Sequence[int] | None:
    """The width of each column, or None where their longest words do not fit beside each other."""
    cells = list(zip(columns, *rows, strict=True))
    widths = [max(map(len, texts)) for texts in cells]
    least = [max(len(word) for text in texts for word in text.split() or [""]) for texts in cells]
    # The box of rich's SIMPLE_HEAD has a blank on each side and between columns.
    excess = sum(widths) + (_GAP + 1) * len(widths) - 1 - room
    while excess > 0:
        spare = [width - word for width, word in zip(widths, least, strict=True)]
        widest = max(range(len(widths)), key=lambda index: (spare[index] > 0, widths[index]))
        if spare[widest] <= 0:
            return None
        widths[widest] -= 1
        excess -= 1
    return widths


def _print_table(
    console: "Console",
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    widths: Sequence[int],
) -> None:
    import rich.box
    import rich.table
    import rich.text

    table = rich.table.Table(box=rich.box.SIMPLE_HEAD, pad_edge=False)
    for column, width in zip(columns, widths, strict=True):
        table.add_column(column, width=width, overflow="fold")
    for row in rows:
        table.add_row(*map(rich.text.Text, row))
    console.print(table)


def _pairs(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[str]:  # noqa: ARG001
    """Names and values: a value's further lines stand below its first."""
    indent = max(len(name) for name, _ in rows) + _GAP
    return [
        line
        for name, value in rows
        for line in _wrapped(value, width, first=name.ljust(indent), further=" " * indent)
    ]


def _blocks(columns: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[str]:
    lines = []
    for first, *others in rows:
        lines.append(first)
        line = ""
        for name, value in zip(columns[1:], others, strict=True):
            pair = f"{name}: {value}"
            # The comma that may follow belongs to the line.
            if line and _GAP + len(f"{line}, {pair},") > width:
                lines += _indented(f"{line},", width)
                line = ""
            line = f"{line}, {pair}" if line else pair
        lines += _indented(line, width)
    return lines


def _indented(text: str, width: int) -> list[str]:
    return _wrapped(text, width, first=" " * _GAP, further=" " * 2 * _GAP)


def _wrapped(text: str, width: int, *, first: str, further: str) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=further,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [first.rstrip()]
