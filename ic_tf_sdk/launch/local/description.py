"""A training job of a ``LocalEstimator``, described as SageMaker describes one."""

import re
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from ic_tf_sdk.contract.plain_text import visible

if TYPE_CHECKING:
    from ic_tf_sdk.launch.local.running_job import RunningJob

__all__ = ["LocalTrainingJob", "wanted"]

Status = Literal["InProgress", "Completed", "Failed", "Stopped"]


class LocalTrainingJob:
    """What ``estimator.latest_training_job`` is: a name, and the fields of DescribeTrainingJob.

    Args:
        name: Unique below its output path.
        hyperparameters: As they were sent.
        inputs: Channel name -> location.
        output_path: A folder or S3 URI.

    Attributes:
        name: The job's name; ``job_name`` is the same, as in the SageMaker SDK.
        log: Every line that the job printed.

    Example:
        >>> job = LocalTrainingJob(
        ...     "flowers-1", hyperparameters={}, inputs={"training": "flowers/"}, output_path="jobs"
        ... )
        >>> job.describe()["TrainingJobStatus"]
        'InProgress'
    """

    def __init__(
        self,
        name: str,
        *,
        hyperparameters: Mapping[str, str],
        inputs: Mapping[str, str],
        output_path: str,
    ) -> None:
        self.name = self.job_name = name
        self.log: list[str] = []
        self._hyperparameters = dict(hyperparameters)
        self._inputs = dict(inputs)
        self._output_path = output_path
        self._status: Status = "InProgress"
        self._running: RunningJob | None = None
        self._failure = ""
        self._model_data: str | None = None
        self._started: datetime | None = datetime.now(timezone.utc)
        self._ended: datetime | None = None
        self._clock = time.monotonic()
        self._seconds: float | None = 0.0

    @classmethod
    def ended(
        cls,
        name: str,
        *,
        hyperparameters: Mapping[str, str],
        output_path: str,
        log: list[str],
        model_data: Path,
    ) -> "LocalTrainingJob":
        """A job that succeeded in another program; when it began and on what images is not known.

        Args:
            name: The job's name.
            hyperparameters: As they were sent.
            output_path: A folder.
            log: The lines that it printed.
            model_data: Its ``model.tar.gz``.
        """
        job = cls(name, hyperparameters=hyperparameters, inputs={}, output_path=output_path)
        job.log[:] = log
        job.complete(str(model_data))
        job._started, job._seconds = None, None
        job._ended = datetime.fromtimestamp(model_data.stat().st_mtime, timezone.utc)
        return job

    def complete(self, model_data: str) -> None:
        """Note that the job succeeded.

        Args:
            model_data: Where its ``model.tar.gz`` is.
        """
        self._model_data = model_data
        self._end("Completed")

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
        return f"LocalTrainingJob {visible(self.name)}, {self._status}{reason}"

    def _repr_html_(self) -> str:
        from ic_tf_sdk.pages.markup import table

        rows = [(one["MetricName"], f"{one['Value']:.6g}") for one in self._metrics()]
        facts = [("model_data", self._model_data)]
        facts += [("reason", self._failure)] if self._failure else []
        caption = f"{visible(self.name)}, {self._status}"
        return table(["", "value"], [*facts, *rows], caption=caption, most=200)

    @property
    def is_running(self) -> bool:
        """Whether it runs beside the program."""
        return self._running is not None and self._running.is_running

    @property
    def is_stopped(self) -> bool:
        """Whether the job was interrupted."""
        return self._status == "Stopped"

    def is_of(self, hyperparameters: Mapping[str, str], inputs: Mapping[str, str]) -> bool:
        """Whether the job was started with these.

        Args:
            hyperparameters: As they were sent.
            inputs: Channel name -> location.
        """
        return (self._hyperparameters, self._inputs) == (dict(hyperparameters), dict(inputs))

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

    def describe(self) -> dict[str, Any]:
        """The fields of SageMaker's DescribeTrainingJob that mean something here."""
        described: dict[str, Any] = {
            "TrainingJobName": self.name,
            "TrainingJobStatus": self._status,
            "HyperParameters": dict(self._hyperparameters),
            "InputDataConfig": [_channel(*item) for item in self._inputs.items()],
            "OutputDataConfig": {"S3OutputPath": self._output_path},
            "FinalMetricDataList": list(self._metrics()),
        }
        if self._started is not None:
            described |= {"CreationTime": self._started, "TrainingStartTime": self._started}
        if self._ended is not None:
            described["TrainingEndTime"] = self._ended
            if self._seconds is not None:
                described["TrainingTimeInSeconds"] = round(self._seconds)
        if self._model_data is not None:
            described["ModelArtifacts"] = {"S3ModelArtifacts": self._model_data}
        if self._status == "Failed":
            described["FailureReason"] = self._failure
        return described

    def _metrics(self) -> Iterator[dict[str, Any]]:
        """The last value of each metric, read off the log as SageMaker reads it."""
        from ic_tf_sdk.contract.metric_lines import METRIC_DEFINITIONS

        text = "\n".join(self.log)
        for definition in METRIC_DEFINITIONS:
            values = list(filter(_is_number, re.findall(definition["Regex"], text)))
            if values:
                yield {"MetricName": definition["Name"], "Value": float(values[-1])}


def wanted(logs: object) -> bool:
    """Whether the SDK's ``logs`` asks for any: true, or kinds of them, and not ``"None"``.

    Args:
        logs: As it was given.
    """
    return bool(logs) and logs != "None"


def _is_number(text: str) -> bool:
    """Whether it is one: the expressions take any digits and points, ``0.5.`` too."""
    return re.fullmatch(r"[0-9]+\.?[0-9]*|\.[0-9]+", text) is not None


def _channel(name: str, location: str | Path) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": str(location)}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}
