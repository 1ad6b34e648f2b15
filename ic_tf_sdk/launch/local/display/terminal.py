"""For a terminal: the log, and below it one line that says how far the phase is."""

import textwrap
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from ic_tf_sdk.contract.phases import PhaseReport
from ic_tf_sdk.contract.plain_text import visible
from ic_tf_sdk.launch.local.display.listener import Listener
from ic_tf_sdk.launch.local.display.phase_clock import PhaseClock
from ic_tf_sdk.launch.local.display.ticker import ticking

__all__ = ["terminal"]

_SECONDS_BETWEEN = 0.25
_WARNING = "yellow"


@contextmanager
def terminal() -> Iterator[Listener]:
    """Show a job on the terminal that is standard output.

    Lines scroll above; the line of the phase is written over four times a second and is gone at the
    end. Warnings have a colour, which ``NO_COLOR`` takes from them.
    """
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console, clock, lock = Console(highlight=False, markup=False), PhaseClock(), threading.Lock()

    def line() -> Text:
        return Text(clock.line(console.width - 1), style="bold", no_wrap=True)

    def show(text: str, style: str = "") -> None:
        # Where the terminal is gone, SIGHUP decides, which may be ignored.
        with suppress(OSError), lock:
            console.print(_broken(visible(text), console.width), style=style, soft_wrap=True)

    def take(report: PhaseReport) -> None:
        with suppress(OSError), lock:
            over = clock.take(report)
            # Else the line that is over would stand below those that follow.
            live.refresh()
        if over is not None:
            show(over, "dim")

    def refresh() -> None:
        with lock:
            live.refresh()

    live = Live(
        console=console,
        get_renderable=line,
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    )
    with _started(live.start, live.stop), ticking(refresh, _SECONDS_BETWEEN):
        yield Listener(show, take, lambda text: show(text, _WARNING))


def _broken(text: str, width: int) -> str:
    """A line broken between words: a path is one, and a newline would stand in a copy of it."""
    parts = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    return "\n".join(parts)


@contextmanager
def _started(start: Callable[[], object], stop: Callable[[], object]) -> Iterator[None]:
    start()
    try:
        yield
    finally:
        with suppress(OSError):
            stop()
