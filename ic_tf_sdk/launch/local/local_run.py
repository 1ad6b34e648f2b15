"""What a job that runs here by a name is, whether it trains one model or tunes."""

import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Literal

from ic_tf_sdk.contract.plain_text import visible

if TYPE_CHECKING:
    from ic_tf_sdk.launch.local.running_job import RunningJob

__all__ = ["LocalRun", "wanted"]

Status = Literal["InProgress", "Completed", "Failed", "Stopped"]


class LocalRun:
    """A job of this machine: its name, what it says, and how it ends.

    Args:
        name: Unique below its output path.

    Attributes:
        name: The job's name; ``job_name`` is the same, as in the SageMaker SDK.
        log: Every line that the job printed.
    """

    def __init__(self, name: str) -> None:
        self.name = self.job_name = name
        self.log: list[str] = []
        self._status: Status = "InProgress"
        self._running: RunningJob | None = None
        self._failure = ""
        self._started: datetime | None = datetime.now(timezone.utc)
        self._ended: datetime | None = None
        self._clock = time.monotonic()
        self._seconds: float | None = 0.0

    def fail(self, reason: str) -> None:
        """Note that the job failed, and why."""
        self._failure = reason
        self._end("Failed")

    def interrupted(self) -> None:
        """Note that the job was stopped."""
        self._end("Stopped")

    @property
    def status(self) -> str:
        """``InProgress``, ``Completed``, ``Failed`` or ``Stopped``, as SageMaker has it."""
        return self._status

    def __repr__(self) -> str:
        reason = f": {visible(self._failure)}" if self._failure else ""
        return f"{type(self).__name__} {visible(self.name)}, {self._status}{reason}"

    @property
    def is_running(self) -> bool:
        """Whether it runs beside the program."""
        return self._running is not None and self._running.is_running

    @property
    def is_stopped(self) -> bool:
        """Whether the job was interrupted."""
        return self._status == "Stopped"

    def _end(self, status: Status) -> None:
        self._status = status
        self._ended = datetime.now(timezone.utc)
        self._seconds = time.monotonic() - self._clock

    def follow(self, running: "RunningJob") -> None:
        """Note that the job runs beside the program.

        Args:
            running: It, started.
        """
        self._running = running

    def wait(self, logs: bool | str = "All") -> None:
        """Wait until a job of ``fit(wait=False)`` has ended; of another one return at once.

        Args:
            logs: As of ``fit``; ``"None"`` shows nothing.

        Raises:
            Exception: What ``fit`` would have raised; nothing where ``stop`` ended the job.
        """
        if self._running is not None:
            self._running.wait(logs=wanted(logs))

    def stop(self) -> None:
        """Let a job of ``fit(wait=False)`` finish its step, save and end; return when it has.

        The same call of ``fit`` goes on with it. A job that has ended is as it is.
        """
        if self._running is not None:
            self._running.stop()


def wanted(logs: object) -> bool:
    """Whether the SDK's ``logs`` asks for any: true, or kinds of them, and not ``"None"``.

    Args:
        logs: As it was given.
    """
    return bool(logs) and logs != "None"
