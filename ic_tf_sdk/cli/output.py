"""How commands print: tables on a terminal that has rich, plain aligned text elsewhere, or JSON."""

import json
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from ic_tf_sdk import extras
from ic_tf_sdk.cli import terminal_table
from ic_tf_sdk.contract.plain_text import json_text, visible, visible_lines
from ic_tf_sdk.inference import quiet_tensorflow

__all__ = ["fits", "is_quiet", "print_json", "print_table", "say", "set_quiet", "tell"]

_QUIET = "ic_tf_sdk.quiet"


def print_json(value: Any, *, indent: int | None = 2) -> None:
    """Print a value as JSON, with non-ASCII text as it is.

    Args:
        value: Of what JSON knows.
        indent: Blanks of each level; None for one line.
    """
    click.echo(json_text(json.dumps(value, indent=indent, ensure_ascii=False)))


def say(text: str = "", *, err: bool = False) -> None:
    """Print text in which a name cannot steer the terminal: what cannot be seen is escaped.

    Args:
        text: One line or several.
        err: Whether to print it on stderr.
    """
    turned_away = quiet_tensorflow.stderr() if err else None
    if turned_away is None:
        click.echo(visible_lines(text), err=err)
    else:
        os.write(turned_away, f"{visible_lines(text)}\n".encode(errors="backslashreplace"))


def set_quiet(context: click.Context, quiet: bool) -> None:
    """Note whether the running command is quiet.

    Args:
        context: The command's.
        quiet: Whether ``--quiet`` was given.
    """
    context.meta[_QUIET] = quiet


def is_quiet() -> bool:
    """Whether the running command prints its answer, warnings and errors alone."""
    context = click.get_current_context(silent=True)
    return context is not None and bool(context.meta.get(_QUIET))


def tell(text: str = "") -> None:
    """Say beside the answer, on stderr, what a person may like to know; not where it is quiet.

    Args:
        text: As for ``say``.
    """
    if not is_quiet():
        say(text, err=True)


def fits(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> bool:
    """Whether ``print_table`` shows the columns beside each other; in a pipe it always does.

    Args:
        columns: As for ``print_table``.
        rows: Likewise.
    """
    return not _is_drawn() or terminal_table.fits(*_texts(columns, rows))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print rows under their column names.

    Args:
        columns: Column names.
        rows: One value per column; None is shown as ``-``.
    """
    heads, texts = _texts(columns, rows)
    if _is_drawn():
        terminal_table.show(heads, texts)
    else:
        _print_plain(heads, texts)


def _is_drawn() -> bool:
    return sys.stdout.isatty() and extras.has("rich")


def _texts(
    columns: Sequence[str], rows: Sequence[Sequence[object]]
) -> tuple[list[str], list[list[str]]]:
    texts = [["-" if value is None else visible(str(value)) for value in row] for row in rows]
    return list(map(visible, columns)), texts


def _print_plain(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    lines = [columns, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(columns))]
    for line in lines:
        cells = (text.ljust(width) for text, width in zip(line, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
