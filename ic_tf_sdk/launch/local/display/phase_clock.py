"""The phase that is under way, with its time."""

from ic_tf_sdk.contract.phases import PhaseReport
from ic_tf_sdk.launch.local.display import phase_text
from ic_tf_sdk.launch.local.display.time_left import TimeLeft

__all__ = ["PhaseClock"]

# A job says nothing of its last moments, in which TensorFlow gives back what it holds.
_BETWEEN = PhaseReport("working")


class PhaseClock:
    """The last report, and how long its phase takes; it begins with the start of the process."""

    def __init__(self) -> None:
        self._begin(PhaseReport("starting"))

    def _begin(self, report: PhaseReport) -> None:
        self._report, self._time = report, TimeLeft(report.done)

    def take(self, report: PhaseReport) -> str | None:
        """Take up a report.

        Args:
            report: The next.

        Returns:
            The line of a phase that is over now; None where one goes on.
        """
        if report.name != self._report.name:
            self._begin(report)
        self._report = report
        self._time.update(report.done)
        if not report.ended:
            return None
        line = phase_text.ended(report, self._time)
        self._begin(_BETWEEN)
        return line

    def line(self, width: int | None = None) -> str:
        """The phase that is under way.

        Args:
            width: The most columns; None for all that there is to say.
        """
        # The job cannot say so while a step takes long.
        self._time.update(self._report.done)
        if width is None:
            return phase_text.under_way(self._report, self._time)
        return phase_text.fitting(self._report, self._time, width)
