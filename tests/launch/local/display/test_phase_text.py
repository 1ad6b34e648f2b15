"""A phase is one line, as long as the terminal is wide at most, and says what it can."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ic_tf_sdk.contract.phases import PhaseName, PhaseReport
from ic_tf_sdk.launch.local.display import phase_text
from tests.launch.local.display.test_time_left import after

RUNNING = after([(1, 8), (2, 8), (2, 8)])


@given(
    st.sampled_from(get_args(PhaseName)),
    st.floats(0, 1e7),
    st.none() | st.floats(0, 1e7),
    st.sampled_from(["", "epoch 2/5", "epoch 123/1000"]),
    st.integers(8, 200),
)
def test_it_fits_any_width(
    name: PhaseName, done: float, total: float | None, detail: str, width: int
) -> None:
    report = PhaseReport(name, done, total, "images", detail)
    line = phase_text.fitting(report, RUNNING, width)
    assert 0 < len(line) <= width
    assert "\n" not in line


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (80, "Computing features: 24 of 400 images, 4.0 images/s, 1:34 left"),
        (60, "Computing features: 6%, 4.0 images/s, 1:34 left"),
        (40, "Computing features: 6%, 1:34 left"),
        (29, "Computing features: 1:34 left"),
        (12, "1:34 left"),
        (5, "1:34 "),
    ],
)
def test_a_narrow_terminal_keeps_the_time_left(width: int, line: str) -> None:
    report = PhaseReport("features", 24, 400, "images")
    assert phase_text.fitting(report, RUNNING, width) == line


def test_an_epoch_s_validation_is_no_number_of_images() -> None:
    report = PhaseReport("training", 24, 400, "images", "epoch 2/5")
    assert phase_text.under_way(report, RUNNING) == (
        "Training: epoch 2/5, 6%, 4.0 images/s, 1:34 left"
    )


def test_before_anything_is_known_it_says_how_long_it_has_taken() -> None:
    waiting = after([(7, 0)])
    assert phase_text.under_way(PhaseReport("loading"), waiting) == "Loading TensorFlow: 0:07"
    report = PhaseReport("evaluation", 0, 50, "images", "test")
    assert phase_text.under_way(report, waiting) == (
        "Evaluating (test): 0 of 50 images, 0:07 so far"
    )


def test_a_phase_that_is_over_says_how_much_it_was() -> None:
    report = PhaseReport("features", 400, 400, "images", ended=True)
    assert phase_text.ended(report, RUNNING) == "Computing features: 400 images in 5.0 s."
    assert phase_text.ended(PhaseReport("export"), RUNNING) == "Exporting the model in 5.0 s."


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0:00"), (59.6, "1:00"), (3599.4, "59:59"), (36000, "10:00:00")]
)
def test_a_time_is_minutes_and_seconds(seconds: float, text: str) -> None:
    assert phase_text.clock(seconds) == text


def test_every_phase_has_a_title() -> None:
    for name in get_args(PhaseName):
        assert phase_text.under_way(PhaseReport(name), RUNNING)


@pytest.mark.parametrize(
    ("done", "total", "said"),
    [
        (0, 400, "0%"), (3.9, 400, "0%"), (4, 400, "1%"), (399, 400, "99%"), (400, 400, "100%"),
        (500, 400, "100%"),
    ],
)  # fmt: skip
def test_a_percentage_is_of_what_is_done(done: float, total: float, said: str) -> None:
    report = PhaseReport("training", done, total, "images", "epoch 2/5")
    assert phase_text.under_way(report, after([])) == f"Training: epoch 2/5, {said}, 0:00 so far"


@pytest.mark.parametrize(
    ("images", "said"), [(9.9, "9.9 images/s"), (10, "10 images/s"), (10.6, "11 images/s")]
)
def test_a_fast_pace_has_no_digit_after_the_point(images: float, said: str) -> None:
    report = PhaseReport("features", 2 * images, 10_000, "images")
    assert f", {said}, " in phase_text.under_way(report, after([(1, images), (1, images)]))


def test_thousands_are_set_apart_and_an_evaluation_names_its_channel_once() -> None:
    report = PhaseReport("features", 1234, 56_789, "images")
    assert "1,234 of 56,789 images" in phase_text.under_way(report, after([]))
    assert phase_text.ended(report, RUNNING) == "Computing features: 56,789 images in 5.0 s."
    training = PhaseReport("training", 9, 9, "images", "epoch 1/1")
    assert phase_text.ended(training, RUNNING) == "Training in 5.0 s."
    evaluation = PhaseReport("evaluation", 9, 9, "images", "test")
    assert phase_text.ended(evaluation, RUNNING) == "Evaluating (test): 9 images in 5.0 s."
    assert phase_text.under_way(PhaseReport("evaluation"), after([])) == "Evaluating: 0:00"
    assert phase_text.under_way(PhaseReport("reading", 0, 0, "files"), after([])) == (
        "Reading headers: 0 of 0 files, 0:00 so far"
    )
