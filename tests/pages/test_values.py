"""What is drawn stands where the chart's own axes have it, and says what it is."""

import itertools
import math
import re
import xml.etree.ElementTree as ET

import pytest

from ic_tf_sdk.pages import (
    bar_chart,
    chart,
    line_chart,
    name_places,
    reliability_chart,
    scatter_chart,
)
from ic_tf_sdk.pages.chart import Axis
from ic_tf_sdk.pages.reliability_chart import Bin
from ic_tf_sdk.pages.scatter_chart import Point

SVG = "{http://www.w3.org/2000/svg}"


class Drawing:
    """A chart, read by its axes."""

    def __init__(self, svg: str | None) -> None:
        assert svg is not None
        self.root = ET.fromstring(svg)
        boxes = [node for node in self.nodes("rect") if node.get("class") == "background"]
        self.width, self.height = (float(boxes[1].attrib[side]) for side in ("width", "height"))

    def nodes(self, tag: str) -> list[ET.Element]:
        return list(self.root.iter(f"{SVG}{tag}"))

    def of(self, tag: str, kind: str) -> list[ET.Element]:
        return [node for node in self.nodes(tag) if kind in node.get("class", "").split()]

    def ticks(self, axis: str) -> list[tuple[float, float]]:
        """The value and the place of each tick."""
        [found] = [one for one in self.of("g", "axis") if axis in one.get("class", "").split()]
        ticks = []
        for guide in found:
            path = guide.find(f"{SVG}path")
            text = guide.find(f"{SVG}text")
            if path is not None and text is not None:
                across, down = map(float, re.findall(r"[-\d.]+", path.attrib["d"])[:2])
                ticks.append((float(str(text.text)), down if axis == "y" else across))
        return sorted(ticks)

    def value(self, axis: str, place: float) -> float:
        """What the axis has at a place."""
        (low, first), *_, (high, last) = self.ticks(axis)
        return low + (high - low) * (place - first) / (last - first)

    def points(self) -> list[tuple[float, float]]:
        return [
            (self.value("x", float(dot.attrib["cx"])), self.value("y", float(dot.attrib["cy"])))
            for dot in self.of("circle", "dot")
        ]

    def said(self) -> list[str]:
        # A browser shows it of an element whose first child it is.
        titles = [dots[0] for dots in self.of("g", "dots")]
        assert {title.tag for title in titles} <= {f"{SVG}title"}
        return [str(title.text) for title in titles]


def close(points: list[tuple[float, float]]) -> object:
    return [pytest.approx(point, abs=1e-4) for point in points]


@pytest.mark.parametrize("steps", [1, 2, 3, 30])
def test_the_points_of_a_line_are_its_values_one_for_each_step(steps: int) -> None:
    values = [1.5 / step for step in range(1, steps + 1)]
    drawn = Drawing(
        line_chart.draw("L", {"t": values}, x=Axis("epoch"), y=Axis("loss", 0), marked=(1, "m"))
    )
    assert len(drawn.of("circle", "dot")) == steps
    assert drawn.said() == [f"{step}: {value:.3g}" for step, value in enumerate(values, 1)]
    assert drawn.ticks("y")[0][0] == 0
    assert drawn.ticks("x")[0][0] == 1
    if steps > 1:
        assert drawn.points() == close(list(enumerate(values, 1)))
        # They fill the width, and the mark stands at its step from top to bottom.
        places = [float(dot.attrib["cx"]) for dot in drawn.of("circle", "dot")]
        assert min(places) < 0.05 * drawn.width < 0.95 * drawn.width < max(places)
        mark = drawn.of("path", "line")[-1].attrib["d"]
        assert float(re.findall(r"[\d.]+", mark)[0]) == pytest.approx(places[0], abs=1e-4)
    else:
        # In the middle.
        assert float(drawn.of("circle", "dot")[0].attrib["cx"]) == pytest.approx(drawn.width / 2)


def test_a_step_without_a_number_is_a_gap() -> None:
    values = [1.0, 0.8, float("nan"), 0.5, 0.4]
    drawn = Drawing(line_chart.draw("L", {"t": values}, x=Axis("epoch"), y=Axis("loss", 0)))
    assert [one.attrib["d"].count("L") for one in drawn.of("path", "reactive")] == [1, 1]
    assert drawn.points() == close([(1, 1.0), (2, 0.8), (4, 0.5), (5, 0.4)])


@pytest.mark.parametrize(
    ("steps", "last", "count"), [(8, 8, 8), (9, 9, 5), (16, 15, 8), (17, 16, 6), (100, 92, 8)]
)
def test_there_are_at_most_eight_steps_named_at_even_distances(
    steps: int, last: int, count: int
) -> None:
    drawn = Drawing(line_chart.draw("L", {"t": [1.0] * steps}, x=Axis("epoch"), y=Axis("loss")))
    ticks = [value for value, _ in drawn.ticks("x")]
    assert (ticks[0], ticks[-1], len(ticks)) == (1, last, count)
    assert len({later - before for before, later in itertools.pairwise(ticks)}) == 1


def test_bars_are_as_long_as_their_values_and_begin_at_nought() -> None:
    bars = [("a", 0.5), ("b", 0.125), ("c", 0.0)]
    for axis, longest in ((Axis("share"), 0.5), (Axis("share", high=1), 1.0)):
        drawn = Drawing(bar_chart.draw("R", bars, x=axis))
        rectangles = drawn.of("rect", "rect")
        ends = [float(one.get("x", 0)) + float(one.get("width", 0)) for one in rectangles]
        values = [drawn.value("x", end) for end in ends]
        # The first is drawn last; what is nought has no rectangle of its own.
        assert values[-2:] == [pytest.approx(0.125, abs=1e-4), pytest.approx(0.5, abs=1e-4)]
        assert drawn.ticks("x")[0] == (0, pytest.approx(0, abs=0.05 * drawn.width))
        assert 0.95 * drawn.width < ends[-1] * longest / 0.5 <= drawn.width
    assert [one.text for one in drawn.of("text", "value")] == ["0", "0.125", "0.5"]


def test_each_name_that_lost_its_middle_is_whole_when_pointed_at() -> None:
    names = [f"{letter * 15} of a kind {number}" for number, letter in enumerate("abc")]
    drawn = Drawing(bar_chart.draw("R", [(name, 1.0) for name in names], x=Axis("x")))
    [axis] = [one for one in drawn.of("g", "axis") if "y" in one.get("class", "").split()]
    pairs = [(str(guide[0].text), str(next(guide.iter(f"{SVG}title")).text)) for guide in axis]
    assert [whole for _, whole in pairs] == names[::-1]
    for short, whole in pairs:
        begin, _, end = short.partition("\N{HORIZONTAL ELLIPSIS}")
        assert whole.startswith(begin)
        assert whole.endswith(end)
        assert len(short) == 20


@pytest.mark.parametrize("count", [1, 7])
def test_a_chart_of_bars_is_as_high_as_it_has_bars(count: int) -> None:
    drawn = Drawing(bar_chart.draw("R", [(f"c{n}", 1.0) for n in range(count)], x=Axis("x")))
    assert drawn.root.attrib["viewBox"] == f"0 0 480 {70 + 22 * count}"


def test_points_stand_at_their_values_and_the_best_ones_are_joined() -> None:
    points = [Point(1, 0.5, "a", best=True), Point(9, 0.8, "b"), Point(3, 0.7, "c", best=True)]
    drawn = Drawing(scatter_chart.draw("M", points, x=Axis("s"), y=Axis("right")))
    assert drawn.root.attrib["viewBox"] == "0 0 480 340"
    assert drawn.points() == close([(1, 0.5), (3, 0.7), (9, 0.8)])
    assert drawn.said() == ["a: 1, 0.5", "c: 3, 0.7", "b: 9, 0.8"]
    lines = drawn.of("path", "reactive")
    assert len(lines) == 1
    assert lines[0].attrib["d"].count("L") == 1
    # A twentieth of each axis stays free at its ends.
    dots = drawn.of("circle", "dot")
    free = 0.05 / 1.1
    assert float(dots[0].attrib["cx"]) / drawn.width == pytest.approx(free, abs=0.02)
    assert float(dots[-1].attrib["cx"]) / drawn.width == pytest.approx(1 - free, abs=0.02)


def test_ratios_are_equal_distances_and_a_tick_says_its_value() -> None:
    points = [Point(1, 0.5, "a"), Point(10, 0.6, "b"), Point(100, 0.7, "c")]
    drawn = Drawing(scatter_chart.draw("M", points, x=Axis("s"), y=Axis("right"), logarithmic=True))
    # Nobody said of one that it is among the best.
    assert drawn.of("path", "reactive") == []
    one, ten, hundred = (float(dot.attrib["cx"]) for dot in drawn.of("circle", "dot"))
    assert ten - one == pytest.approx(hundred - ten)
    ticks = drawn.ticks("x")
    assert [value for value, _ in ticks] == [1, 2, 5, 10, 20, 50, 100]
    assert [place for value, place in ticks if value in (1, 10, 100)] == [
        pytest.approx(place, abs=1e-4) for place in (one, ten, hundred)
    ]
    for guide in drawn.of("g", "guides"):
        assert next(guide.iter(f"{SVG}title")).text == next(guide.iter(f"{SVG}text")).text


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (1, 999, [1, 2, 5, 10, 20, 50, 100, 200, 500]),
        (1, 1000, [1, 10, 100, 1000]),
        (1, 1001, [1, 10, 100, 1000]),
        (1.5, 8, [2, 5]),
        (1.5, 4.5, [1.5, 4.5]),
        (3, 3.5, [3, 3.5]),
        (0.02, 0.4, [0.02, 0.05, 0.1, 0.2]),
    ],
)
def test_the_ticks_of_ratios_are_round_or_the_ends(
    low: float, high: float, ticks: list[float]
) -> None:
    points = [Point(low, 0.5, "a"), Point(high, 0.6, "b")]
    drawn = Drawing(scatter_chart.draw("M", points, x=Axis("s"), y=Axis("right"), logarithmic=True))
    assert [value for value, _ in drawn.ticks("x")] == pytest.approx(ticks)


def test_reliability_is_drawn_on_one_to_one_axes_with_the_diagonal() -> None:
    bins = [Bin(0.5, 0.6, 10), Bin(0.25, 0.2, 4)]
    drawn = Drawing(reliability_chart.draw("S", {"as served": bins}))
    assert drawn.root.attrib["viewBox"] == "0 0 480 340"
    assert drawn.points() == close([(0.25, 0.2), (0.5, 0.6)])
    assert drawn.said() == [
        "4 images: 0.250 sure, 0.200 right",
        "10 images: 0.500 sure, 0.600 right",
    ]
    for axis in ("x", "y"):
        assert [value for value, _ in drawn.ticks(axis)] == [0, 0.2, 0.4, 0.6, 0.8, 1]
    numbers = [
        float(one) for one in re.findall(r"[\d.]+", drawn.of("path", "line")[-1].attrib["d"])
    ]
    ends = [(drawn.value("x", x), drawn.value("y", y)) for x, y in (numbers[:2], numbers[2:])]
    assert ends == close([(0, 0), (1, 1)])


def test_an_axis_of_one_value_has_half_of_it_to_both_sides() -> None:
    assert Axis("x").range([4.0]) == (2.0, 6.0)
    assert Axis("x").range([-4.0]) == (-6.0, -2.0)
    assert Axis("x").range([0.0]) == (-0.5, 0.5)
    assert Axis("x").range([1.0, 1.0 + 1e-7]) == pytest.approx((0.5, 1.5), abs=1e-6)
    # So little is nothing, wherever it is.
    assert Axis("x").range([0.0, 1e-12]) == pytest.approx((-0.5, 0.5), abs=1e-6)
    assert Axis("x").range([1.0, 1.0 + 2e-6]) == (1.0, 1.0 + 2e-6)
    assert Axis("x", 0, 1).range([0.5]) == (0, 1)
    assert Axis("x", 0, 1).range([-2.0, 3.0]) == (-2.0, 3.0)


@pytest.mark.parametrize("letters", [1, 12, 20, 26, 60])
def test_an_axis_goes_on_for_the_name_of_its_last_point_and_not_for_much_more(letters: int) -> None:
    points = [Point(0.0, 1.0, "b"), Point(10.0, 2.0, "a" * letters)]
    drawn = Drawing(scatter_chart.draw("S", points, x=Axis("s"), y=Axis("y")))
    last = max(float(dot.attrib["cx"]) for dot in drawn.of("circle", "dot"))
    free, wanted = drawn.width - last, name_places.width("a" * letters)
    if letters == 1:
        # It stands in the room that is beside each plot.
        assert wanted == 0 < free < 0.07 * drawn.width
    elif letters >= 26:
        # Two fifths of the width are the most.
        assert 0.4 * drawn.width < free < 0.41 * drawn.width < wanted
    else:
        assert wanted < free < 1.2 * wanted


def test_a_number_has_a_place_on_an_axis_up_to_one_that_float32_has_not() -> None:
    assert all(map(chart.finite, (0, -1.5, 1e40, -1e40)))
    beyond = math.nextafter(1e40, math.inf)
    assert not any(map(chart.finite, (beyond, -beyond, math.inf, math.nan, None, "1")))


def test_to_the_right_of_the_plot_there_is_room_for_the_ends_of_names() -> None:
    points = [Point(0.0, 1.0, "b"), Point(10.0, 2.0, "a" * 40)]
    drawn = Drawing(scatter_chart.draw("S", points, x=Axis("s"), y=Axis("y")))
    [plot] = [one for one in drawn.of("g", "plot") if "overlay" not in one.attrib["class"]]
    left = float(re.findall(r"[\d.]+", plot.attrib["transform"])[0])
    whole = float(drawn.root.attrib["viewBox"].split()[2])
    assert left + drawn.width + name_places.ROOM <= whole
