"""Who hears what a local job says."""

import signal
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from ic_tf_sdk.contract import phases
from ic_tf_sdk.launch.local.stop_signals import StopSignal

__all__ = ["SILENT", "Listener"]


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Listener:
    """Functions that a local job calls while it runs.

    Attributes:
        on_line: Called with each line of the job's log.
        on_phase: Called with each report of how far a phase is.
        on_warning: Called with each line that is a warning; by default it is a line as others.
        on_start: Called with the training process when it has been started.
        on_trial: Called with each trial of a tuning that has ended.
        asked: Whether what it listens to was asked to end; of a training process that process is.
    """

    on_line: Callable[[str], object]
    on_phase: phases.Say = phases.ignore
    on_warning: Callable[[str], object] | None = None
    on_start: Callable[["subprocess.Popen[str]"], object] = phases.ignore
    on_trial: Callable[[Any], object] = phases.ignore
    asked: Callable[[], bool] = _never

    def also(self, record: Callable[[str], object]) -> "Listener":
        """The same listener, before which another function hears each line and each warning.

        Args:
            record: The function.
        """

        def on_line(line: str) -> None:
            record(line)
            self.on_line(line)

        def on_warning(line: str) -> None:
            record(line)
            self.warn(line)

        return replace(self, on_line=on_line, on_warning=on_warning)

    def heed(self, report: phases.PhaseReport | None = None) -> None:
        """End work in this process that was asked to end, and else hand on how far it is.

        Args:
            report: Of a phase; None for none.

        Raises:
            StopSignal: It was asked to end.
        """
        if self.asked():
            raise StopSignal(signal.SIGTERM)
        if report is not None:
            self.on_phase(report)

    def warn(self, text: str) -> None:
        """Hand on a warning.

        Args:
            text: One line.
        """
        (self.on_warning or self.on_line)(text)


SILENT = Listener(phases.ignore)
"""A listener that shows nothing."""
