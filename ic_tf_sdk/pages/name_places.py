"""Where the names of a chart's points stand, so that none lies on another."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from ic_tf_sdk.pages import chart

__all__ = ["ROOM", "place", "width"]

ROOM = 20
"""To the right of the plot, where a name may still stand."""

# The widest letters of a system font are about so many times as wide as they are high.
_LETTER = 0.6
_GAP = 7.0
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


class _Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "_Box") -> bool:
        beside = self.right <= other.left or other.right <= self.left
        return not (beside or self.bottom <= other.top or other.bottom <= self.top)


def width(name: str) -> float:
    """How far a name reaches to the right of its point, as far as it must stand inside the plot.

    Args:
        name: As it is drawn.
    """
    return max(0.0, _GAP + _LETTER * chart.SIZE * len(name) - ROOM)


def place(root: Any) -> None:
    """Put each name where it covers no point and no other name, or leave it to be pointed at.

    Where there is such a place beside the lines between points, it is taken.

    Args:
        root: The SVG of a chart whose points all have a name that is drawn.
    """
    points = [node for node in root.iter("circle") if "dot" in node.get("class", "").split()]
    names = [node for node in root.iter("text") if node.get("class") == "label"]
    # The first background is the whole chart's, the second that of the plot.
    _, frame, *_ = (node for node in root.iter("rect") if node.get("class") == "background")
    inside = _Box(0.0, 0.0, float(frame.get("width")) + ROOM, float(frame.get("height")))
    taken = [_around(float(point.get("cx")), float(point.get("cy"))) for point in points]
    drawn = list(_along_lines(root))
    asked = []
    for point, name in zip(points, names, strict=True):
        x, y = float(point.get("cx")), float(point.get("cy"))
        wide = _LETTER * chart.SIZE * len(name.text)
        places = [box for box in _places(x, y, wide, inside.right) if _contains(inside, box)]
        asked.append((name, [box for box in places if not any(map(box.meets, taken))]))
    # Who has the fewest places chooses first.
    for name, places in sorted(asked, key=lambda one: len(one[1])):
        free = [box for box in places if not any(map(box.meets, taken))]
        box = next((box for box in free if not any(map(box.meets, drawn))), next(iter(free), None))
        if box is None:
            name.text = ""
            continue
        taken.append(box)
        name.attrib.update({"x": f"{box.left:.1f}", "y": f"{box.bottom - 3:.1f}"})
        name.set("text-anchor", "start")


def _around(x: float, y: float, far: float = 4) -> _Box:
    return _Box(x - far, y - far, x + far, y + far)


def _along_lines(root: Any) -> Iterator[_Box]:
    """Small boxes on the lines between points, one beside the other."""
    for node in root.iter("path"):
        drawn = "nofill" in node.get("class", "").split()
        for piece in node.get("d").split("M") if drawn else ():
            numbers = [float(number) for number in _NUMBER.findall(piece)]
            corners = zip(numbers[::2], numbers[1::2], strict=True)
            for (x, y), (to_x, to_y) in pairwise(corners):
                steps = 1 + int(max(abs(to_x - x), abs(to_y - y)) / 2)
                for part in (step / steps for step in range(steps + 1)):
                    yield _around(x + part * (to_x - x), y + part * (to_y - y), far=1)


def _contains(outer: _Box, box: _Box) -> bool:
    return (
        outer.left <= box.left
        and box.right <= outer.right
        and outer.top <= box.top
        and box.bottom <= outer.bottom
    )


def _places(x: float, y: float, width: float, end: float) -> list[_Box]:
    """Where a name may stand: beside its point, above, below, then a little farther off."""
    middle = min(x - width / 2, end - width)
    high = chart.SIZE + 2.0
    boxes = []
    for rise in (0.0, -high, high, -1.6 * high, 1.6 * high):
        top = y - high / 2 + rise
        lefts = [x + _GAP, x - _GAP - width] + ([middle] if rise else [])
        boxes += [_Box(left, top, left + width, top + high) for left in lefts]
    return boxes
