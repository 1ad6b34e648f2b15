"""A tuning job of a ``LocalTuner``, described as SageMaker describes one."""

from typing import Any

from ic_tf_sdk.launch.local.local_run import LocalRun
from ic_tf_sdk.launch.local.tuning_objective import Objective
from ic_tf_sdk.launch.local.tuning_result import TuningTrial, ranked

__all__ = ["LocalTuningJob"]


class LocalTuningJob(LocalRun):
    """What ``tuner.latest_tuning_job`` is: a name, and fields of DescribeHyperParameterTuningJob.

    Args:
        name: Unique below its output path.
        objective: What is improved.
        max_jobs: Trials in all.

    Attributes:
        name: The tuning's name; ``job_name`` is the same, as in the SageMaker SDK.
        log: Every line that was said of it.
        trials: Those that have ended, in their order.

    Example:
        >>> from ic_tf_sdk.launch.local.tuning_objective import objective
        >>> job = LocalTuningJob("flowers-1", objective=objective("val:loss"), max_jobs=20)
        >>> job.describe()["HyperParameterTuningJobStatus"]
        'InProgress'
    """

    def __init__(self, name: str, *, objective: Objective, max_jobs: int) -> None:
        super().__init__(name)
        self.trials: list[TuningTrial] = []
        self._objective, self._max_jobs = objective, max_jobs

    def complete(self) -> None:
        """Note that the tuning succeeded."""
        self._end("Completed")

    def describe(self) -> dict[str, Any]:
        """The fields of SageMaker's DescribeHyperParameterTuningJob that mean something here."""
        described: dict[str, Any] = {
            "HyperParameterTuningJobName": self.name,
            "HyperParameterTuningJobStatus": self._status,
            "HyperParameterTuningJobConfig": {
                "HyperParameterTuningJobObjective": {
                    "Type": self._objective.direction,
                    "MetricName": self._objective.name,
                },
                "ResourceLimits": {"MaxNumberOfTrainingJobs": self._max_jobs},
            },
            "CreationTime": self._started,
            "TrainingJobStatusCounters": self._counters(),
        }
        if self._ended is not None:
            described["HyperParameterTuningEndTime"] = self._ended
        if best := ranked(self.trials, minimised=self._objective.direction == "Minimize")[:1]:
            described["BestTrainingJob"] = self._best(best[0])
        if self._status == "Failed":
            described["FailureReason"] = self._failure
        return described

    def _counters(self) -> dict[str, int]:
        statuses = [one.status for one in self.trials]
        return {
            "Completed": statuses.count("Completed"),
            "InProgress": int(self._status == "InProgress"),
            "NonRetryableError": statuses.count("Failed"),
            "Stopped": statuses.count("Stopped"),
        }

    def _best(self, best: TuningTrial) -> dict[str, Any]:
        return {
            "TrainingJobName": best.name,
            "TrainingJobStatus": best.status,
            "TunedHyperParameters": dict(best.hyperparameters),
            "FinalHyperParameterTuningJobObjectiveMetric": {
                "Type": self._objective.direction,
                "MetricName": self._objective.name,
                "Value": best.value,
            },
        }
