"""The signals that ask a program to end, as one exception, so that nothing stays behind it."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

__all__ = ["StopSignal", "deferred", "number_of", "raising"]

# SIGHUP is a closed terminal; Windows has none. SIGINT is Python's own KeyboardInterrupt.
_NAMES = ("SIGTERM", "SIGHUP")


class StopSignal(KeyboardInterrupt):
    """The program was asked to end, by another signal than Ctrl-C, and as firmly.

    Attributes:
        number: The signal's number.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(signal.Signals(number).name)

    # Pickle would call the class with the signal's name.
    def __reduce__(self) -> Any:
        return type(self), (self.number,)


def number_of(interrupt: KeyboardInterrupt) -> int:
    """The signal's number behind an interrupt: that of Ctrl-C, or a ``StopSignal``'s."""
    return getattr(interrupt, "number", signal.SIGINT)


@contextmanager
def raising() -> Iterator[None]:
    """Let SIGTERM and SIGHUP raise ``StopSignal`` in the main thread, as Ctrl-C raises.

    The first one only: `timeout`, schedulers and shells send more, while the program is saving. A
    handler that the program has set stays, and so does a signal that it ignores, as under
    ``nohup``.

    Raises:
        StopSignal: One of them came.
    """
    handled: list[int] = []

    def stop(number: int, _: FrameType | None) -> NoReturn:
        for every in handled:
            signal.signal(every, _pass_over)
        raise StopSignal(number)

    if threading.current_thread() is threading.main_thread():
        known = [getattr(signal, name) for name in _NAMES if hasattr(signal, name)]
        handled = [number for number in known if signal.getsignal(number) is signal.SIG_DFL]
    try:
        for number in handled:
            signal.signal(number, stop)
        yield
    finally:
        for number in handled:
            signal.signal(number, signal.SIG_DFL)


@contextmanager
def deferred() -> Iterator[None]:
    """Let what is nearly done be done: a signal that asks to end raises after the block.

    Asked once more, it raises at once.

    Raises:
        KeyboardInterrupt: One of them came.
    """
    noted: list[int] = []
    handlers: dict[int, Callable[[int, FrameType | None], Any]] = {}

    def note(number: int, frame: FrameType | None) -> None:
        if noted:
            handlers[number](number, frame)
        noted.append(number)

    if threading.current_thread() is threading.main_thread():
        known = [getattr(signal, name) for name in ("SIGINT", *_NAMES) if hasattr(signal, name)]
        for number in known:
            handler = signal.getsignal(number)
            if callable(handler):
                handlers[number] = handler
    try:
        for number in handlers:
            signal.signal(number, note)
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    if noted:
        first, *_ = noted
        handlers[first](first, None)


def _pass_over(_: int, __: FrameType | None) -> None:
    # SIG_IGN would be inherited by child processes.
    pass
