"""The report of a job: a file, which a notebook shows in a frame."""

import html
import webbrowser
from pathlib import Path

from ic_tf_sdk.errors import UserError

__all__ = ["Report", "framed_page"]

_HEIGHT = 720


class Report:
    """``report.html`` of a job that has succeeded.

    Args:
        path: The file.

    Raises:
        UserError: It is not there.

    Attributes:
        path: Where it is.
    """

    def __init__(self, path: Path) -> None:
        if not path.is_file():
            raise UserError(f"The report {path} is not there any more; run the job again.")
        self.path = path

    def open(self) -> None:
        """Show it in the browser of this machine."""
        webbrowser.open(self.path.absolute().as_uri())

    def __repr__(self) -> str:
        return f"Report: {self.path} (open() shows it in a browser)"

    def _repr_html_(self) -> str:
        return framed_page(self.path.read_text(encoding="utf-8"))


def framed_page(page: str) -> str:
    """A page inside of a notebook, which may be read on another machine. It runs nothing.

    Args:
        page: HTML.
    """
    return (
        f'<iframe srcdoc="{html.escape(page)}" sandbox="" title="Report" width="100%" '
        f'height="{_HEIGHT}" style="border:1px solid #8888"></iframe>'
    )
