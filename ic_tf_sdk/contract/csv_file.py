"""CSV files that a spreadsheet shows and does not run.

A spreadsheet takes a cell that begins with ``=``, ``+``, ``-`` or ``@`` for a formula, which may
start a program or send other cells away. The convention against it, OWASP's, is an apostrophe
before such a text. Numbers stay numbers.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

__all__ = ["FORMULA", "unquoted", "write"]

# The wide forms of the four are formulas in some languages' editions. An apostrophe before them is
# the name's own: it gets another one, so that taking one away always gives the name.
FORMULA = r"'*[=+\-@\t\r\n＝＋－＠]"  # noqa: RUF001
"""How such a text begins, as a regular expression; the endpoint's page takes it from here."""

_FORMULA = re.compile(FORMULA)
_QUOTED = re.compile(rf"'{_FORMULA.pattern}")


def write(path: Path, names: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table as CSV in UTF-8.

    Args:
        path: The file.
        names: The columns' names.
        rows: One value for each column: numbers, text, or None for an empty cell. What of a file's
            name is no UTF-8 is escaped.
    """
    with path.open("w", newline="", encoding="utf-8", errors="backslashreplace") as stream:
        table = csv.writer(stream)
        table.writerow(map(_cell, names))
        table.writerows(map(_cell, row) for row in rows)


def unquoted(cell: str) -> str:
    """The text that a cell stands for: less the apostrophe that ``write`` put before a formula.

    Args:
        cell: A cell as ``csv.reader`` gives it.

    Example:
        >>> unquoted("'=1+1"), unquoted("roses")
        ('=1+1', 'roses')
    """
    return cell[1:] if _QUOTED.match(cell) else cell


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value
