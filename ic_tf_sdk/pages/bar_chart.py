"""Horizontal bars with their names to the left and their values behind them."""

from collections.abc import Sequence
from typing import Any

from ic_tf_sdk.pages import chart, markup
from ic_tf_sdk.pages.chart import Axis

__all__ = ["MOST_BARS", "draw"]

MOST_BARS = 40
"""More bars than this are no picture any more; a table has them."""

_ROW, _AXES, _NAME = 22, 70, 20


def draw(
    name: str, bars: Sequence[tuple[str, float]], *, x: Axis, digits: int | None = None
) -> str | None:
    """Draw bars, the first on top.

    Args:
        name: What the chart shows, for who does not see it.
        bars: Names and values not below zero; what is no finite number is left out, and what comes
            after ``MOST_BARS``. A long name loses its middle, and is whole when pointed at.
        x: The axis of the values; it begins at zero.
        digits: Digits after the point of the values that are written; default: three that count.

    Returns:
        An ``<svg>`` element; None without pygal, or without a bar.
    """
    shown = [(title, value) for title, value in bars if chart.finite(value)][:MOST_BARS]
    if not shown:
        return None
    _, high = x.range([0.0, *(value for _, value in shown)])

    def fill(drawing: Any) -> None:
        # pygal begins at the bottom.
        drawing.x_labels = [chart.label(markup.shortened(title, _NAME)) for title, _ in shown[::-1]]
        drawing.add("", [{"value": value, "label": title} for title, value in shown[::-1]])

    def arrange(root: Any) -> None:
        _whole_names(root, [title for title, _ in shown[::-1]])
        _values_behind(root)

    return chart.render(
        "HorizontalBar",
        name,
        fill,
        arrange=arrange,
        range=(0, high),
        height=_AXES + _ROW * len(shown),
        x_title=x.title,
        show_legend=False,
        print_values=True,
        truncate_label=-1,
        margin_right=56,
        value_formatter=lambda value: f"{value:.3g}" if digits is None else f"{value:.{digits}f}",
    )


def _nodes(root: Any, tag: str, kind: str) -> list[Any]:
    return [node for node in root.iter(tag) if kind in node.get("class", "").split()]


def _whole_names(root: Any, names: list[str]) -> None:
    [axis] = [node for node in root.iter("g") if node.get("class", "").startswith("axis y")]
    for guide, whole in zip(axis, names, strict=True):
        next(guide.iter("title")).text = chart.label(whole)


def _values_behind(root: Any) -> None:
    """Values stand behind their bars: in the middle of a short bar they would cover it."""
    bars, values = _nodes(root, "rect", "rect"), _nodes(root, "text", "value")
    for bar, value in zip(bars, values, strict=True):
        # pygal leaves out what is zero.
        end = float(bar.get("x", 0)) + float(bar.get("width", 0))
        value.set("x", f"{end + 5:.1f}")
        value.set("text-anchor", "start")
