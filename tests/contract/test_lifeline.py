"""A child runs a module's main, and ends with its code in the way that the module says."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from ic_tf_sdk.contract import lifeline

RUNNING = """
import os, sys, types
made = sys.modules["made"] = types.ModuleType("made")
made.main = lambda: 3
if sys.argv[1] == "own":
    made.leave = lambda code: (print("left", code, flush=True), os._exit(code))
from ic_tf_sdk.contract import lifeline
lifeline.run("made")
"""


@pytest.mark.parametrize(("way", "said"), [("own", "left 3\n"), ("python's", "")])
def test_the_code_is_mains_and_the_way_the_modules(way: str, said: str) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", RUNNING, way],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.wait(60) == 3
    assert child.stdout.read() == said
    for pipe in (child.stdin, child.stdout):
        assert pipe is not None
        pipe.close()


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """The writing end of a pipe that is this process's standard input."""
    monkeypatch.setattr(lifeline, "_SECONDS_BETWEEN_LOOKS", 0.01)
    before = os.dup(0)
    reading, writing = os.pipe()
    os.dup2(reading, 0)
    os.close(reading)
    yield writing
    os.dup2(before, 0)
    os.close(before)


def test_a_pipe_is_closed_when_the_parent_has_closed_it_and_not_before(pipe: int) -> None:
    # Whoever waits for something to read waits until then.
    later = threading.Timer(2.0, os.close, [pipe])
    later.start()
    assert not lifeline._closed()
    os.write(pipe, b"something")
    assert not lifeline._closed()
    later.cancel()
    later.join()
    os.close(pipe)
    assert lifeline._closed()


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, ...]]:
    """What is done to this process: told, and not done."""
    calls: list[tuple[object, ...]] = []

    def leave(code: int) -> None:
        calls.append(("left", code))
        raise SystemExit

    monkeypatch.setattr(os, "kill", lambda *given: calls.append(("signalled", *given)))
    monkeypatch.setattr("time.sleep", lambda seconds: calls.append(("slept", seconds)))
    monkeypatch.setattr(os, "_exit", leave)
    return calls


@pytest.mark.parametrize("closes", [True, False], ids=["its pipe", "its parent"])
def test_a_child_whose_parent_is_gone_is_asked_to_end_and_ends_after_two_minutes(
    closes: bool, done: list[tuple[object, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = iter([False, False, True])
    parents = iter([7, 7] if closes else [7, 7, 1])
    monkeypatch.setattr(lifeline, "_closed", lambda: next(looks) and closes)
    monkeypatch.setattr(os, "getppid", lambda: next(parents))
    with pytest.raises(SystemExit):
        lifeline._watch(7)
    assert done == [("signalled", os.getpid(), signal.SIGTERM), ("slept", 120), ("left", 143)]
    # It has looked as often as it should.
    assert list(looks) == list(parents) == []


def test_a_child_looks_for_its_parent_every_other_second() -> None:
    assert lifeline._SECONDS_BETWEEN_LOOKS == 2
