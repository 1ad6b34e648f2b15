"""Each object of a notebook's loop has a rich form and a plain one, and a job is found again."""

import re
from pathlib import Path

import pytest

from ic_tf_sdk import specs
from ic_tf_sdk.contract.history_record import HistoryRecord
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch import LocalEstimator
from ic_tf_sdk.launch.local.description import LocalTrainingJob
from ic_tf_sdk.launch.local.history import History

MODEL_ID = "tensorflow-ic-embedded-formulanet-96"


@pytest.fixture
def shown(fitted: LocalEstimator) -> LocalEstimator:
    """An estimator of that job which no other test has."""
    return LocalEstimator.attach(Path(fitted.model_data).parent)


def test_before_a_job_an_estimator_shows_what_it_would_do() -> None:
    estimator = LocalEstimator(MODEL_ID, hyperparameters={"epochs": 2})
    for form in (repr(estimator), estimator._repr_html_()):
        assert MODEL_ID in form
        assert "epochs=2" in form
        assert "none yet; call fit" in form
        assert "object at 0x" not in form
    for call in (estimator.history, estimator.report):
        with pytest.raises(UserError, match="call fit first"):
            call()


def test_after_a_job_it_shows_the_accuracy_and_the_curves(shown: LocalEstimator) -> None:
    page, plain = shown._repr_html_(), repr(shown)
    assert page.count("<svg") == 2
    for form in (page, plain):
        assert re.search(r"accuracy, test images", form)
        assert shown.latest_training_job is not None
        assert shown.latest_training_job.name in form
        assert "Completed" in form


def test_the_history_is_rows_that_a_frame_takes(shown: LocalEstimator) -> None:
    history = shown.history()
    assert [row["epoch"] for row in history] == list(range(1, 26))
    assert sum(row["exported"] for row in history) == 1
    assert {"seconds", "loss", "val_accuracy"} <= history[0].keys()
    assert len(repr(history).splitlines()) == 26
    assert history._repr_html_().count("<svg") == 2
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(history)
    assert list(frame["epoch"]) == list(range(1, 26))
    assert frame["loss"].dtype == float


def test_one_epoch_is_a_table_alone() -> None:
    record = HistoryRecord(epochs=[{"loss": float("nan")}], seconds=[1.0], best_epoch=0, test={})
    history = History(record)
    assert "<svg" not in history._repr_html_()
    assert "\N{EN DASH}" in repr(history)


def test_the_report_is_shown_in_a_frame_that_runs_nothing(
    shown: LocalEstimator, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = shown.report()
    assert str(report.path) in repr(report)
    frame = report._repr_html_()
    assert frame.startswith("<iframe srcdoc=")
    assert frame.count("<iframe") == 1
    assert 'sandbox=""' in frame
    assert "<html" not in frame
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    report.open()
    assert opened == [report.path.as_uri()]


def test_a_job_is_found_again_by_name_and_by_folder(fitted: LocalEstimator) -> None:
    folder = Path(fitted.model_data).parent
    job_name = folder.parent.name
    for name in (job_name, folder, folder.parent):
        again = LocalEstimator.attach(name, fitted.output_path)
        assert again.model_data == fitted.model_data
        assert again.history() == fitted.history()
        assert again.hyperparameters()["epochs"] == "25"
        found = again.latest_training_job
        assert found is not None
        assert found.name == job_name
        described = found.describe()
        assert described["TrainingJobStatus"] == "Completed"
        final = {one["MetricName"]: one["Value"] for one in described["FinalMetricDataList"]}
        last = again.history()[-1]["val_accuracy"]
        assert final["tflow-ic:val-accuracy"] == pytest.approx(last, abs=1e-6)
        # Not known any more, so not said.
        assert "CreationTime" not in described


def test_a_job_that_is_not_there_names_those_that_are(
    fitted: LocalEstimator, tmp_path: Path
) -> None:
    name = Path(fitted.model_data).parent.parent.name
    with pytest.raises(UserError, match="Did you mean 'tiny-"):
        LocalEstimator.attach(name[:-1], fitted.output_path)
    with pytest.raises(UserError, match="nor another one"):
        LocalEstimator.attach("tiny", tmp_path)
    with pytest.raises(UserError, match="on this machine"):
        LocalEstimator.attach("tiny", "s3://bucket/jobs")


def test_a_job_has_both_forms(shown: LocalEstimator) -> None:
    job = shown.latest_training_job
    assert job is not None
    assert repr(job) == f"LocalTrainingJob {job.name}, Completed"
    assert "tflow-ic:val-accuracy" in job._repr_html_()
    failed = LocalTrainingJob("<b>", hyperparameters={}, inputs={}, output_path="jobs")
    failed.fail("no <i>images</i>")
    assert "no <i>images</i>" in repr(failed)
    assert "&lt;i&gt;" in failed._repr_html_()


def test_a_record_of_the_catalogue_shows_its_card() -> None:
    spec = specs.get(MODEL_ID)
    assert spec._repr_html_() == specs.describe(MODEL_ID)._repr_html_()
    assert "object at 0x" not in repr(spec)
