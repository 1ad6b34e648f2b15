"""One chart of pygal as a piece of HTML: no script, no outside address, the page's own colours.

pygal is optional here: where it is not installed every chart is None, and pages say ``MISSING``
beside their tables. The charts of this package stand in modules of their own::

    line_chart.draw(...)  bar_chart.draw(...)  scatter_chart.draw(...)  reliability_chart.draw(...)
"""

import importlib
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from ic_tf_sdk.contract.plain_text import visible

__all__ = ["MISSING", "SIZE", "Axis", "available", "figure", "finite", "label", "render"]

MISSING = "The charts need the package pygal, which is not installed; the tables have all of it."
"""The sentence where charts would stand."""

SIZE = 13
"""The height of letters, in the chart's own units; a chart is 480 of them wide."""

# Of larger numbers pygal makes infinite ticks; float32, in which training computes, has none.
_LARGEST = 1e40
_SMALLEST = 1e-12
# A range that is smaller than this part of its numbers has no ticks that differ in print.
_NARROWEST = 1e-6
_WIDTH, _HEIGHT = 480, 320
# The page's colours; beside each, for a notebook that has none, one that shows on light and dark.
_INK, _SOFT, _LINE = "var(--ink, currentColor)", "var(--soft, currentColor)", "var(--line, #8884)"
_COLOURS = ("var(--accent, #3b82c4)", "var(--second, #b5651d)", _SOFT, _INK)
_NO_XML = re.compile("[\ufffe\uffff]")
# What pygal has for its own script alone: places of tooltips, and legends that can be switched.
_OF_SCRIPTS = {"script", "desc"}


@dataclass(frozen=True)
class Axis:
    """One axis of a chart.

    Attributes:
        title: What is measured, with its unit.
        low: Where the axis begins; None where the values do.
        high: Where it ends; None where the values do.
    """

    title: str
    low: float | None = None
    high: float | None = None

    def range(self, values: Iterable[float]) -> tuple[float, float]:
        """Beginning and end, which are apart also where all values are one.

        Args:
            values: Finite numbers, one at least.
        """
        known = list(values)
        low = min(known) if self.low is None else min(self.low, *known)
        high = max(known) if self.high is None else max(self.high, *known)
        largest = max(abs(low), abs(high))
        if high - low > max(largest * _NARROWEST, _SMALLEST):
            return low, high
        room = largest / 2 if largest > _SMALLEST else 0.5
        return low - room, high + room


def available() -> bool:
    """Whether charts can be drawn: whether pygal is installed."""
    return find_spec("pygal") is not None


def finite(value: object) -> bool:
    """Whether a value is a number that has a place on an axis."""
    return isinstance(value, int | float) and abs(value) <= _LARGEST


def label(name: str) -> str:
    """A name as a chart can hold it.

    Args:
        name: Any text.
    """
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", visible(name))


def figure(drawing: str | None, caption: str) -> str:
    """A chart with its caption, as HTML; nothing where there is no chart.

    Args:
        drawing: From ``draw`` of a chart's module.
        caption: HTML.
    """
    if drawing is None:
        return ""
    return f"<figure><figcaption>{caption}</figcaption>{drawing}</figure>"


def render(
    kind: str,
    name: str,
    fill: Callable[[Any], None],
    *,
    arrange: Callable[[Any], None] | None = None,
    **settings: Any,
) -> str | None:
    """Draw a chart.

    Args:
        kind: pygal's class, for example ``"XY"``.
        name: What the chart shows, for who does not see it.
        fill: Adds the series to the pygal chart.
        arrange: Moves what was drawn, of the SVG's root element.
        **settings: pygal's own, over those of all charts here.

    Returns:
        An ``<svg>`` element, or None without pygal.
    """
    if not available():
        return None
    pygal = _pygal()
    etree = importlib.import_module("pygal.etree").etree
    chart = getattr(pygal, kind)(**{**_settings(), **settings})
    fill(chart)
    root = chart.render_tree()
    if arrange is not None:
        arrange(root)
    _clean(root)
    root.attrib.update({"role": "img", "aria-label": label(name), "class": "chart"})
    next(root.iter("title")).text = label(name)
    drawn: str = etree.tostring(root, encoding="unicode")
    return drawn


def _pygal() -> Any:
    pygal = importlib.import_module("pygal")
    # It adds an importer of maps, which nothing here draws, in the form of Python 2: before 3.12
    # every later import that finds nothing would warn of it.
    sys.meta_path[:] = [one for one in sys.meta_path if type(one).__module__ != pygal.__name__]
    return pygal


def _settings() -> dict[str, Any]:
    style = importlib.import_module("pygal.style").Style
    return {
        "style": style(
            background="transparent",
            plot_background="transparent",
            foreground=_INK,
            foreground_strong=_INK,
            foreground_subtle=_LINE,
            value_background=_LINE,
            guide_stroke_color=_LINE,
            major_guide_stroke_color=_LINE,
            guide_stroke_dasharray="none",
            major_guide_stroke_dasharray="none",
            colors=_COLOURS,
            value_colors=(_INK,) * len(_COLOURS),
            font_family="system-ui, sans-serif",
            **dict.fromkeys(("opacity", "opacity_hover", "stroke_opacity"), "1"),
            **{f"{part}_font_size": SIZE for part in _TEXTS},
            stroke_width="2",
            transition="0s",
        ),
        "js": [],
        "width": _WIDTH,
        "height": _HEIGHT,
        "margin": 10,
        "margin_right": 20,
        "max_scale": 7,
        "dots_size": 3.5,
        "legend_at_bottom": True,
        "value_formatter": lambda value: f"{value:.3g}",
        "x_value_formatter": lambda value: f"{value:.3g}",
    }


_TEXTS = ("label", "major_label", "value", "value_label", "title", "legend", "no_data")


def _clean(root: Any) -> None:
    """Leave out scripts and what is for them; what a point says shows when it is pointed at."""
    for parent in list(root.iter()):
        value = None
        for child in list(parent):
            if not isinstance(child.tag, str):
                parent.remove(child)  # a comment, with the date of today
            elif child.tag in _OF_SCRIPTS or "tooltip" in child.get("class", "").split():
                if child.get("class") == "value":
                    value = child
                parent.remove(child)
            elif child.get("id", "").startswith("activate-"):
                del child.attrib["id"]  # another chart of the page would have it too
        if value is not None:
            value.tag = "title"
            value.attrib.clear()
            parent.insert(0, value)
