"""A training job of a ``LocalEstimator``, described as SageMaker describes one."""

import re
import time
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Literal

__all__ = ["LocalTrainingJob"]

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
        self._failure = ""
        self._model_data: str | None = None
        self._started = datetime.now(timezone.utc)
        self._ended: datetime | None = None
        self._clock = time.monotonic()
        self._seconds = 0.0

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

    def stop(self) -> None:
        """Note that the job was interrupted."""
        self._end("Stopped")

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

    def wait(self) -> None:
        """Return at once: ``fit`` returned when the job had ended."""

    def describe(self) -> dict[str, Any]:
        """The fields of SageMaker's DescribeTrainingJob that mean something here."""
        described: dict[str, Any] = {
            "TrainingJobName": self.name,
            "TrainingJobStatus": self._status,
            "HyperParameters": dict(self._hyperparameters),
            "InputDataConfig": [_channel(*item) for item in self._inputs.items()],
            "OutputDataConfig": {"S3OutputPath": self._output_path},
            "CreationTime": self._started,
            "TrainingStartTime": self._started,
            "FinalMetricDataList": list(self._metrics()),
        }
        if self._ended is not None:
            described["TrainingEndTime"] = self._ended
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


def _is_number(text: str) -> bool:
    """Whether it is one: the expressions take any digits and points, ``0.5.`` too."""
    return re.fullmatch(r"[0-9]+\.?[0-9]*|\.[0-9]+", text) is not None


def _channel(name: str, location: str | Path) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": str(location)}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}
