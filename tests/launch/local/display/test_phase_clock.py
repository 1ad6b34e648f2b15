"""A phase's time counts from its first report, and what comes between phases has a name."""

from functools import partial

import pytest

from ic_tf_sdk.contract.phases import PhaseReport
from ic_tf_sdk.launch.local.display import phase_clock
from ic_tf_sdk.launch.local.display.phase_clock import PhaseClock


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, in its one item."""
    found = [100.0]
    given = partial(phase_clock.TimeLeft, clock=lambda: found[0])
    monkeypatch.setattr(phase_clock, "TimeLeft", given)
    return found


def test_it_begins_with_the_start(now: list[float]) -> None:
    clock = PhaseClock()
    now[0] += 7
    assert clock.line() == "Starting: 0:07"


def test_a_phases_time_counts_from_its_first_report_to_its_last(now: list[float]) -> None:
    clock = PhaseClock()
    now[0] += 60
    assert clock.take(PhaseReport("features", 0, 40, "images")) is None
    now[0] += 2
    assert clock.take(PhaseReport("features", 10, 40, "images")) is None
    now[0] += 2
    assert clock.take(PhaseReport("features", 20, 40, "images")) is None
    assert clock.line() == "Computing features: 20 of 40 images, 5.0 images/s, 0:04 left"
    assert clock.line(40) == "Computing features: 50%, 0:04 left"
    now[0] += 4
    last = PhaseReport("features", 40, 40, "images", ended=True)
    assert clock.take(last) == "Computing features: 40 images in 8.0 s."
    now[0] += 3
    assert clock.line() == clock.line(40) == "Working: 0:03"
