"""How commands print: tables on a terminal that has rich, plain aligned text elsewhere, or JSON."""

import json
import sys
from collections.abc import Sequence
from typing import Any

import click

from ic_tf_sdk import extras
from ic_tf_sdk.cli import terminal_table
from ic_tf_sdk.contract.plain_text import json_text, visible, visible_lines

__all__ = ["print_json", "print_table", "say"]


def print_json(value: Any) -> None:
    """Print a value as JSON, indented, with non-ASCII text as it is."""
    click.echo(json_text(json.dumps(value, indent=2, ensure_ascii=False)))


def say(text: str = "", *, err: bool = False) -> None:
    """Print text in which a name cannot steer the terminal: what cannot be seen is escaped.

    Args:
        text: One line or several.
        err: Whether to print it on stderr.
    """
    click.echo(visible_lines(text), err=err)


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under their column names.

    Args:
        columns: Column names.
        rows: One value per column; None is shown as ``-``.
    """
    columns = list(map(visible, columns))
    texts = [["-" if value is None else visible(str(value)) for value in row] for row in rows]
    if sys.stdout.isatty() and extras.has("rich"):
        terminal_table.show(columns, texts)
    else:
        _print_plain(columns, texts)


def _print_plain(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    lines = [columns, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    for line in lines:
        cells = (text.ljust(width) for text, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
