"""Text and tables as HTML: whatever a name holds, it is shown and never obeyed."""

import html
import math
from collections.abc import Iterable, Sequence

from ic_tf_sdk.contract.plain_text import visible

__all__ = ["cell", "number", "percent", "shortened", "table", "text"]

_UNKNOWN = "\N{EN DASH}"
_ENDING = 8


def text(value: object) -> str:
    """Any value as HTML text, fit for an attribute in double quotes too.

    Args:
        value: A number with a fraction gets four digits; None becomes a dash.

    Example:
        >>> text("<b>")
        '&lt;b&gt;'
    """
    return html.escape(visible(number(value)))


def number(value: object) -> str:
    """A value as plain text: numbers with a fraction get four digits.

    Args:
        value: Anything; None, and a number that is none, become a dash.
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return _UNKNOWN
    return f"{value:.4f}" if isinstance(value, float) else str(value)


def percent(share: float | None) -> str:
    """A share of 0 to 1 as per cent, with one digit.

    Args:
        share: None, and what is no number, become a dash.
    """
    return _UNKNOWN if share is None or not math.isfinite(share) else f"{100 * share:.1f} %"


def shortened(name: str, most: int) -> str:
    """A name with its middle left out where it is too long to be shown; the ends tell most.

    Args:
        name: Any text.
        most: The characters that there is room for; 3 at least.

    Example:
        >>> shortened("a photo with a very long name-0017.jpg", 20)
        'a photo wit…0017.jpg'
    """
    seen = visible(name)
    if len(seen) <= most:
        return seen
    ending = min(_ENDING, (most - 1) // 2)
    return f"{seen[: most - 1 - ending]}…{seen[-ending:]}"


def cell(name: str, most: int) -> str:
    """A name as HTML text of limited length; the whole name shows when it is pointed at.

    Args:
        name: Any text.
        most: The characters that there is room for.
    """
    short = shortened(name, most)
    if short == visible(name):
        return text(name)
    return f'<span title="{text(name)}">{text(short)}</span>'


def table(
    names: Sequence[str], rows: Iterable[Sequence[object]], *, caption: str = "", most: int = 40
) -> str:
    """A table in a frame of its own, which alone scrolls where the window is too narrow.

    Args:
        names: The columns' heads.
        rows: The cells; the first of each row heads it.
        caption: What the table shows; also the frame's name for who does not see it.
        most: The characters of a cell that are shown; the rest is left out of its middle.
    """
    head = "".join(f'<th scope="col">{text(name)}</th>' for name in names)
    body = "".join(_row(row, most) for row in rows)
    said = f"<caption>{text(caption)}</caption>" if caption else ""
    label = text(caption or ", ".join(names))
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{label}"><table>{said}'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _row(row: Sequence[object], most: int) -> str:
    first, *others = (cell(number(value), most) for value in row)
    cells = "".join(f"<td>{other}</td>" for other in others)
    return f'<tr><th scope="row">{first}</th>{cells}</tr>'
