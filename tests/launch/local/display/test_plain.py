"""In a pipe: each line of the log, one for each phase, and never five seconds without one."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from ic_tf_sdk.contract.phases import PhaseReport
from ic_tf_sdk.launch.local import display
from ic_tf_sdk.launch.local.display import plain


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds pass a hundred times as fast."""
    monkeypatch.setattr(plain, "_SECONDS_SILENT", 0.1)
    monkeypatch.setattr(plain, "_SECONDS_BETWEEN_LOOKS", 0.01)


def wait_for(lines: list[str], count: int) -> None:
    until = time.monotonic() + 20
    while len(lines) < count and time.monotonic() < until:
        time.sleep(0.01)
    assert len(lines) >= count, lines


@pytest.mark.usefixtures("quick")
def test_a_long_phase_says_how_far_it_is() -> None:
    lines: list[str] = []
    with plain.plain(lines.append, lines.append) as listener:
        listener.on_phase(PhaseReport("training", 0, 100, "images", "epoch 1/2"))
        wait_for(lines, 2)
        listener.on_phase(PhaseReport("training", 100, 100, "images", ended=True))
    assert lines[0].startswith("Training: epoch 1/2, 0%, ")
    assert lines[-1].startswith("Training in ")
    assert not [line for line in lines if not line.isprintable()]
    count = len(lines)
    time.sleep(0.2)
    assert len(lines) == count


@pytest.mark.usefixtures("quick")
def test_a_job_that_has_not_said_anything_yet_starts() -> None:
    lines: list[str] = []
    with plain.plain(lines.append, lines.append):
        wait_for(lines, 1)
    assert lines[0].startswith("Starting: ")


def test_a_log_that_goes_on_is_not_interrupted() -> None:
    lines: list[str] = []
    with plain.plain(lines.append, lines.append) as listener:
        for number in range(100):
            listener.on_line(str(number))
    assert lines == [str(number) for number in range(100)]


def test_warnings_go_their_own_way(capsys: pytest.CaptureFixture[str]) -> None:
    warnings: list[str] = []
    with display.shown(print, warnings.append) as listener:
        listener.on_line("a line")
        listener.warn("Warning: a class is small")
    assert capsys.readouterr().out == "a line\n"
    assert warnings == ["Warning: a class is small"]


def test_a_reader_that_is_gone_ends_no_thread_with_a_traceback() -> None:
    def gone(_: str) -> None:
        raise BrokenPipeError

    with plain.plain(gone, gone) as listener, pytest.raises(BrokenPipeError):
        listener.on_line("a line")


def test_a_line_of_how_far_it_is_comes_after_four_silent_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now, looks, lines = [100.0], list[tuple[Callable[[], object], float]](), list[str]()

    @contextmanager
    def ticking(call: Callable[[], object], seconds: float) -> Iterator[None]:
        looks.append((call, seconds))
        yield

    monkeypatch.setattr(plain, "ticking", ticking)
    monkeypatch.setattr(plain.time, "monotonic", lambda: now[0])
    with plain.plain(lines.append, lines.append) as listener:
        [(look, between)] = looks
        assert between == 1.0
        for step, count in ((3.75, 0), (0.25, 1), (3.75, 1), (0.25, 2)):
            now[0] += step
            look()
            assert len(lines) == count, step
        now[0] += 3.0
        listener.on_line("a line")
        now[0] += 3.0
        look()
        assert len(lines) == 3
