"""What is said of a choice is what the candidates' own figures say."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk.launch import selection
from ic_tf_sdk.launch.candidate import Candidate, Difference, difference, macro_f1
from ic_tf_sdk.launch.selection import COLUMNS, Selection
from ic_tf_sdk.launch.short_names import short_names
from ic_tf_sdk.pages import chart


def candidate(model: str, accuracy: float, milliseconds: float = 5.0, **given: Any) -> Candidate:
    usual = {
        "standard_error": 0.02, "macro_f1": 0.5, "parameters": 3_500_000,
        "archive_bytes": 2_345_678, "training_seconds": 1.26, "right": (), "path": f"{model}/",
    }  # fmt: skip
    return Candidate(model, accuracy, milliseconds=milliseconds, **{**usual, **given})


TOP = candidate("tensorflow-ic-imagenet-top-224-classification-4", 0.9, 12.34)
NEAR = candidate("near", 0.85, 4.0, macro_f1=None)
FAR = candidate("far", 0.8, 1.0, archive_bytes=None)


def chosen(*candidates: Candidate, **given: Any) -> Selection:
    facts: dict[str, Any] = {"failures": {}, "training": "flowers", "images": 50, "classes": 3}
    return Selection(candidates, **{**facts, **given})


def test_of_independent_answers_the_errors_are_added_as_squares() -> None:
    apart = difference(TOP, NEAR._replace(standard_error=0.03))
    assert apart == (pytest.approx(0.05), pytest.approx(math.hypot(0.02, 0.03)))
    single = TOP._replace(right=(True,) * 4)
    # Where one lacks the single answers, the other's say nothing.
    assert difference(single, NEAR).standard_error == pytest.approx(math.hypot(0.02, 0.02))
    assert difference(NEAR, single).accuracy == pytest.approx(-0.05)


def test_of_the_same_images_each_counts_by_itself() -> None:
    one = TOP._replace(right=(True, True, True, False, True))
    other = TOP._replace(right=(True, False, False, False, True))
    mean = 2 / 5
    spread = (3 * mean**2 + 2 * (1 - mean) ** 2) / 5
    found = difference(one, other)
    assert found == (pytest.approx(mean), pytest.approx(math.sqrt(spread / 5)))


@pytest.mark.parametrize(
    ("accuracy", "tie"), [(0.2, True), (-0.2, True), (0.2001, False), (-0.2001, False)]
)
def test_two_standard_errors_are_a_tie_and_more_is_none(accuracy: float, tie: bool) -> None:
    assert Difference(accuracy, 0.1).is_tie == tie


def test_the_fastest_of_those_that_tie_is_picked_and_of_equals_the_smaller() -> None:
    assert [one.model for one in chosen(TOP, NEAR, FAR).tied] == [TOP.model, "near"]
    found = chosen(TOP, NEAR, FAR)
    assert found.best is NEAR
    assert found.why.endswith(f"It ties with {TOP.model}, and needs 4.0 ms for an image.")
    alone = chosen(TOP, FAR)
    assert alone.best is TOP
    assert alone.why.endswith(f"No other comes within two standard errors of {TOP.model}.")
    small = NEAR._replace(model="small", archive_bytes=10)
    assert chosen(TOP, NEAR, small).best is small
    gone = NEAR._replace(model="gone", archive_bytes=None)
    assert chosen(TOP, small, gone).best is gone


def test_the_edge_is_what_none_beats_in_both() -> None:
    twin = NEAR._replace(model="twin")
    slow = candidate("slow", 0.85, 4.5)
    found = chosen(TOP, NEAR, twin, slow, FAR)
    assert [one.model for one in found.pareto("milliseconds")] == [TOP.model, "near", "twin", "far"]
    small = candidate("small", 0.7, parameters=5)
    assert chosen(TOP, NEAR, small).pareto("parameters") == (TOP, small)


def test_the_table_has_each_figure_under_its_head() -> None:
    top, near, far = chosen(TOP, NEAR, FAR).rows()
    assert dict(zip(COLUMNS, top, strict=True)) == {
        "model": TOP.model,
        "accuracy": "0.900",
        "± SE": "0.020",
        "against the best": "-",
        "macro F1": "0.500",
        "ms per image": "12.3",
        "parameters": "3,500,000",
        "archive MB": "2.3",
        "training s": "1.3",
    }
    assert near[:5] == ("near (picked)", "0.850", "0.020", "-0.050 ± 0.028 (tie)", "-")
    assert far[3] == "-0.100 ± 0.028"
    assert far[7] == "-"


def test_json_has_all_but_the_single_answers() -> None:
    found: Any = json.loads(json.dumps(chosen(TOP, NEAR, failures={"x": "no memory"}).as_dict()))
    assert (found["picked"], found["images"], found["classes"]) == ("near", 50, 3)
    assert found["failures"] == {"x": "no memory"}
    top, near = found["candidates"]
    assert "right" not in top
    assert (top["archive_bytes"], top["milliseconds"]) == (2_345_678, 12.34)
    assert near["ties_with_best"] is True
    assert near["against_best"]["accuracy"] == pytest.approx(-0.05)
    assert chosen().as_dict()["why"] == "No model has a result."
    assert chosen().as_dict()["picked"] is None


def test_the_page_has_pictures_where_all_is_known(tmp_path: Path) -> None:
    pytest.importorskip("pygal")
    found = chosen(TOP, NEAR, failures={"bad": "y" * 400})
    found.write(tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert page.count("<svg") == 2
    assert "<strong>near</strong>. Of the models whose accuracy" in page
    assert "50 images of 3 classes, each answered by a layer" in page
    assert "Accuracy against milliseconds for an image, here." in page
    assert "Accuracy against megabytes of the archive." in page
    assert "y" * 200 in page
    assert "y" * 301 not in page.replace(f'title="{"y" * 400}"', "")
    assert "not installed" not in page
    # Of an archive that is gone nobody knows how large it was.
    assert chosen(TOP, FAR)._repr_html_().count("<svg") == 1
    other = chosen(TOP, NEAR, basis="asked twice", place="there")._repr_html_()
    assert "asked twice" in other
    assert "an image, there." in other
    assert "not measured" not in other


@pytest.mark.parametrize("there", [True, False])
def test_without_pygal_the_page_says_why_it_has_no_pictures(
    there: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chart, "available", lambda: there)
    assert (chart.MISSING in chosen(TOP, NEAR)._repr_html_()) == (not there)


def test_without_a_result_the_failures_are_all_there_is() -> None:
    page = chosen(failures={"bad": "no memory"})._repr_html_()
    assert "no memory" in page
    assert "<svg" not in page


def test_points_are_in_units_that_people_read(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[Any] = []

    def draw(_: str, points: Any, **given: Any) -> str:
        drawn.append((points, given))
        return "<svg/>"

    monkeypatch.setattr(selection.scatter_chart, "draw", draw)
    chosen(TOP, NEAR, candidate("poor", 0.1, 50.0))._repr_html_()
    (times, given), (sizes, _) = drawn
    assert [tuple(point) for point in times] == [
        (12.34, 0.9, "top-224", True),
        (4.0, 0.85, "near", True),
        (50.0, 0.1, "poor", False),
    ]
    assert given["logarithmic"] is True
    assert [point[0] for point in sizes] == [2.345678] * 3
    # All are of one size: the most accurate beats the others.
    assert [point[3] for point in sizes] == [True, False, False]


def test_names_are_the_last_part_that_is_their_own() -> None:
    assert short_names(["a/x/out", "a/y/out", "z"]) == ["x", "y", "z"]
    assert short_names(["out", "a/out"]) == ["out", "a"]
    assert short_names(["a/b", "a/b", ""]) == ["b", "b", ""]
    assert short_names(["one/b/c", "two/b/c", "b/c"]) == ["one", "two", "c"]
    assert short_names([]) == []


def test_f1_is_the_mean_over_the_classes_that_are_there() -> None:
    assert macro_f1([0, 0, 1, 2], [0, 1, 1, 2]) == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    assert macro_f1([5, 5], [0, 1]) == 0.0
    assert macro_f1([1, 1], [1, 1]) == 1.0
