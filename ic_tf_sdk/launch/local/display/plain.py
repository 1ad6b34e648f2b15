"""For a pipe or a file: plain lines, one after four silent seconds and one for each phase."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ic_tf_sdk.contract.phases import PhaseReport
from ic_tf_sdk.launch.local.display.listener import Listener
from ic_tf_sdk.launch.local.display.phase_clock import PhaseClock
from ic_tf_sdk.launch.local.display.ticker import ticking

__all__ = ["plain"]

_SECONDS_SILENT = 4.0
_SECONDS_BETWEEN_LOOKS = 1.0


@contextmanager
def plain(
    on_line: Callable[[str], object], on_warning: Callable[[str], object]
) -> Iterator[Listener]:
    """Hand on each line, and one of how far the job is where four seconds had none.

    Args:
        on_line: Called with each line.
        on_warning: Called with each warning.
    """
    clock, lock, said_at = PhaseClock(), threading.Lock(), [time.monotonic()]

    def say(line: str, how: Callable[[str], object] = on_line) -> None:
        said_at[0] = time.monotonic()
        how(line)

    def take(report: PhaseReport) -> None:
        with lock:
            if over := clock.take(report):
                say(over)

    def look() -> None:
        with lock:
            if time.monotonic() - said_at[0] >= _SECONDS_SILENT:
                say(clock.line())

    def hand_on(line: str, how: Callable[[str], object] = on_line) -> None:
        with lock:
            say(line, how)

    with ticking(look, _SECONDS_BETWEEN_LOOKS):
        yield Listener(hand_on, take, lambda line: hand_on(line, on_warning))
