"""A tuning job as the plain parameters of boto3's ``create_hyper_parameter_tuning_job``."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ic_tf_sdk.launch import tuning
from ic_tf_sdk.launch.open_values import Text
from ic_tf_sdk.launch.sagemaker.job import SageMakerJob
from ic_tf_sdk.launch.tuning import Categorical, Integer, Range, Real, Strategy
from ic_tf_sdk.specs.hyperparameters import canonical_name

__all__ = ["TuningPlan", "create_tuning_job"]

_OF_DEFINITION = (
    *("RoleArn", "OutputDataConfig", "StoppingCondition", "AlgorithmSpecification"),
    *("InputDataConfig", "EnableNetworkIsolation", "EnableInterContainerTrafficEncryption"),
    *("EnableManagedSpotTraining", "CheckpointConfig", "VpcConfig", "Environment"),
)
# A tuning job keeps no machines warm.
_OF_RESOURCES = ("InstanceType", "InstanceCount", "VolumeSizeInGB", "VolumeKmsKeyId")


class TuningPlan(NamedTuple):
    """What a tuning job is after.

    Attributes:
        ranges: Hyperparameter -> what it is tuned over.
        objective: Name of one of the job's metrics, to maximise.
        max_jobs: Training jobs in all.
        max_parallel_jobs: Training jobs at a time.
        strategy: How the next values are picked.
        early_stopping: Whether SageMaker may stop a job that cannot become the best.
    """

    ranges: Mapping[str, Range]
    objective: str = tuning.OBJECTIVE
    max_jobs: int = 20
    max_parallel_jobs: int = 2
    strategy: Strategy = "Bayesian"
    early_stopping: bool = False


def create_tuning_job(
    job: SageMakerJob, plan: TuningPlan, *, job_name: str, channels: Mapping[str, Text]
) -> dict[str, Any]:
    """The request that SDK v2's ``HyperparameterTuner`` sends.

    Args:
        job: What is trained, again and again.
        plan: What it is after.
        job_name: Unique in the account and region, at most 32 characters.
        channels: As of ``SageMakerJob.create_training_job``.

    Raises:
        HyperparameterError: A range is wider than what the hyperparameter allows.
        UserError: The job cannot be; everything that is wrong is named.
    """
    names = {canonical_name(name): name for name in job.hyperparameters}
    checked = tuning.checked(plan.ranges)
    ranges = {names.get(canonical_name(name), name): span for name, span in checked.items()}
    training = job.create_training_job(job_name=job_name, channels=channels)
    fixed = {n: v for n, v in training["HyperParameters"].items() if n not in ranges}
    definition = {name: training[name] for name in _OF_DEFINITION if name in training}
    resources = training["ResourceConfig"]
    definition["StaticHyperParameters"] = fixed
    definition["HyperParameterTuningResourceConfig"] = {
        name: resources[name] for name in _OF_RESOURCES if name in resources
    }
    request = {
        "HyperParameterTuningJobName": job_name,
        "HyperParameterTuningJobConfig": _config(plan, ranges),
        "TrainingJobDefinition": definition,
    }
    return request | ({"Tags": training["Tags"]} if "Tags" in training else {})


def _config(plan: TuningPlan, ranges: Mapping[str, Range]) -> dict[str, Any]:
    return {
        "Strategy": plan.strategy,
        "ResourceLimits": {
            "MaxNumberOfTrainingJobs": plan.max_jobs,
            "MaxParallelTrainingJobs": plan.max_parallel_jobs,
        },
        "TrainingJobEarlyStoppingType": "Auto" if plan.early_stopping else "Off",
        "HyperParameterTuningJobObjective": {"Type": "Maximize", "MetricName": plan.objective},
        "ParameterRanges": _ranges(ranges),
    }


def _ranges(ranges: Mapping[str, Range]) -> dict[str, list[dict[str, Any]]]:
    """The ranges by their kind, all three kinds named, as the SDK does."""
    by_kind: dict[str, list[dict[str, Any]]] = {
        "ContinuousParameterRanges": [_numbers(*one) for one in ranges.items() if _is(one, Real)],
        "CategoricalParameterRanges": [
            {"Name": name, "Values": [str(value) for value in span.values]}
            for name, span in ranges.items()
            if isinstance(span, Categorical)
        ],
        "IntegerParameterRanges": [_numbers(*one) for one in ranges.items() if _is(one, Integer)],
    }
    return by_kind


def _is(one: tuple[str, Range], kind: type) -> bool:
    return isinstance(one[1], kind)


def _numbers(name: str, span: Any) -> dict[str, Any]:
    low, high = str(span.low), str(span.high)
    return {"Name": name, "MinValue": low, "MaxValue": high, "ScalingType": span.scaling}
