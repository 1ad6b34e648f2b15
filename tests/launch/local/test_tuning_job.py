"""``latest_tuning_job``: the fields of SageMaker's description, of what has ended so far."""

from datetime import datetime, timezone

from ic_tf_sdk.launch.local.tuning_job import LocalTuningJob
from ic_tf_sdk.launch.local.tuning_objective import objective
from ic_tf_sdk.launch.local.tuning_result import Status, TuningTrial


def trial(number: int, value: float | None, status: Status = "Completed") -> TuningTrial:
    begun = datetime(2026, 1, 2, tzinfo=timezone.utc)
    return TuningTrial(f"trial-{number}", {"epochs": "3"}, value, status, 3, begun, 1.0)


def test_the_best_is_the_least_of_a_loss_and_every_end_is_counted() -> None:
    job = LocalTuningJob("mine", objective=objective("val:loss"), max_jobs=9)
    assert "BestTrainingJob" not in job.describe()
    job.trials += [
        trial(1, 0.5),
        trial(2, 0.25),
        trial(3, 0.1, "Stopped"),
        trial(4, None, "Failed"),
    ]
    described = job.describe()
    assert described["HyperParameterTuningJobName"] == "mine"
    assert described["BestTrainingJob"] == {
        "TrainingJobName": "trial-2",
        "TrainingJobStatus": "Completed",
        "TunedHyperParameters": {"epochs": "3"},
        "FinalHyperParameterTuningJobObjectiveMetric": {
            "Type": "Minimize",
            "MetricName": "val:loss",
            "Value": 0.25,
        },
    }
    assert described["TrainingJobStatusCounters"] == {
        "Completed": 2,
        "InProgress": 1,
        "NonRetryableError": 1,
        "Stopped": 1,
    }
    config = described["HyperParameterTuningJobConfig"]
    assert config["ResourceLimits"] == {"MaxNumberOfTrainingJobs": 9}
    assert config["HyperParameterTuningJobObjective"]["Type"] == "Minimize"
    assert "HyperParameterTuningEndTime" not in described


def test_how_it_ended_is_described() -> None:
    job = LocalTuningJob("mine", objective=objective("val:loss"), max_jobs=1)
    job.complete()
    described = job.describe()
    assert described["HyperParameterTuningJobStatus"] == "Completed"
    assert described["HyperParameterTuningEndTime"] >= described["CreationTime"]
    assert described["TrainingJobStatusCounters"]["InProgress"] == 0
    assert "FailureReason" not in described
    failed = LocalTuningJob("<b>", objective=objective("val:loss"), max_jobs=1)
    failed.fail("no images")
    assert failed.describe()["FailureReason"] == "no images"
    assert repr(failed) == "LocalTuningJob <b>, Failed: no images"
