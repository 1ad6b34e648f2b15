"""The time left is what the same pace needs, and the first step's long wait is no pace."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ic_tf_sdk.launch.local.display.time_left import TimeLeft


class Clock:
    """A clock that a test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def after(steps: list[tuple[float, float]], done: float = 0.0) -> TimeLeft:
    """The time of a phase after steps of (seconds, images)."""
    clock = Clock()
    time = TimeLeft(done, clock)
    for seconds, images in steps:
        clock.now += seconds
        done += images
        time.update(done)
    return time


def test_nothing_is_said_before_the_second_step() -> None:
    assert after([]).seconds(100) is None
    assert after([(30, 8)]).seconds(100) is None
    assert after([(30, 8)]).rate() is None


def test_a_steady_pace_gives_the_true_time_from_the_second_step_on() -> None:
    time = after([(30, 8), (2, 8)])
    assert time.rate() == pytest.approx(4)
    assert time.seconds(80) == pytest.approx(16)


def test_the_time_is_that_of_what_is_left_after_the_last_step() -> None:
    time = after([(30, 8), (2, 8), (4, 8)])
    assert time.seconds(80) == pytest.approx((80 - 24) / (16 / 6))


def test_a_phase_begins_with_nothing_done() -> None:
    clock = Clock()
    time = TimeLeft(clock=clock)
    for seconds, done in ((0, 0), (4, 1), (1, 2)):
        clock.now += seconds
        time.update(done)
    assert time.rate() == pytest.approx(1)


def test_two_steps_are_enough_where_they_take_long() -> None:
    assert after([(1, 1), (100, 1), (100, 2)]).rate() == pytest.approx(2 / 100)


def test_a_resumed_phase_counts_its_own_steps_alone() -> None:
    time = after([(1, 10), (1, 10)], done=1000)
    assert time.rate() == pytest.approx(10)
    assert time.seconds(1120) == pytest.approx(10)


def test_the_pace_of_late_counts() -> None:
    slow, fast = [(1.0, 1.0)] * 30, [(1.0, 10.0)] * 30
    assert after(slow + fast).rate() == pytest.approx(10)


def test_time_that_passes_within_a_step_counts() -> None:
    time = after([(1, 1), (10, 1)])
    assert time.seconds(4) == pytest.approx(20)
    time._clock.now += 4
    time.update(2)
    assert time.seconds(4) == pytest.approx(16)


@example(steps=[(1.0, 5e-324), (2.0, 5e-324)], total=0.0)
@given(st.lists(st.tuples(st.floats(1e-3, 1e4), st.floats(0, 1e4)), max_size=60), st.floats(0, 1e6))
def test_it_is_never_negative(steps: list[tuple[float, float]], total: float) -> None:
    time = after(steps)
    seconds = time.seconds(total)
    assert seconds is None or seconds >= 0


@pytest.mark.parametrize(
    ("slow", "fast", "rate"),
    [
        # Of 35 seconds the last third, from the report before it on.
        (30, 5, (30 + 50 - 23) / 12),
        # Of 12 seconds ten.
        (6, 6, (6 + 60 - 2) / 10),
        (3, 3, (3 + 30 - 1) / 5),
    ],
)
def test_the_last_third_counts_and_ten_seconds_at_least(slow: int, fast: int, rate: float) -> None:
    time = after([(1.0, 1.0)] * slow + [(1.0, 10.0)] * fast)
    assert time.rate() == pytest.approx(rate)


def test_two_reports_are_kept_however_old_they_are() -> None:
    time = after([(1, 1), (100, 1)])
    time._clock.now += 100
    time.update(2)
    assert time.rate() == pytest.approx(0.01)


def test_what_is_overdue_takes_no_time_and_what_takes_none_has_no_pace() -> None:
    assert after([(1, 1), (1, 1)]).seconds(2) == 0.0
    assert after([(1, 1), (0, 1)]).rate() is None
    time = after([(1, 1), (1, 1)])
    time._clock.now += 50
    assert time.seconds(4) == 0.0
    assert time.elapsed == 52.0


def test_of_many_reports_the_last_two_thousand_are_kept() -> None:
    time = after([(0.001, 1)] * 2000)
    assert len(time._samples) == 2000
    time._clock.now += 0.001
    time.update(2001)
    assert (len(time._samples), time._samples[0][1]) == (2000, 2)
