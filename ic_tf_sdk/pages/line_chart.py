"""Lines over numbered steps, such as the epochs of a training."""

from collections.abc import Mapping, Sequence
from typing import Any

from ic_tf_sdk.pages import chart
from ic_tf_sdk.pages.chart import Axis

__all__ = ["draw"]

_MOST_TICKS = 8
_DASHES = ("", "7,4", "2,3", "9,3,2,3")


def draw(
    name: str,
    lines: Mapping[str, Sequence[float]],
    *,
    x: Axis,
    y: Axis,
    marked: tuple[int, str] | None = None,
) -> str | None:
    """Draw lines of values, one for each step from 1.

    Args:
        name: What the chart shows, for who does not see it.
        lines: The legend's name -> a value for each step, at most three of them; what is no finite
            number leaves a gap.
        x: The axis of the steps.
        y: The axis of the values.
        marked: A step, from 1, and what the legend says of it.

    Returns:
        An ``<svg>`` element; None without pygal, or where no value is a finite number.

    Example:
        >>> losses = {"training": [0.9, 0.5], "validation": [1.0, 0.7]}
        >>> svg = draw("Loss", losses, x=Axis("epoch"), y=Axis("loss"), marked=(2, "exported"))
        >>> svg is None or svg.startswith("<svg")
        True
    """
    values = [value for line in lines.values() for value in line if chart.finite(value)]
    if not values:
        return None
    low, high = y.range(values)
    steps = max(map(len, lines.values()))

    def fill(drawing: Any) -> None:
        for (legend, line), dashes in zip(lines.items(), _DASHES, strict=False):
            points = [
                (step, value if chart.finite(value) else None)
                for step, value in enumerate(line, start=1)
            ]
            if any(value is not None for _, value in points):
                drawing.add(chart.label(legend), points, stroke_style=_stroke(dashes))
        if marked is not None:
            step, legend = marked
            ends = [(step, low), (step, high)]
            drawing.add(chart.label(legend), ends, show_dots=False, stroke_style=_stroke("1,4"))

    return chart.render(
        "XY",
        name,
        fill,
        range=(low, high),
        xrange=(1, steps) if steps > 1 else (0, 2),
        x_labels=_ticks(steps),
        x_title=x.title,
        y_title=y.title,
        allow_interruptions=True,
    )


def _stroke(dashes: str) -> dict[str, object]:
    return {"width": 2, "linecap": "round", **({"dasharray": dashes} if dashes else {})}


def _ticks(steps: int) -> list[int]:
    """Whole steps, at most eight, at even distances."""
    every = -(-steps // _MOST_TICKS)
    return list(range(1, steps + 1, every))
