"""How a command says that it failed: a sentence and the page that helps, and JSON where asked."""

import click

from ic_tf_sdk import errors
from ic_tf_sdk.cli.output import print_json, say

__all__ = ["PAGE", "help_line", "note_json", "report", "report_json", "title"]

PAGE = "docs/troubleshooting.md"
"""A heading for every class of ``errors`` and for every exit code."""

_JSON = "ic_tf_sdk.json"


def note_json(context: click.Context, words: list[str]) -> None:
    """Note whether a command line asks for JSON, before it is known whether it can be read.

    Args:
        context: The group's.
        words: The command line.
    """
    context.meta[_JSON] = "--json" in words


def title(kind: type[BaseException]) -> str:
    """The heading of an error: its class, or that of its kinds which is public.

    Args:
        kind: One of ``ic_tf_sdk.errors``, or below one.
    """
    names = (one.__name__ for one in kind.__mro__)
    return next(name for name in names if name in errors.__all__)


def help_line(heading: str) -> str:
    """The last line of an error: where the page speaks of it.

    Args:
        heading: Of the page: ``"DatasetError"``, ``"Exit code 3"``.
    """
    return f"Help: {PAGE}#{heading.lower().replace(' ', '-')}"


def report(kind: str, text: str, code: int) -> None:
    """Say on stderr what went wrong, and as JSON on stdout where the command line asks for it.

    Args:
        kind: A class of ``errors``, or ``"InternalError"``.
        text: What went wrong.
        code: The exit code.
    """
    begin = "Error" if kind in errors.__all__ else "Internal error"
    heading = kind if kind in errors.__all__ else f"Exit code {code}"
    say(f"{begin}: {text}\n{help_line(heading)}", err=True)
    report_json(kind, text, code)


def report_json(kind: str, text: str, code: int) -> None:
    """The JSON of ``report`` alone.

    Args:
        kind: As for ``report``, or ``"UsageError"``, ``"Stopped"`` or ``"JobStoppedError"``.
        text: What went wrong.
        code: The exit code.
    """
    context = click.get_current_context(silent=True)
    if context is not None and context.meta.get(_JSON):
        print_json({"error": {"type": kind, "message": text, "exit_code": code}})
