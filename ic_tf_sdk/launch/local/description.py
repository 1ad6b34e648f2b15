"""A training job of a ``LocalEstimator``, described as SageMaker describes one."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timezone
from pathlib import Path
from types import MappingProxyType
from typing import Any

from ic_tf_sdk.contract.plain_text import visible
from ic_tf_sdk.launch.local.local_run import LocalRun

__all__ = ["LocalTrainingJob"]


class LocalTrainingJob(LocalRun):
    """What ``estimator.latest_training_job`` is: a name, and the fields of DescribeTrainingJob.

    Args:
        name: Unique below its output path.
        hyperparameters: As they were sent.
        inputs: Channel name -> location.
        output_path: A folder or S3 URI.
        beside: What else decides about the training, see ``going_on.beside``; it is not described.

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
        beside: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        super().__init__(name)
        self._hyperparameters = dict(hyperparameters)
        self._inputs = dict(inputs)
        self._beside = dict(beside)
        self._output_path = output_path
        self._model_data: str | None = None

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

    def _repr_html_(self) -> str:
        from ic_tf_sdk.pages.markup import table

        rows = [(one["MetricName"], f"{one['Value']:.6g}") for one in self._metrics()]
        facts = [("model_data", self._model_data)]
        facts += [("reason", self._failure)] if self._failure else []
        caption = f"{visible(self.name)}, {self._status}"
        return table(["", "value"], [*facts, *rows], caption=caption, most=200)

    def is_of(
        self,
        hyperparameters: Mapping[str, str],
        inputs: Mapping[str, str],
        beside: Mapping[str, str] = MappingProxyType({}),
    ) -> bool:
        """Whether the job was started with these.

        Args:
            hyperparameters: As they were sent.
            inputs: Channel name -> location.
            beside: What else decides about the training.
        """
        own = (self._hyperparameters, self._inputs, self._beside)
        return own == (dict(hyperparameters), dict(inputs), dict(beside))

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


def _is_number(text: str) -> bool:
    """Whether it is one: the expressions take any digits and points, ``0.5.`` too."""
    return re.fullmatch(r"[0-9]+\.?[0-9]*|\.[0-9]+", text) is not None


def _channel(name: str, location: str | Path) -> dict[str, Any]:
    source = {"S3DataType": "S3Prefix", "S3Uri": str(location)}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}
