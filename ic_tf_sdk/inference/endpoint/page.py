"""The endpoint's page: its parts in ``browser/`` put together, with what they share with Python."""

import json
import os
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Any, Literal

from ic_tf_sdk.contract import csv_file, plain_text
from ic_tf_sdk.pages import look

__all__ = ["AT_ONCE", "MOST_PICTURES", "document", "render", "script", "stylesheet"]

MOST_PICTURES = 100
"""So many pictures one tab holds: their small copies take some megabytes of its memory."""

AT_ONCE = max(2, min(4, os.cpu_count() or 1))
"""So many requests one tab has open: as many as the model answers side by side, and no more than
a browser leaves room for another tab's beside."""

# Each uses what stands before it, and functions of those behind it once the page runs. "endpoint"
# is how it asks: a page without an endpoint has a script of its own there, and none of those that
# only an endpoint has a use for.
_SCRIPTS = (
    *("text", "token", "model", "answer", "explanation", "correction", "endpoint", "asking"),
    *("pictures", "table", "camera", "giving"),
)
_OF_AN_ENDPOINT = ("token", "correction")


def render(*, explains: bool, collects: bool = False, seconds: float) -> str:
    """The page as HTML text: one document, which asks nobody but the endpoint.

    Args:
        explains: Whether it has a button that shows where the model looks.
        collects: Whether it asks which class a picture is, to keep it.
        seconds: After so long it gives up a request.
    """
    given = {"pictures": MOST_PICTURES, "at_once": AT_ONCE, "explains": explains}
    given["collects"] = collects
    page = look.into(document("endpoint")).replace("/* style */", stylesheet())
    return page.replace("/* script */", script({**given, "seconds": seconds}))


def document(place: Literal["endpoint", "web"]) -> str:
    """The page's HTML, with the marks of its look, style and script.

    Args:
        place: Whether an endpoint has it, or a folder of static files.
    """
    page = _part("page.html")
    for mark in ("endpoint", "web"):
        # A block of the page stands between two comments that name where it belongs.
        kept = r"\1" if mark == place else ""
        block = rf" *<!-- {mark}: -->\n(.*?) *<!-- :{mark} -->\n"
        page = re.sub(block, kept, page, flags=re.DOTALL)
    return page


def stylesheet() -> str:
    """The rules that the page has beside the look of every page."""
    return _part("page.css")


def script(given: Mapping[str, Any], *, asking: str | None = None) -> str:
    """The page's script.

    Args:
        given: What it is told: ``pictures``, so many it holds; ``at_once``, so many are asked for
            at a time; ``explains``; ``seconds``, after which it gives up; and what ``asking`` uses.
        asking: A script in place of the one that asks an endpoint.
    """
    shared = {"unseen": plain_text.UNSEEN_CLASS, "formula": csv_file.FORMULA}
    names = [name for name in _SCRIPTS if asking is None or name not in _OF_AN_ENDPOINT]
    parts = {name: _part(f"{name}.js") for name in names}
    if asking is not None:
        parts["endpoint"] = asking
    head = f'"use strict";\nconst GIVEN = {json.dumps({**shared, **given})};\n'
    return "\n".join([head, *parts.values()])


def _part(name: str) -> str:
    folder = files("ic_tf_sdk.inference.endpoint").joinpath("browser")
    return folder.joinpath(name).read_text(encoding="utf-8")
