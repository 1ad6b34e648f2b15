"""On a terminal: one line that is written over below a log that scrolls, and a clean end."""

import io
import os
import re
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from ic_tf_sdk.contract.phases import PhaseReport
from ic_tf_sdk.launch.local import display
from ic_tf_sdk.launch.local.display import phase_clock, terminal

pty = pytest.importorskip("pty")

CODES = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")
SCRIPT = """
    import sys, threading
    from functools import partial
    from ic_tf_sdk.contract.phases import PhaseReport
    from ic_tf_sdk.launch.local import display
    from ic_tf_sdk.launch.local.display import phase_clock

    now, ticked = [100.0], threading.Event()

    def clock():
        if now[0] == 107.0 and threading.current_thread().name == "ic-tf-progress":
            ticked.set()
        return now[0]

    phase_clock.TimeLeft = partial(phase_clock.TimeLeft, clock=clock)
    with display.shown() as listener:
        listener.on_phase(PhaseReport("features", 0, 400, "images"))
        listener.on_line("a line of the log \\x1b]0;title\\x07")
        listener.warn("Warning: a class is small")
        now[0] = 107.0
        # What asked the clock draws the line before the next phase is taken up.
        assert ticked.wait(60)
        now[0] = 108.5
        listener.on_phase(PhaseReport("features", 400, 400, "images", ended=True))
        if "interrupted" in sys.argv:
            raise SystemExit(5)
    print("the end")
"""


def recorded(*words: str, script: str = SCRIPT, **variables: str) -> tuple[int, str]:
    """The exit code, and all that the terminal was sent."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "60", "LINES": "24", **variables}
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), *words],
        stdin=theirs, stdout=theirs, stderr=theirs, env=environment,
    )  # fmt: skip
    os.close(theirs)
    sent = b""
    try:
        while some := os.read(ours, 4096):
            sent += some
    except OSError:
        pass
    os.close(ours)
    return process.wait(), sent.decode()


@pytest.mark.parametrize(("words", "code"), [((), 0), (("interrupted",), 5)])
def test_lines_scroll_and_the_phase_is_written_over_and_gone_at_the_end(words, code) -> None:
    ended, sent = recorded(*words)
    assert ended == code, sent
    text = CODES.sub("", sent)
    assert text.count("Computing features: 0 of 400 images, 0:00 so far") >= 1
    assert "Computing features: 0 of 400 images, 0:07 so far" in text
    assert "Computing features: 400 images in 8.5 s." in text
    assert "a line of the log \\x1b]0;title\\x07" in text
    # The cursor is shown again, and what was last drawn is erased.
    assert sent.rindex("\x1b[?25h") > sent.rindex("\x1b[?25l")
    last = sent[sent.rindex("Working") :]
    assert "\x1b[2K" in last


def test_warnings_have_a_colour_of_their_own_unless_colours_are_unwanted() -> None:
    yellow = "\x1b[33mWarning: a class is small"
    assert yellow in recorded()[1]
    _, sent = recorded(NO_COLOR="1")
    assert "Warning: a class is small" in sent
    assert not [code for code, kind in CODES.findall(sent) if kind == "m" and "3" in code]


def test_a_terminal_that_cannot_be_written_over_gets_plain_lines() -> None:
    with_lines = SCRIPT.replace("assert ticked.wait(60)", "")
    _, sent = recorded(TERM="dumb", script=with_lines)
    assert "\x1b[" not in sent
    assert "Computing features: 400 images in 8.5 s." in sent


class Screen(io.StringIO):
    """A terminal of this process."""

    def isatty(self) -> bool:
        return True


class Shown:
    """A job on the terminal of this process, whose time and line a test moves.

    Attributes:
        screen: What was sent to it.
        refresh: What is called again and again.
        between: The seconds between two calls.
        now: The time.
    """

    refresh: Callable[[], object]
    between: float
    now = 100.0

    def __init__(self, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
        self.screen = Screen()
        monkeypatch.setattr(sys, "stdout", self.screen)
        for name, value in (("TERM", "xterm"), ("COLUMNS", str(columns)), ("LINES", "24")):
            monkeypatch.setenv(name, value)
        for name in ("NO_COLOR", "FORCE_COLOR"):
            monkeypatch.delenv(name, raising=False)
        given = partial(phase_clock.TimeLeft, clock=lambda: self.now)
        monkeypatch.setattr(phase_clock, "TimeLeft", given)
        monkeypatch.setattr(terminal, "ticking", self.ticking)

    @contextmanager
    def ticking(self, call: Callable[[], object], seconds: float) -> Iterator[None]:
        self.refresh, self.between = call, seconds
        yield

    def drawn(self) -> str:
        """What is sent of the line when it is drawn again, less how."""
        before = len(self.screen.getvalue())
        self.refresh()
        return CODES.sub("", self.screen.getvalue()[before:]).strip("\r")


def test_the_line_is_drawn_anew_four_times_a_second_and_a_column_stays_free(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = Shown(monkeypatch, 10)
    with display.shown() as listener:
        listener.on_phase(PhaseReport("features", 0, 400, "images"))
        assert job.between == 0.25
        job.now = 107.0
        assert job.drawn() == "0:07 so f"


def test_the_line_stays_one_where_its_signs_are_wide(monkeypatch: pytest.MonkeyPatch) -> None:
    job = Shown(monkeypatch, 40)
    with display.shown() as listener:
        listener.on_phase(PhaseReport("opening", detail="\u756a " * 7))
        assert job.drawn().startswith("Opening the model: \u756a \u756a ")
        assert "\n" not in job.drawn()


def test_what_the_log_says_is_neither_coloured_nor_read_as_marks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = Shown(monkeypatch, 60)
    with display.shown() as listener:
        listener.on_line("12 images of [red]'ants'[/red]")
    assert "12 images of [red]'ants'[/red]" in job.screen.getvalue()


def test_lines_are_broken_between_words_and_a_path_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    job = Shown(monkeypatch, 40)
    path = "/home/somebody/" + "pictures-of-flowers/" * 4
    with display.shown() as listener:
        listener.on_line(f"Images in {path}: roses 4, tulips 4")
        listener.warn("Warning: " + "a class is small, " * 5)
    sent = CODES.sub("", job.screen.getvalue()).replace("\r", "")
    assert path in sent
    warned = sent[sent.index("Warning: ") :].splitlines()[:3]
    assert [line.rstrip() for line in warned] == [
        "Warning: a class is small, a class is",
        "small, a class is small, a class is",
        "small, a class is small,",
    ]


def test_what_others_write_goes_its_own_way_and_no_second_thread_draws(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = set(threading.enumerate())
    job, errors = Shown(monkeypatch, 60), sys.stderr
    with display.shown():
        assert sys.stdout is job.screen
        assert sys.stderr is errors
        assert set(threading.enumerate()) == before


def test_the_line_is_gone_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    job = Shown(monkeypatch, 60)
    with display.shown():
        assert job.drawn() == "Starting: 0:00"
    # The line is erased, not left above a new one.
    assert job.screen.getvalue().endswith("\x1b[2K")
