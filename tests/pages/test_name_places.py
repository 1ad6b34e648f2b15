"""Where a name stands: the first of some places around its point that is free, or nowhere."""

import xml.etree.ElementTree as ET

import pytest

from ic_tf_sdk.pages import name_places

# A letter is 7.8 wide and a name 15 high; the plot is 100 by 100, with room for 20 more.
Point = tuple[float, float, str]
FIVE, TEN, NOWHERE = "a" * 5, "a" * 10, "a" * 40


def placed(*points: Point, line: str = "") -> list[tuple[float, float] | None]:
    """Left end and foot of each point's name; None of one that is left out."""
    root = ET.Element("svg")
    ET.SubElement(root, "path", {"class": "line reactive nofill", "d": line})
    ET.SubElement(root, "path", {"class": "guide line", "d": "M0.0 50.0 h100.0"})
    for side in ("500", "100"):
        ET.SubElement(root, "rect", {"class": "background", "width": side, "height": side})
    for x, y, name in points:
        ET.SubElement(root, "circle", {"class": "dot reactive", "cx": str(x), "cy": str(y)})
        ET.SubElement(root, "text", {"class": "label"}).text = name
    # Of the axes, and of the legend.
    ET.SubElement(root, "circle", {"class": "else", "cx": "60", "cy": "50"})
    ET.SubElement(root, "text", {"class": "value"}).text = "0.5"
    name_places.place(root)
    found: list[tuple[float, float] | None] = []
    for node in root.iter("text"):
        if node.get("class") == "label":
            at = (float(node.get("x", "nan")), float(node.get("y", "nan")))
            found.append(at if node.text else None)
            assert not node.text or node.get("text-anchor") == "start"
    return found


@pytest.mark.parametrize(
    ("point", "at"),
    [
        ((50, 50, FIVE), (57, 54.5)),  # to the right
        ((74, 50, FIVE), (81, 54.5)),  # up to the very end of the room
        ((74.1, 50, FIVE), (28.1, 54.5)),  # and else to the left
        ((46, 50, FIVE), (53, 54.5)),
        ((60, 50, TEN), (21, 39.5)),  # above, in the middle
        ((39, 50, TEN), (0, 39.5)),  # from the very beginning
        ((38.9, 50, TEN), None),
        ((60, 22.5, TEN), (21, 12)),  # up to the top
        ((60, 22.4, TEN), (21, 41.9)),  # and else below
        ((50, 7.5, FIVE), (57, 12)),
        ((50, 7.4, FIVE), (57, 26.9)),
        ((50, 92.5, FIVE), (57, 97)),  # down to the bottom
        ((50, 92.6, FIVE), (57, 82.1)),
        ((50, 50, NOWHERE), None),
    ],
)
def test_one_name_stands_at_the_first_place_that_is_inside(
    point: Point, at: tuple[float, float] | None
) -> None:
    assert placed(point) == [at]


@pytest.mark.parametrize(
    ("line", "at"),
    [
        ("M50.0 50.0 L100.0 50.0", (4, 54.5)),  # to the left of a line to the right
        ("M10.0 90.0 L50.0 50.0 90.0 49.0", (57, 39.5)),
        ("M0.0 50.0 L50.0 50.0 100.0 50.0", (57, 39.5)),  # above one that goes through
        ("M50.0 58.0 L90.0 -2.5", (4, 54.5)),
        # A line is two wide, to its very end.
        ("M110.0 50.0 L96.5 50.0", (4, 54.5)),
        ("M110.0 50.0 L97.5 50.0", (57, 54.5)),
        # Where it is everywhere, as if it were nowhere.
        (" L".join(f"M0.0 {y}.0 L100.0 {y}.0" for y in range(0, 100, 10)), (57, 54.5)),
    ],
)
def test_a_name_stands_beside_the_lines_where_it_can(line: str, at: tuple[float, float]) -> None:
    assert placed((50, 50, FIVE), line=line) == [at]


def test_a_name_needs_room_from_where_it_stands_out_of_the_plot() -> None:
    assert name_places.width(FIVE) == pytest.approx(7 + 5 * 7.8 - 20)
    assert [name_places.width(name) for name in ("", "a")] == [0, 0]


def test_a_name_near_the_end_stands_above_as_far_to_the_right_as_there_is_room() -> None:
    line = "M0.0 50.0 L95.0 50.0 M0.0 35.0 L40.0 35.0"
    assert placed((95, 50, TEN), line=line) == [(42, 39.5)]


def test_names_of_points_at_one_place_stand_around_it() -> None:
    assert placed(*[(50, 50, FIVE)] * 8) == [
        (57, 54.5), (4, 54.5), (57, 39.5), (4, 39.5), (57, 69.5), (4, 69.5), None, None,
    ]  # fmt: skip


def test_a_name_touches_a_point_and_does_not_cover_it() -> None:
    # A point takes four to each side.
    assert placed((50, 50, FIVE), (100, 50, NOWHERE)) == [(57, 54.5), None]
    assert placed((50, 50, FIVE), (99.9, 50, NOWHERE)) == [(4, 54.5), None]
    assert placed((50, 50, FIVE), (70, 38.5, NOWHERE)) == [(57, 54.5), None]
    assert placed((50, 50, FIVE), (70, 38.6, NOWHERE)) == [(4, 54.5), None]
    assert placed((50, 50, FIVE), (70, 61.5, NOWHERE)) == [(57, 54.5), None]
    assert placed((50, 50, FIVE), (70, 61.4, NOWHERE)) == [(4, 54.5), None]
    assert placed((54, 50, FIVE), (4, 50, NOWHERE), (99, 50, NOWHERE))[0] == (8, 54.5)
    assert placed((54, 50, FIVE), (4.1, 50, NOWHERE), (99, 50, NOWHERE))[0] == (61, 39.5)


def test_farther_off_is_the_last_place() -> None:
    above, below, higher = (60, 38, NOWHERE), (60, 62, NOWHERE), (60, 30, NOWHERE)
    assert placed((60, 50, TEN), above)[0] == (21, 69.5)
    assert placed((60, 50, TEN), above, below)[0] == (21, 30.5)
    assert placed((60, 50, TEN), above, below, higher)[0] == (21, 78.5)
    assert placed((60, 50, TEN), above, below, higher, (60, 75, NOWHERE))[0] is None


def test_a_name_that_stands_above_is_beside_its_point_if_it_can_be() -> None:
    # Right and left of the point are taken.
    taken = [(70, 50, NOWHERE), (30, 50, NOWHERE)]
    assert placed((50, 50, FIVE), *taken)[0] == (57, 39.5)
    assert placed((50, 50, FIVE), *taken, (70, 35, NOWHERE))[0] == (4, 39.5)
    both = [*taken, (80, 35, NOWHERE), (20, 35, NOWHERE)]
    assert placed((50, 50, FIVE), *both)[0] == (30.5, 39.5)


def test_who_has_the_fewest_places_chooses_first() -> None:
    # The one in the corner has none left where the other takes the place to its right.
    free, corner = (42, 23, FIVE), (95, 7.4, FIVE)
    assert placed(free, corner) == [(49, 42.5), (49, 26.9)]
    assert placed(corner, free) == [(49, 26.9), (49, 42.5)]
