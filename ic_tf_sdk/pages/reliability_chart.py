"""How sure a model is beside how often it is right: on the diagonal the two are the same."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ic_tf_sdk.pages import chart

__all__ = ["Bin", "draw"]


class Bin(NamedTuple):
    """Images of about equal confidence.

    Attributes:
        confidence: The mean probability of the class that the model names, 0 to 1.
        accuracy: The share that it names rightly, 0 to 1.
        images: How many.
    """

    confidence: float
    accuracy: float
    images: int


def draw(name: str, lines: Mapping[str, Sequence[Bin]]) -> str | None:
    """Draw a reliability picture.

    Args:
        name: What the chart shows, for who does not see it.
        lines: The legend's name -> bins, at most two of them.

    Returns:
        An ``<svg>`` element; None without pygal, or without a bin.

    Example:
        >>> svg = draw("Reliability", {"as served": [Bin(0.9, 0.8, 20), Bin(0.95, 0.9, 20)]})
        >>> svg is None or "as served" in svg
        True
    """
    shown = {
        legend: [one for one in bins if chart.finite(one.confidence) and chart.finite(one.accuracy)]
        for legend, bins in lines.items()
    }
    if not any(shown.values()):
        return None

    def fill(drawing: Any) -> None:
        for legend, bins in shown.items():
            points = sorted((one.confidence, one.accuracy, one.images) for one in bins)
            drawing.add(chart.label(legend), [_point(*one) for one in points])
        ends = [(0, 0), (1, 1)]
        dashes = {"width": 1, "dasharray": "4,4"}
        drawing.add("as sure as right", ends, show_dots=False, stroke_style=dashes)

    return chart.render(
        "XY",
        name,
        fill,
        range=(0, 1),
        xrange=(0, 1),
        x_labels=[0, 0.2, 0.4, 0.6, 0.8, 1],
        x_title="mean probability",
        y_title="share right",
        height=340,
    )


def _point(confidence: float, accuracy: float, images: int) -> dict[str, object]:
    said = f"{images} images: {confidence:.3f} sure, {accuracy:.3f} right"
    return {"value": (confidence, accuracy), "formatter": lambda _: said}
