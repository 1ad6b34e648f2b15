"""What is sent to a tracking server, in a thread of its own: no training waits for it."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

__all__ = ["RefusedError", "Sender"]

logger = logging.getLogger(__name__)

# Between attempts, doubled up to the last.
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
_SECONDS_BETWEEN_LOOKS = 0.1
# Of the time that a process has after it was asked to end.
_ASKED_SECONDS = 5.0


class RefusedError(Exception):
    """The server will not take it, also when it is asked again."""


class _Message(NamedTuple):
    what: str
    send: Callable[[], None]


class Sender:
    """Messages to a server, sent in their order, each until the server has taken it.

    A server that does not answer, or answers by an error of its own, is asked again, and one
    warning says so; a message that it refuses is told and left out.

    Args:
        name: What the server is called in the warnings; no secret.
        reason: Makes a few words of what a message raised, without a secret.
    """

    def __init__(self, name: str, reason: Callable[[Exception], str]) -> None:
        self._name, self._reason = name, reason
        self._messages: deque[_Message] = deque()
        self._changed = threading.Condition()
        self._fails = self._ends = False
        # Not waited for by the interpreter: a server that never ends its answer ends no process.
        self._thread = threading.Thread(target=self._work, name="tracking", daemon=True)
        self._thread.start()

    def send(self, what: str, send: Callable[[], None]) -> None:
        """Take up a message, and come back at once.

        Args:
            what: What it is, for a warning: ``"the parameters"``.
            send: Sends it; it raises ``RefusedError`` where it is not to be tried again, anything
                else where it is.
        """
        with self._changed:
            self._messages.append(_Message(what, send))
            self._changed.notify_all()

    def finish(
        self, seconds: float, failing_seconds: float, asked: Callable[[], bool] = lambda: False
    ) -> bool:
        """Wait until everything is sent, or the time is over; say what is not sent.

        Args:
            seconds: How long to wait for a server that answers.
            failing_seconds: How long for one that does not.
            asked: Whether the process was asked to end: it then waits for a moment only.

        Returns:
            Whether everything was sent or refused.
        """
        started = time.monotonic()
        with self._changed:
            while self._messages:
                limit = failing_seconds if self._fails else seconds
                limit = min(limit, _ASKED_SECONDS) if asked() else limit
                if time.monotonic() - started >= limit:
                    break
                self._changed.wait(_SECONDS_BETWEEN_LOOKS)
            left = list(dict.fromkeys(message.what for message in self._messages))
            self._ends = True
            self._messages.clear()
            self._changed.notify_all()
        if left:
            logger.warning(
                "Warning: %s has not got %s. The training's own results are complete.",
                self._name,
                ", ".join(left),
            )
        return not left

    def _work(self) -> None:
        pause = _FIRST_PAUSE
        while (message := self._next()) is not None:
            try:
                message.send()
            except RefusedError as error:
                logger.warning("Warning: %s refuses %s: %s.", self._name, message.what, error)
            except Exception as error:
                self._failed(message.what, error)
                self._wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
                continue
            pause = _FIRST_PAUSE
            self._sent(message)

    def _next(self) -> _Message | None:
        """The first message, which stays until it is sent; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._messages or self._ends)
            return self._messages[0] if self._messages else None

    def _failed(self, what: str, error: Exception) -> None:
        with self._changed:
            said, self._fails = self._fails, True
            ended = self._ends
        if not said and not ended:
            logger.warning(
                "Warning: %s does not take %s (%s). The training goes on; it is tried again.",
                self._name,
                what,
                self._reason(error),
            )

    def _sent(self, message: _Message) -> None:
        with self._changed:
            failed, self._fails = self._fails, False
            if self._messages and self._messages[0] is message:
                self._messages.popleft()
            self._changed.notify_all()
        if failed:
            logger.info("%s answers again.", self._name)

    def _wait(self, seconds: float) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._ends, timeout=seconds)
