"""A listener that another may join late: it hears what was said before, and then the rest."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ic_tf_sdk.contract.phases import PhaseReport
from ic_tf_sdk.launch.local.display.listener import SILENT, Listener

__all__ = ["Relay"]


class Relay:
    """What a job says while nobody may listen.

    Attributes:
        listener: What the job calls; from any thread.
    """

    def __init__(self) -> None:
        self.listener = Listener(self._line, self._phase, self._warning)
        self._said: list[tuple[str, bool]] = []
        self._audience = SILENT
        self._lock = threading.Lock()

    @contextmanager
    def heard_by(self, audience: Listener) -> Iterator[None]:
        """Let a listener hear every line from the first on, for as long as the context is open.

        Args:
            audience: The listener.
        """
        with self._lock:
            for line, is_warning in self._said:
                (audience.warn if is_warning else audience.on_line)(line)
            self._audience = audience
        try:
            yield
        finally:
            with self._lock:
                self._audience = SILENT

    def _line(self, line: str) -> None:
        with self._lock:
            self._said.append((line, False))
            self._audience.on_line(line)

    def _warning(self, line: str) -> None:
        with self._lock:
            self._said.append((line, True))
            self._audience.warn(line)

    def _phase(self, report: PhaseReport) -> None:
        with self._lock:
            self._audience.on_phase(report)
