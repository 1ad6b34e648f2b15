"""The endpoint's page: its parts in ``browser/`` put together, with what they share with Python."""

import json
import os
from importlib.resources import files

from ic_tf_sdk.contract import csv_file, plain_text
from ic_tf_sdk.pages import look

__all__ = ["AT_ONCE", "MOST_PICTURES", "render"]

MOST_PICTURES = 100
"""So many pictures one tab holds: their small copies take some megabytes of its memory."""

AT_ONCE = max(2, min(4, os.cpu_count() or 1))
"""So many requests one tab has open: as many as the model answers side by side, and no more than
a browser leaves room for another tab's beside."""

# Each uses what stands before it, and functions of those behind it once the page runs.
_SCRIPTS = (
    *("text", "token", "model", "answer", "explanation", "correction", "asking", "pictures"),
    *("table", "camera", "giving"),
)


def render(*, explains: bool, collects: bool = False, seconds: float) -> str:
    """The page as HTML text: one document, which asks nobody but the endpoint.

    Args:
        explains: Whether it has a button that shows where the model looks.
        collects: Whether it asks which class a picture is, to keep it.
        seconds: After so long it gives up a request.
    """
    given = {
        "unseen": plain_text.UNSEEN_CLASS,
        "formula": csv_file.FORMULA,
        "pictures": MOST_PICTURES,
        "at_once": AT_ONCE,
        "explains": explains,
        "collects": collects,
        "seconds": seconds,
    }
    scripts = [f'"use strict";\nconst GIVEN = {json.dumps(given)};\n']
    scripts += [_part(f"{name}.js") for name in _SCRIPTS]
    page = look.into(_part("page.html")).replace("/* style */", _part("page.css"))
    return page.replace("/* script */", "\n".join(scripts))


def _part(name: str) -> str:
    folder = files("ic_tf_sdk.inference.endpoint").joinpath("browser")
    return folder.joinpath(name).read_text(encoding="utf-8")
