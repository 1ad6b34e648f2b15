"""A chart shows its data and nothing else: no script, no address, no name that is obeyed."""

import re
import sys
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ic_tf_sdk.pages import bar_chart, chart, line_chart, reliability_chart, scatter_chart
from ic_tf_sdk.pages.chart import Axis
from ic_tf_sdk.pages.reliability_chart import Bin
from ic_tf_sdk.pages.scatter_chart import Point

NAN, INFINITE = float("nan"), float("inf")
SVG = "{http://www.w3.org/2000/svg}"
UGLY = (
    "</svg><script>alert(1)</script>",
    "a\u202eb",
    "a\nb",
    "x" * 300,
    "\ufffe\x00",
    "<b>&amp;",
    "",
)


def lines(*values: float) -> str | None:
    return line_chart.draw("Loss", {"training": values}, x=Axis("epoch"), y=Axis("loss", 0))


def drawn() -> dict[str, str | None]:
    """One chart of each kind."""
    return {
        "lines": lines(3.0, 2.0, 1.0),
        "bars": bar_chart.draw("Recall", [("a", 0.5), ("b", 1.0)], x=Axis("recall", high=1)),
        "scatter": scatter_chart.draw("Models", [Point(1, 2, "a")], x=Axis("s"), y=Axis("right")),
        "reliability": reliability_chart.draw("Sure", {"as served": [Bin(0.5, 0.6, 10)]}),
    }


def texts(svg: str) -> list[str]:
    return ["".join(node.itertext()) for node in ET.fromstring(svg).iter(f"{SVG}text")]


def dots(svg: str) -> int:
    return len(list(ET.fromstring(svg).iter(f"{SVG}circle")))


@pytest.mark.parametrize("kind", ["lines", "bars", "scatter", "reliability"])
def test_a_chart_runs_nothing_and_asks_nobody(kind: str) -> None:
    svg = drawn()[kind]
    assert svg is not None
    tags = {node.tag.removeprefix(SVG) for node in ET.fromstring(svg).iter()}
    assert not tags & {"script", "image", "use", "foreignObject", "a"}
    assert "<!--" not in svg
    addresses = set(re.findall(r"https?://[^\"')\s]+", svg))
    assert addresses <= {"http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"}
    assert not re.search(r"@import|url\(|href", svg)


@pytest.mark.parametrize("kind", ["lines", "bars", "scatter", "reliability"])
def test_a_chart_is_named_and_its_colours_are_the_pages(kind: str) -> None:
    svg = drawn()[kind]
    assert svg is not None
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == next(root.iter(f"{SVG}title")).text
    assert "var(--ink,currentColor)" in svg
    assert "var(--accent" in svg
    # No colour of pygal's own is left, which one of the two schemes would not show.
    assert not re.search(r"(fill|stroke|background-color):\s*(black|white|rgba?\()", svg)


def test_no_two_elements_of_a_page_have_one_id() -> None:
    page = "".join(svg for _ in range(2) for svg in drawn().values() if svg)
    ids = re.findall(r'\bid="([^"]*)"', page)
    assert len(ids) == len(set(ids)) == 8


def test_what_is_no_number_is_left_out_and_the_rest_is_drawn() -> None:
    svg = lines(3.0, NAN, INFINITE, 1.0, -INFINITE)
    assert svg is not None
    assert dots(svg) == 2
    assert lines(NAN, INFINITE) is None
    assert lines() is None
    bars = bar_chart.draw("x", [("a", NAN), ("b", 0.0)], x=Axis("x"))
    assert bars is not None
    assert "b" in texts(bars)
    assert "a" not in texts(bars)
    assert bar_chart.draw("x", [("a", NAN)], x=Axis("x")) is None
    points = [Point(NAN, 1, "a"), Point(1, INFINITE, "b"), Point(0, 1, "c"), Point(2, 1, "d")]
    some = scatter_chart.draw("x", points, x=Axis("x"), y=Axis("y"), logarithmic=True)
    assert some is not None
    assert dots(some) == 1
    assert scatter_chart.draw("x", points[:2], x=Axis("x"), y=Axis("y")) is None
    assert reliability_chart.draw("x", {"a": [Bin(NAN, 0.5, 1)]}) is None


@pytest.mark.parametrize("values", [(2.0,), (0.0,), (0.5,) * 40, (-1.0, -1.0), (1.0, 1.0 + 1e-15)])
def test_one_point_and_a_level_line_have_an_axis(values: tuple[float, ...]) -> None:
    svg = lines(*values)
    assert svg is not None
    assert dots(svg) == len(values)
    assert "nan" not in svg.lower().replace("dominant", "")
    # Ticks of both axes, and both titles.
    assert {"epoch", "loss", "1"} <= set(texts(svg))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(), min_size=1, max_size=12))
def test_any_values_are_drawn_or_left_out(values: list[float]) -> None:
    places = [value for value in values if abs(value) <= 1e40]
    svg = line_chart.draw("x", {"x": values}, x=Axis("x"), y=Axis("y"))
    assert (svg is None) == (not places)
    if svg is not None:
        assert dots(svg) == len(places)
        assert not re.search(r'="-?(nan|inf)', svg)


def test_lines_have_ticks_a_legend_and_the_marked_step() -> None:
    svg = line_chart.draw(
        "Accuracy",
        {"training": [0.1] * 30, "validation": [0.2] * 30},
        x=Axis("epoch"),
        y=Axis("accuracy", 0, 1),
        marked=(7, "exported: epoch 7"),
    )
    assert svg is not None
    shown = texts(svg)
    assert {"training", "validation", "exported: epoch 7", "epoch", "accuracy"} <= set(shown)
    assert {"1", "5", "9", "13", "17", "21", "25", "29", "0", "0.2", "0.8"} <= set(shown)
    # The second line is told apart without its colour.
    assert "stroke-dasharray:7,4" in svg
    # Everything that is drawn, the legend's last row too, is inside.
    root = ET.fromstring(svg)
    height = float(root.attrib["viewBox"].split()[3])
    [legend] = [node for node in root.iter() if node.get("class") == "legends"]
    top = float(re.findall(r"[\d.]+", legend.attrib["transform"])[1])
    assert max(top + float(node.attrib["y"]) for node in legend.iter(f"{SVG}text")) < height


def test_values_stand_behind_their_bars_and_names_are_whole_when_pointed_at() -> None:
    long = "a class whose name is far too long to stand beside a bar"
    svg = bar_chart.draw("x", [(long, 0.25), ("b", 0.0)], x=Axis("recall", high=1), digits=2)
    assert svg is not None
    root = ET.fromstring(svg)
    titles = [node.text for node in root.iter(f"{SVG}title")]
    assert long in titles
    bars = [node for node in root.iter(f"{SVG}rect") if "rect" in node.get("class", "").split()]
    values = [node for node in root.iter(f"{SVG}text") if node.get("class") == "value"]
    assert [node.text for node in values] == ["0.00", "0.25"]
    for bar, value in zip(bars, values, strict=True):
        end = float(bar.get("x", 0)) + float(bar.get("width", 0))
        assert float(value.attrib["x"]) == pytest.approx(end + 5, abs=0.1)
    tops = {node.text: float(node.attrib["y"]) for node in root.iter(f"{SVG}text")}
    assert tops[next(text for text in tops if "…" in str(text))] < tops["b"]


def test_more_bars_than_a_picture_holds_are_left_to_the_table() -> None:
    svg = bar_chart.draw("x", [(f"c{n}", n / 100) for n in range(100)], x=Axis("x"))
    assert svg is not None
    names = [text for text in texts(svg) if text.startswith("c")]
    assert sorted(names) == sorted(f"c{n}" for n in range(bar_chart.MOST_BARS))


def boxes(svg: str) -> list[tuple[float, float, float, float]]:
    found = []
    for node in ET.fromstring(svg).iter(f"{SVG}text"):
        if node.get("class") == "label" and node.text:
            left, bottom = float(node.attrib["x"]), float(node.attrib["y"])
            width = 0.6 * chart.SIZE * len(node.text)
            found.append((left, bottom - chart.SIZE, left + width, bottom))
    return found


@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([1.0, 1.1, 9.0, 900.0]), st.sampled_from([0.8, 0.81, 0.9])),
        min_size=1,
        max_size=15,
    ),
    st.booleans(),
)
def test_names_of_points_do_not_lie_on_each_other(
    places: list[tuple[float, float]], logarithmic: bool
) -> None:
    points = [Point(x, y, f"mobilenet-v2-{n}", n % 2 == 0) for n, (x, y) in enumerate(places)]
    svg = scatter_chart.draw(
        "Models", points, x=Axis("s"), y=Axis("right"), logarithmic=logarithmic
    )
    assert svg is not None
    assert dots(svg) == len(points)
    shown = boxes(svg)
    assert shown
    for index, (left, top, right, bottom) in enumerate(shown):
        for other in shown[:index]:
            beside = right <= other[0] or other[2] <= left
            assert beside or bottom <= other[1] + 1 or other[3] <= top + 1
    # What has no room beside its point still says its name when it is pointed at.
    titles = {str(node.text).partition(":")[0] for node in ET.fromstring(svg).iter(f"{SVG}title")}
    assert {point.name for point in points} <= titles


@pytest.mark.parametrize("logarithmic", [False, True])
def test_there_is_room_for_the_names_of_neighbours_beside_the_line(*, logarithmic: bool) -> None:
    points = [
        Point(4.6, 0.674, "embedded-formulanet-96", best=True),
        Point(12.8, 0.992, "efficientnet-lite1", best=True),
        Point(12.9, 0.986, "efficientnet-lite0"),
    ]
    svg = scatter_chart.draw("x", points, x=Axis("ms"), y=Axis("y"), logarithmic=logarithmic)
    assert svg is not None
    shown = boxes(svg)
    assert len(shown) == 3
    centres = [
        (float(node.attrib["cx"]), float(node.attrib["cy"]))
        for node in ET.fromstring(svg).iter(f"{SVG}circle")
    ]
    (x, y), (to_x, to_y), _ = centres
    for part in range(101):
        on_x, on_y = x + part / 100 * (to_x - x), y + part / 100 * (to_y - y)
        # The first stands to the right of where the line begins, whose corner it meets.
        for left, top, right, bottom in shown[1:]:
            assert not (left <= on_x <= right and top <= on_y <= bottom)


def test_an_axis_of_ratios_is_labelled_by_round_numbers() -> None:
    points = [Point(3, 0.8, "a"), Point(400, 0.9, "b")]
    svg = scatter_chart.draw("x", points, x=Axis("seconds"), y=Axis("y"), logarithmic=True)
    assert svg is not None
    assert {"5", "10", "20", "50", "100", "200"} <= set(texts(svg))


@pytest.mark.parametrize("name", UGLY)
def test_a_name_of_anything_is_text(name: str) -> None:
    every = [
        line_chart.draw(name, {name: [1.0, 2.0]}, x=Axis("x"), y=Axis("y"), marked=(1, name)),
        bar_chart.draw(name, [(name, 1.0)], x=Axis("x")),
        scatter_chart.draw(name, [Point(1, 1, name, best=True)], x=Axis("x"), y=Axis("y")),
        reliability_chart.draw(name, {name: [Bin(0.5, 0.5, 1)]}),
    ]
    for svg in every:
        assert svg is not None
        root = ET.fromstring(svg)
        tags = {node.tag.removeprefix(SVG) for node in root.iter()}
        assert tags <= {"svg", "defs", "style", "title", "g", "rect", "path", "text", "circle"}
        assert not re.search("[\x00-\x08\u202e\ufffe]", svg)


def test_drawing_leaves_the_imports_of_others_as_they_are() -> None:
    drawn()
    assert not [one for one in sys.meta_path if type(one).__module__ == "pygal"]


def test_without_the_package_there_is_no_chart_and_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(chart, "find_spec", lambda name: None)
    assert set(drawn().values()) == {None}
    assert not chart.available()
    assert "pygal" in chart.MISSING
    assert chart.figure(None, "Loss") == ""
