"""What SageMaker reads off a job's log: by the request's own expressions, at each line's time."""

import re
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any, NamedTuple

from tests.rehearsal.container import Job

NAMESPACE = "/aws/sagemaker/TrainingJobs"


class Value(NamedTuple):
    """One value of a metric, and when its line was printed, in seconds since 1970."""

    name: str
    value: float
    time: float


def values(job: Job) -> Iterator[Value]:
    """Every value of every metric that the request defines, in the order of the log."""
    definitions = job.request["AlgorithmSpecification"].get("MetricDefinitions", [])
    for line, time in zip(job.log.removesuffix("\n").split("\n"), job.times, strict=True):
        for definition in definitions:
            for found in re.findall(definition["Regex"], line):
                yield Value(definition["Name"], float(found), time)


def final(job: Job) -> dict[str, Value]:
    """The last value of each metric."""
    return {value.name: value for value in values(job)}


def put(job: Job, cloudwatch: Any) -> None:
    """Hand a job's metrics to CloudWatch, one value a second, as SageMaker does."""
    dimension = {"Name": "TrainingJobName", "Value": job.request["TrainingJobName"]}
    data = [
        {
            "MetricName": value.name,
            "Value": value.value,
            "Timestamp": datetime.fromtimestamp(value.time, timezone.utc),
            "Dimensions": [dimension],
            "StorageResolution": 1,
        }
        for value in values(job)
    ]
    # Of one request's values there may be 1,000.
    for first in range(0, len(data), 1000):
        cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data[first : first + 1000])
