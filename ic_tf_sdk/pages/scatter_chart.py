"""Named points over two measures, such as accuracy over time; names do not lie on each other."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from ic_tf_sdk.pages import chart, markup, name_places
from ic_tf_sdk.pages.chart import Axis

__all__ = ["Point", "draw"]

_NAME = 26
_HEIGHT = 340
# The share of an axis that stays free at each end.
_FREE = 0.05
# Somewhat less than the width of the plot, and the part of it that a name to the right may take.
_WIDTH = 360
_MOST_FOR_A_NAME = 0.4


class Point(NamedTuple):
    """One point.

    Attributes:
        x: Its place on the horizontal axis.
        y: Its place on the vertical axis.
        name: What stands beside it.
        best: Whether nothing else is better in one measure without being worse in the other.
    """

    x: float
    y: float
    name: str
    best: bool = False


def draw(
    name: str,
    points: Sequence[Point],
    *,
    x: Axis,
    y: Axis,
    logarithmic: bool = False,
    legend: tuple[str, str] = ("best", "others"),
) -> str | None:
    """Draw points, the best ones with a line through them.

    Args:
        name: What the chart shows, for who does not see it.
        points: One with a coordinate that is no finite number is left out; so is, with
            ``logarithmic``, one whose ``x`` is not above zero. A name for which there is no room
            shows when its point is pointed at.
        x: The horizontal axis.
        y: The vertical axis.
        logarithmic: Whether equal distances on the horizontal axis are equal ratios.
        legend: What the legend calls the best points, and the others.

    Returns:
        An ``<svg>`` element; None without pygal, or without a point.

    Example:
        >>> points = [Point(2.0, 0.85, "small", best=True), Point(9.0, 0.8, "slow")]
        >>> svg = draw("Models", points, x=Axis("minutes"), y=Axis("accuracy"))
        >>> svg is None or "small" in svg
        True
    """
    scale = math.log10 if logarithmic else float
    shown = [point for point in points if _has_place(point, above=0 if logarithmic else None)]
    if not shown:
        return None
    given = [end for end in (x.low, x.high) if end]
    ends = Axis(x.title).range([scale(value) for value in [*given, *(one.x for one in shown)]])

    def fill(drawing: Any) -> None:
        parts = [point for point in shown if point.best], [one for one in shown if not one.best]
        for title, part in zip(legend, parts, strict=True):
            if part:
                values = [_value(point, scale(point.x)) for point in sorted(part)]
                drawing.add(title, values, stroke=part is parts[0])
        if logarithmic:
            drawing.x_labels = _log_labels(*ends)

    return chart.render(
        "XY",
        name,
        fill,
        arrange=_arrange,
        range=_roomy(*y.range([point.y for point in shown])),
        xrange=_room_for_names(*ends, [(scale(one.x), one.name) for one in shown]),
        x_title=x.title,
        y_title=y.title,
        height=_HEIGHT,
        print_labels=True,
        margin_right=name_places.ROOM + 4,
    )


def _arrange(root: Any) -> None:
    name_places.place(root)
    # A tick that is pointed at says what stands there, and not the logarithm of it.
    for guide in (node for node in root.iter("g") if node.get("class") == "guides"):
        for title in guide.iter("title"):
            title.text = next(guide.iter("text")).text


def _has_place(point: Point, *, above: float | None) -> bool:
    return chart.finite(point.x) and chart.finite(point.y) and (above is None or point.x > above)


def _roomy(low: float, high: float) -> tuple[float, float]:
    room = _FREE * (high - low)
    return low - room, high + room


def _room_for_names(low: float, high: float, names: list[tuple[float, str]]) -> tuple[float, float]:
    """As ``_roomy``, with room for a name beside each point: else it lies on the line to others."""
    start, end = _roomy(low, high)
    for x, name in names:
        share = min(name_places.width(name[:_NAME]) / _WIDTH, _MOST_FOR_A_NAME)
        end = max(end, (x - share * start) / (1 - share))
    return start, end


def _value(point: Point, x: float) -> dict[str, object]:
    """What pygal takes; the whole name and the values show when the point is pointed at."""
    said = chart.label(f"{point.name}: {point.x:.3g}, {point.y:.3g}")
    # pygal leaves out a name without a letter.
    name = chart.label(markup.shortened(point.name, _NAME)) or markup.number(None)
    return {"value": (x, point.y), "label": name, "formatter": lambda _: said}


def _log_labels(low: float, high: float) -> list[dict[str, object]]:
    """1, 2 and 5 times each power of ten on the axis; the powers alone where that is enough."""
    steps = (1, 2, 5) if high - low < 3 else (1,)
    values = [
        step * 10.0**power
        for power in range(math.floor(low), math.ceil(high) + 1)
        for step in steps
    ]
    inside = [value for value in values if low <= math.log10(value) <= high]
    # An axis shorter than from 1 to 2 has its ends.
    inside = inside if len(inside) > 1 else [10**low, 10**high]
    return [{"value": math.log10(value), "label": f"{value:.3g}"} for value in inside]
