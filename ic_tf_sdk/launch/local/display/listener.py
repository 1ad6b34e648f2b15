"""Who hears what a local job says."""

import subprocess
from collections.abc import Callable
from dataclasses import dataclass, replace

from ic_tf_sdk.contract import phases

__all__ = ["SILENT", "Listener"]


@dataclass(frozen=True)
class Listener:
    """Functions that a local job calls while it runs.

    Attributes:
        on_line: Called with each line of the job's log.
        on_phase: Called with each report of how far a phase is.
        on_warning: Called with each line that is a warning; by default it is a line as others.
        on_start: Called with the training process when it has been started.
    """

    on_line: Callable[[str], object]
    on_phase: phases.Say = phases.ignore
    on_warning: Callable[[str], object] | None = None
    on_start: Callable[["subprocess.Popen[str]"], object] = phases.ignore

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

    def warn(self, text: str) -> None:
        """Hand on a warning.

        Args:
            text: One line.
        """
        (self.on_warning or self.on_line)(text)


SILENT = Listener(phases.ignore)
"""A listener that shows nothing."""
