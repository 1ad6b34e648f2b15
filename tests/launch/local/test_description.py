"""What a local job's description says of its log."""

import re

import pytest

from ic_tf_sdk.launch.local.description import LocalTrainingJob


def metrics(*lines: str) -> dict[str, float]:
    job = LocalTrainingJob("j", hyperparameters={}, inputs={}, output_path="jobs")
    job.log += lines
    return {item["MetricName"]: item["Value"] for item in job.describe()["FinalMetricDataList"]}


def test_the_last_value_of_a_metric_is_its_final_one() -> None:
    assert metrics("- Test loss: 0.5", "- Test loss: .25", "- Test loss: 3.") == {"test:loss": 3.0}


@pytest.mark.parametrize("word", ["0.5.", "1.2.3", "...", "."])
def test_what_is_no_number_is_no_value_of_a_metric(word: str) -> None:
    assert metrics("- Test loss: 0.5", f"- Test loss: {word} - and more") == {"test:loss": 0.5}
    assert metrics(f"- Test loss: {word}") == {}


def job() -> LocalTrainingJob:
    return LocalTrainingJob(
        "j", hyperparameters={"epochs": "1"}, inputs={"training": "photos"}, output_path="jobs"
    )


def test_a_job_that_runs_has_no_end_and_no_model() -> None:
    described = job().describe()
    assert described["TrainingJobStatus"] == "InProgress"
    assert described["CreationTime"] == described["TrainingStartTime"]
    absent = ("TrainingEndTime", "TrainingTimeInSeconds", "ModelArtifacts", "FailureReason")
    assert not [name for name in absent if name in described]


def test_a_job_that_ended_says_how_and_when() -> None:
    done, failed, stopped = job(), job(), job()
    done.complete("jobs/j/model.tar.gz")
    failed.fail("no images")
    stopped.interrupted()
    assert done.describe()["ModelArtifacts"] == {"S3ModelArtifacts": "jobs/j/model.tar.gz"}
    assert failed.describe()["FailureReason"] == "no images"
    assert "FailureReason" not in done.describe()
    assert "ModelArtifacts" not in failed.describe()
    for one, status in ((done, "Completed"), (failed, "Failed"), (stopped, "Stopped")):
        described = one.describe()
        assert described["TrainingJobStatus"] == status
        assert described["TrainingEndTime"] >= described["TrainingStartTime"]
        assert 0 <= described["TrainingTimeInSeconds"] < 60
        assert one.is_stopped is (one is stopped)


def test_a_job_knows_what_it_was_started_with() -> None:
    assert job().is_of({"epochs": "1"}, {"training": "photos"})
    assert not job().is_of({"epochs": "2"}, {"training": "photos"})
    assert not job().is_of({"epochs": "1"}, {"training": "others"})
    assert not job().is_of({"epochs": "1"}, {"training": "photos"}, {"rehearse": "old"})


def test_a_notebook_shows_the_model_or_the_reason_and_the_metrics() -> None:
    done, failed = job(), job()
    done.log += ["- Test loss: 0.123456789"]
    done.complete("jobs/j/model.tar.gz")
    shown = done._repr_html_()
    assert "<caption>j, Completed</caption>" in shown
    assert "jobs/j/model.tar.gz" in shown
    assert re.search("test:loss<.*>0.123457<", shown)
    assert "reason" not in shown
    # A reason is a sentence or two: of a longer one the middle is left out.
    for letters in (200, 201):
        failed.fail("x" * letters)
        assert (">" + "x" * letters + "<" in failed._repr_html_()) == (letters == 200)
    assert "reason" in failed._repr_html_()
