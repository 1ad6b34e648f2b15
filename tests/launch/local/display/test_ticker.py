"""A function is called again and again until its context is left, whatever its terminal says."""

import threading

import pytest

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.local.display.ticker import ticking


def started(before: set[threading.Thread]) -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one not in before]


def test_a_terminal_that_is_gone_is_asked_again_and_nothing_is_left_at_the_end() -> None:
    before, calls, thrice = set(threading.enumerate()), list[None](), threading.Event()

    def call() -> None:
        calls.append(None)
        if len(calls) == 3:
            thrice.set()
        raise OSError("gone")

    with ticking(call, 0.001):
        [thread] = started(before)
        # Where nobody leaves the context, it keeps no process from its end.
        assert thread.daemon
        assert thrice.wait(60)
    assert started(before) == []


def test_it_ends_where_the_context_breaks() -> None:
    before = set(threading.enumerate())
    with pytest.raises(UserError), ticking(lambda: None, 60.0):
        raise UserError("no space")
    assert started(before) == []
