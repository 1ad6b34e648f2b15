"""Tuning jobs as SageMaker runs them: training jobs with values picked in their ranges.

Whatever the strategy, the values are drawn at random: how SageMaker draws is not public. The
training jobs are real ones.
"""

import math
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.rehearsal import job_metrics
from tests.rehearsal.background import Background
from tests.rehearsal.container import Job
from tests.rehearsal.hubs import RefusedError

Train = Callable[[dict[str, Any]], Job]


class TuningJobs:
    """The tuning jobs of one account.

    Args:
        background: Where they run.
        train: Runs a CreateTrainingJob request; None records only, and a tuning job is complete at
            once, without a training job.
        arn: From a kind and a name to the ARN.
    """

    def __init__(
        self, background: Background, train: Train | None, arn: Callable[[str, str], str]
    ) -> None:
        self._background = background
        self._train = train
        self._arn = arn
        self._made: dict[str, dict[str, Any]] = {}
        self._trials: dict[str, list[dict[str, Any]]] = {}

    def answer(self, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request that is about tuning jobs."""
        answers = {
            "CreateHyperParameterTuningJob": self._create,
            "DescribeHyperParameterTuningJob": self._describe,
            "ListTrainingJobsForHyperParameterTuningJob": self._list,
        }
        return answers[operation](given)

    def _create(self, given: dict[str, Any]) -> dict[str, Any]:
        name = given["HyperParameterTuningJobName"]
        self._made[name] = {**given, "CreationTime": time.time()}
        self._trials[name] = []
        self._background.start(name, lambda: self._tune(name))
        return {"HyperParameterTuningJobArn": self._arn("hyper-parameter-tuning-job", name)}

    def _tune(self, name: str) -> None:
        given, draw = self._made[name], random.Random(0)
        if self._train is None:
            return
        limits = given["HyperParameterTuningJobConfig"]["ResourceLimits"]
        values = [picked(given, draw) for _ in range(limits["MaxNumberOfTrainingJobs"])]
        requests = [tuned_job(given, *trial) for trial in enumerate(values, start=1)]
        with ThreadPoolExecutor(limits["MaxParallelTrainingJobs"]) as pool:
            for job, tuned in zip(pool.map(self._train, requests), values, strict=True):
                self._trials[name].append(self._summary(job, tuned, objective(given)))

    def _summary(self, job: Job, tuned: dict[str, str], wanted: dict[str, str]) -> dict[str, Any]:
        """A training job as the tuning job lists it."""
        name = job.request["TrainingJobName"]
        summary = {
            "TrainingJobName": name,
            "TrainingJobArn": self._arn("training-job", name),
            "CreationTime": job.started,
            "TrainingStartTime": job.started,
            "TrainingEndTime": job.ended,
            "TrainingJobStatus": "Completed" if job.succeeded else "Failed",
            "TunedHyperParameters": tuned,
            "ObjectiveStatus": "Failed",
        }
        found = job_metrics.final(job).get(wanted["MetricName"])
        if job.succeeded and found is not None:
            metric = {**wanted, "Value": found.value}
            summary["FinalHyperParameterTuningJobObjectiveMetric"] = metric
            summary["ObjectiveStatus"] = "Succeeded"
        return summary

    def _describe(self, given: dict[str, Any]) -> dict[str, Any]:
        name = given["HyperParameterTuningJobName"]
        if name not in self._made:
            raise RefusedError("ResourceNotFound", f"Amazon SageMaker can't find {name}.")
        done = self._background.is_done(name)
        trials = self._trials[name]
        jobs = Counter(trial["TrainingJobStatus"] for trial in trials)
        objectives = Counter(trial["ObjectiveStatus"] for trial in trials)
        described = {
            **self._made[name],
            "HyperParameterTuningJobArn": self._arn("hyper-parameter-tuning-job", name),
            "HyperParameterTuningJobStatus": "Completed" if done else "InProgress",
            "LastModifiedTime": time.time(),
            "TrainingJobStatusCounters": {
                "Completed": jobs["Completed"],
                "NonRetryableError": jobs["Failed"],
            },
            "ObjectiveStatusCounters": {
                "Succeeded": objectives["Succeeded"],
                "Failed": objectives["Failed"],
            },
        }
        best = best_trial(trials)
        return described | ({"BestTrainingJob": best} if best else {})

    def _list(self, given: dict[str, Any]) -> dict[str, Any]:
        # The newest first, as the service sorts them where nothing is said.
        return {"TrainingJobSummaries": self._trials[given["HyperParameterTuningJobName"]][::-1]}


def objective(tuning_job: dict[str, Any]) -> dict[str, str]:
    """``Type`` and ``MetricName`` of what a tuning job is after."""
    return dict(tuning_job["HyperParameterTuningJobConfig"]["HyperParameterTuningJobObjective"])


def best_trial(trials: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The training job with the best final value, if one has any."""
    name = "FinalHyperParameterTuningJobObjectiveMetric"
    rated = [trial for trial in trials if name in trial]
    if not rated:
        return None
    sign = 1 if rated[0][name]["Type"] == "Maximize" else -1
    return max(rated, key=lambda trial: sign * float(trial[name]["Value"]))


def picked(tuning_job: dict[str, Any], draw: random.Random) -> dict[str, str]:
    """Values in the ranges of a tuning job; the service sends them without quotes."""
    ranges = tuning_job["HyperParameterTuningJobConfig"]["ParameterRanges"]
    values: dict[str, str] = {}
    for span in ranges.get("CategoricalParameterRanges", []):
        # SDK v2 writes them in quotes for the toolkit, which the service keeps.
        values[span["Name"]] = draw.choice(span["Values"])
    for span in ranges.get("IntegerParameterRanges", []):
        values[span["Name"]] = str(round(_number(span, draw)))
    for span in ranges.get("ContinuousParameterRanges", []):
        values[span["Name"]] = f"{_number(span, draw):.6g}"
    return values


def _number(span: dict[str, Any], draw: random.Random) -> float:
    low, high = float(span["MinValue"]), float(span["MaxValue"])
    scaling = span.get("ScalingType", "Auto")
    if scaling == "Logarithmic" or (scaling == "Auto" and low > 0 and high / low >= 100):
        return math.exp(draw.uniform(math.log(low), math.log(high)))
    return draw.uniform(low, high)


def tuned_job(tuning_job: dict[str, Any], number: int, values: dict[str, str]) -> dict[str, Any]:
    """A training job as the service makes it of a tuning job's request.

    Args:
        tuning_job: The parameters of CreateHyperParameterTuningJob.
        number: Which of its training jobs it is, counted from 1.
        values: Hyperparameters in their ranges.
    """
    definition = dict(tuning_job["TrainingJobDefinition"])
    # SDK v2 and v3 fill different ones of the two.
    resources = definition.get("HyperParameterTuningResourceConfig")
    return {
        **definition,
        "TrainingJobName": f"{tuning_job['HyperParameterTuningJobName']}-{number:03d}",
        "ResourceConfig": resources or definition["ResourceConfig"],
        "HyperParameters": {**definition["StaticHyperParameters"], **values},
    }
