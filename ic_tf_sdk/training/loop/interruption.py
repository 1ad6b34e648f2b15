"""SIGTERM, as SageMaker sends it before it takes a machine away: finish the step, save, leave.

SageMaker gives 120 seconds between SIGTERM and SIGKILL, when a job is stopped and when a spot
instance is reclaimed.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["EXIT_CODE", "Interrupted", "Interruption"]

EXIT_CODE = 128 + signal.SIGTERM
"""143, what a process that SIGTERM ended reports: neither success nor the user's error."""


class Interrupted(BaseException):
    """The process was asked to end; no ``except Exception`` may hold it up."""


class Interruption:
    """Whether the process was asked to end.

    Between steps of training the request is only noted, so that variables, optimizer and position
    are saved at one and the same step, and while the result is written, which is finished; anywhere
    else there is nothing to save that the last
    checkpoint does not have, and ``Interrupted`` is raised where the program stands.
    """

    def __init__(self) -> None:
        self.requested = False
        self._deferred = False
        self._listens = False

    @contextmanager
    def listening(self) -> Iterator["Interruption"]:
        """Handle SIGTERM, where Python lets a program do so: in the main thread.

        Raises:
            Interrupted: SIGTERM came while nothing was deferred.
        """
        if threading.current_thread() is not threading.main_thread():
            yield self
            return
        before = signal.signal(signal.SIGTERM, self._on_signal)
        self._listens = True
        try:
            yield self
        finally:
            self._listens = False
            signal.signal(signal.SIGTERM, before)

    def listen_again(self) -> None:
        """Take SIGTERM back from TensorFlow, which handles it itself where there are hosts."""
        if self._listens:
            signal.signal(signal.SIGTERM, self._on_signal)

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """A stretch that asks ``requested`` itself, or is to be finished."""
        self._deferred = True
        try:
            yield
        finally:
            self._deferred = False

    def _on_signal(self, _: int, __: FrameType | None) -> None:
        self.requested = True
        if not self._deferred:
            raise Interrupted
