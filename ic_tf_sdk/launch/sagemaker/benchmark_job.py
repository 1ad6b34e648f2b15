"""One tuning job of a benchmark."""

from typing import Any, NamedTuple

from ic_tf_sdk.launch.sagemaker.job import SageMakerJob

__all__ = ["BenchmarkJob"]


class BenchmarkJob(NamedTuple):
    """The tuning job of one model on one data set.

    Attributes:
        model_id: The model.
        dataset: The name of the data set.
        region: The AWS region.
        request: The parameters of boto3's ``create_hyper_parameter_tuning_job``.
        training: What its training jobs are.

    Example:
        >>> one = {"HyperParameterTuningJobName": "bm-000-mobilenet-v2-100-a1b2c3"}
        >>> BenchmarkJob(model_id, "flowers", "us-west-2", one, job).name
        'bm-000-mobilenet-v2-100-a1b2c3'
    """

    model_id: str
    dataset: str
    region: str
    request: dict[str, Any]
    training: SageMakerJob

    @property
    def name(self) -> str:
        """Its name."""
        name: str = self.request["HyperParameterTuningJobName"]
        return name

    @property
    def instance_type(self) -> str:
        """What its training jobs run on."""
        return str(self.training.instance_type)

    @property
    def max_jobs(self) -> int:
        """How many training jobs it has."""
        return self._limit("MaxNumberOfTrainingJobs")

    @property
    def max_parallel_jobs(self) -> int:
        """How many of them run at a time."""
        return self._limit("MaxParallelTrainingJobs")

    @property
    def max_seconds(self) -> int:
        """How long each may run."""
        seconds: int = self.request["TrainingJobDefinition"]["StoppingCondition"][
            "MaxRuntimeInSeconds"
        ]
        return seconds

    def _limit(self, name: str) -> int:
        limits = self.request["HyperParameterTuningJobConfig"]["ResourceLimits"]
        count: int = limits[name]
        return count
