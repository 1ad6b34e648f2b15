"""On a terminal: one line that is written over below a log that scrolls, and a clean end."""

import os
import re
import subprocess
import sys
import textwrap

import pytest

pty = pytest.importorskip("pty")

CODES = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])")
SCRIPT = """
    import sys, time
    from ic_tf_sdk.contract.phases import PhaseReport
    from ic_tf_sdk.launch.local import display

    with display.shown() as listener:
        listener.on_phase(PhaseReport("features", 0, 400, "images"))
        listener.on_line("a line of the log \\x1b]0;title\\x07")
        listener.warn("Warning: a class is small")
        time.sleep(0.6)
        listener.on_phase(PhaseReport("features", 400, 400, "images", ended=True))
        if "interrupted" in sys.argv:
            raise SystemExit(5)
    print("the end")
"""


def recorded(*words: str, **variables: str) -> tuple[int, str]:
    """The exit code, and all that the terminal was sent."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "60", "LINES": "24", **variables}
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SCRIPT), *words],
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
    assert text.count("Computing features: 0 of 400 images") >= 2
    assert "Computing features: 400 images in 0." in text
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
    _, sent = recorded(TERM="dumb")
    assert "\x1b[" not in sent
    assert "Computing features: 400 images in 0." in sent
