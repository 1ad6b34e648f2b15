"""Which rows of a table are measured, of those that there are."""

import argparse
import sys
from collections.abc import Iterable, Sequence

__all__ = ["chosen", "option"]


def option(parser: argparse.ArgumentParser) -> None:
    """Let the command line say which rows it wants, ``--only``."""
    parser.add_argument("--only", nargs="+", metavar="ROW", help="The rows whose names begin so.")


def chosen(names: Iterable[str], only: Sequence[str] | None) -> list[str]:
    """The names that begin as one of some words, in their own order; all where none is given.

    Args:
        names: Of all rows that there are.
        only: The words.

    Raises:
        SystemExit: A word is the beginning of none: the table would lack a row, and not say so.
    """
    names = list(names)
    unknown = [word for word in only or () if not any(name.startswith(word) for name in names)]
    if unknown:
        sys.exit(f"No row begins with {', '.join(unknown)}. There are: {', '.join(names)}.")
    return [name for name in names if name.startswith(tuple(only or [""]))]
