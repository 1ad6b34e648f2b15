"""What the tuning jobs of a benchmark came to, as one table for each data set."""

import math
from collections.abc import Sequence
from typing import Any

from ic_tf_sdk import s3
from ic_tf_sdk.launch.candidate import Candidate
from ic_tf_sdk.launch.sagemaker.benchmark_job import BenchmarkJob
from ic_tf_sdk.launch.sagemaker.benchmark_run import started
from ic_tf_sdk.launch.selection import Selection

__all__ = ["read"]

_ACCURACY = "test:accuracy"
_NEEDED = (
    *(_ACCURACY, "Average test latency per sample", "Average test throughput"),
    *("Test evaluation latency", "Number of parameters", "Total training duration"),
)
_BASIS = (
    "{images} test images, each answered by the best training job of the model's tuning job; the "
    "times are those of the instance that trained"
)


def read(jobs: Sequence[BenchmarkJob]) -> dict[str, Selection]:
    """Data set -> the models by their accuracy on its test images.

    Args:
        jobs: The tuning jobs, under the names that they were started by.

    Raises:
        StorageError: AWS refuses, or is not there.
    """
    found: dict[str, list[tuple[Candidate, int]]] = {job.dataset: [] for job in jobs}
    failures: dict[str, dict[str, str]] = {name: {} for name in found}
    for job in jobs:
        outcome = _outcome(job)
        if isinstance(outcome, str):
            failures[job.dataset][job.model_id] = outcome
        else:
            found[job.dataset].append(outcome)
    return {name: _selection(name, found[name], failures[name]) for name in found}


def _selection(
    name: str, found: list[tuple[Candidate, int]], failures: dict[str, str]
) -> Selection:
    ranked = sorted((one for one, _ in found), key=lambda one: (-one.accuracy, one.milliseconds))
    images = max((count for _, count in found), default=0)
    return Selection(
        tuple(ranked), failures, name, images, None, _BASIS.format(images=images), "on the instance"
    )


def _outcome(job: BenchmarkJob) -> tuple[Candidate, int] | str:
    """The line of a model and the number of test images; or why there is none."""
    client = s3.service("sagemaker", job.region)
    described = started(client, job.name)
    if described is None:
        return f"The tuning job {job.name} was never started."
    best = described.get("BestTrainingJob")
    if best is None:
        status, reason = described["HyperParameterTuningJobStatus"], described.get("FailureReason")
        if status == "InProgress":
            return f"The tuning job {job.name} has not ended."
        return f"No training job of {job.name} has a result ({status}). {reason or ''}".strip()
    with s3.sentences(f"The training job {best['TrainingJobName']} cannot be asked for"):
        training = client.describe_training_job(TrainingJobName=best["TrainingJobName"])
    metrics = {
        one["MetricName"]: float(one["Value"]) for one in training.get("FinalMetricDataList", ())
    }
    if missing := [name for name in _NEEDED if name not in metrics]:
        return f"{best['TrainingJobName']} has no metric {', '.join(missing)}."
    return _line(job, training, metrics)


def _line(
    job: BenchmarkJob, training: dict[str, Any], metrics: dict[str, float]
) -> tuple[Candidate, int]:
    # The log says how long all images took, and how many a second: so many they were.
    images = max(1, round(metrics["Test evaluation latency"] * metrics["Average test throughput"]))
    accuracy = metrics[_ACCURACY]
    archive = training.get("ModelArtifacts", {}).get("S3ModelArtifacts")
    line = Candidate(
        model=job.model_id,
        accuracy=accuracy,
        standard_error=math.sqrt(accuracy * (1 - accuracy) / images),
        macro_f1=None,
        milliseconds=1000 * metrics["Average test latency per sample"],
        parameters=round(metrics["Number of parameters"]),
        archive_bytes=_size(archive, job.region),
        training_seconds=metrics["Total training duration"],
        right=(),
        path=archive or "",
    )
    return line, images


def _size(archive: str | None, region: str) -> int | None:
    if not archive:
        return None
    head = s3.Client(region=region).head(s3.parse(archive))
    return None if head is None else int(head["ContentLength"])
