"""Training further with old images: what is refused before the work, and what is kept after it."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from ic_tf_sdk.cli import main
from ic_tf_sdk.errors import DatasetError, UserError
from ic_tf_sdk.launch import LocalEstimator
from ic_tf_sdk.launch.local import earlier_model, frozen_trials
from ic_tf_sdk.launch.local import job as local_job
from ic_tf_sdk.launch.local.rehearsing import rehearsing
from ic_tf_sdk.launch.local.request import request
from ic_tf_sdk.launch.local.stopped_job import JobStoppedError
from ic_tf_sdk.training import plan
from tests.conftest import draw_dataset
from tests.training.data.test_rehearsal import model_of

LABELS = ("dots", "plain", "stripes")


def ic_tf(*words: object) -> Result:
    return CliRunner().invoke(main, list(map(str, words)))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return model_of(tmp_path / "earlier", LABELS)


@pytest.fixture
def corrected(tmp_path: Path, tiny_dataset: SimpleNamespace) -> Path:
    folder = tmp_path / "corrected"
    shutil.copytree(tiny_dataset.test / "dots", folder / "dots")
    return folder


def test_some_classes_alone_are_refused_and_the_refusal_names_rehearse(
    model: Path, corrected: Path, tmp_path: Path, tiny_dataset: SimpleNamespace
) -> None:
    done = ic_tf("fit", corrected, "-m", model, "-o", tmp_path / "out")
    assert done.exit_code == 1
    said = " ".join(done.output.split())
    assert "has images of 1 of the model's 3 classes (missing here: 'plain', 'stripes')" in said
    assert "--rehearse OLD" in said
    assert "Help: docs/troubleshooting.md#dataseterror" in said
    assert not (tmp_path / "out.partial").exists()
    # All classes need none, and other classes are the job's to refuse.
    whole = request(model=model, training=tiny_dataset.training)
    assert rehearsing(whole, None) == whole
    (corrected / "tulips").mkdir()
    shutil.copy(next((corrected / "dots").iterdir()), corrected / "tulips")
    other = request(model=model, training=corrected)
    assert rehearsing(other, None) == other
    # So is a folder that is not there.
    absent = request(model=model, training=tmp_path / "nowhere")
    assert rehearsing(absent, None) == absent


@pytest.mark.parametrize(("missing", "more"), [(9, ""), (10, ""), (11, " and 1 more")])
def test_of_many_missing_classes_ten_are_named(
    corrected: Path, tmp_path: Path, missing: int, more: str
) -> None:
    others = [f"k{number:02d}" for number in range(missing)]
    training = request(model=model_of(tmp_path / "m", ("dots", *others)), training=corrected)
    with pytest.raises(DatasetError) as refused:
        rehearsing(training, None)
    named = ", ".join(map(repr, others[:10]))
    assert f"1 of the model's {missing + 1} classes (missing here: {named}{more})" in str(
        refused.value
    )


def test_with_old_images_of_the_models_classes_the_request_names_their_folder(
    model: Path, corrected: Path, tiny_dataset: SimpleNamespace
) -> None:
    done = ic_tf(
        "fit", corrected, "-m", model, "--rehearse", tiny_dataset.training, "--dry-run",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["rehearse"] == str(tiny_dataset.training)


def test_of_a_folder_in_parts_the_training_part_is_rehearsed_and_the_test_part_tests(
    model: Path, corrected: Path, tiny_dataset: SimpleNamespace
) -> None:
    old = tiny_dataset.training.parent
    training = request(model=model, training=corrected)
    found = rehearsing(training, old)
    assert found.rehearse == old / "training"
    assert found.channels["test"] == old / "test"
    given = request(model=model, training=corrected, test=corrected)
    assert rehearsing(given, old).channels["test"] == corrected


def test_what_cannot_be_rehearsed_is_refused_with_every_reason(
    model: Path, corrected: Path, tmp_path: Path, tiny_dataset: SimpleNamespace
) -> None:
    training = request(model=model, training=corrected)
    with pytest.raises(DatasetError, match="does not exist"):
        rehearsing(training, tmp_path / "nowhere")
    with pytest.raises(UserError, match="S3"):
        rehearsing(training, "s3://my-bucket/old/")
    (corrected / "tulips").mkdir()
    with pytest.raises(DatasetError) as refused:
        rehearsing(training, corrected)
    assert "only here: 'tulips'" in str(refused.value)
    assert "does not have: 'tulips'" in str(refused.value)
    pretrained = request(model=model_of(tmp_path / "m", ()), training=tiny_dataset.training)
    with pytest.raises(UserError, match="nothing to rehearse"):
        rehearsing(pretrained, tiny_dataset.training)


def test_trials_of_a_tuning_leave_out_and_rehearse_as_its_jobs_do(
    model: Path, corrected: Path, tmp_path: Path, tiny_dataset: SimpleNamespace
) -> None:
    first = min((corrected / "dots").iterdir())
    training = request(model=model, training=corrected, exclude=[f"dots/{first.name}"])
    training = rehearsing(training, tiny_dataset.training)
    made = plan.make(frozen_trials._environment(training, tmp_path))
    assert made.excluded == {"training": 1}
    assert made.validation is not None
    assert len(made.training.files) + len(made.validation.files) == 4 + 48


def test_the_earlier_model_is_measured_before_the_training_and_not_when_there_is_a_result(
    model: Path,
    corrected: Path,
    tmp_path: Path,
    tiny_dataset: SimpleNamespace,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def stopped(*_: object, **__: object) -> float:
        raise KeyboardInterrupt

    monkeypatch.setattr(earlier_model, "accuracy", stopped)
    monkeypatch.setattr(local_job, "run", lambda *_, **__: pytest.fail("trained"))
    estimator = LocalEstimator(
        model_uri=model, output_path=tmp_path / "jobs", rehearse=tiny_dataset.training
    )
    with pytest.raises(JobStoppedError, match="Stopped before the training began"):
        estimator.fit({"training": corrected, "test": tiny_dataset.test}, logs=False)
    assert estimator.latest_training_job is not None
    assert estimator.latest_training_job.is_stopped


@pytest.mark.slow
def test_an_estimator_rehearses_and_its_log_says_what_became_of_the_old(
    fitted: LocalEstimator, corrected: Path, tmp_path: Path, tiny_dataset: SimpleNamespace
) -> None:
    old = tmp_path / "old"
    shutil.copytree(tiny_dataset.training, old / "train")
    shutil.copytree(tiny_dataset.test, old / "test")
    draw_dataset(tmp_path / "more", count=6, seed=9, labels=("dots",))
    estimator = LocalEstimator(
        model_uri=fitted.model_data,
        hyperparameters={"epochs": 2},
        output_path=tmp_path / "jobs",
        rehearse=old,
    )
    estimator.fit(str(tmp_path / "more"), logs=False)
    job = estimator.latest_training_job
    assert job is not None
    log = "\n".join(job.log)
    assert "Rehearsed: 48 of the 48 images in" in log
    assert "Accuracy on the test images: before " in log


@pytest.mark.slow
def test_the_command_shows_before_and_after_or_what_is_recorded(
    fitted: LocalEstimator, corrected: Path, tmp_path: Path, tiny_dataset: SimpleNamespace
) -> None:
    words = ["fit", corrected, "-m", fitted.model_data, "--rehearse", tiny_dataset.training]
    words += ["-s", "epochs=2"]
    done = ic_tf(*words, "-o", tmp_path / "a", "--test", tiny_dataset.test, "--json")
    assert done.exit_code == 0, done.output
    report = json.loads(done.stdout)
    assert report["test"]["accuracy"] >= report["test_accuracy_before"] - 0.2
    assert "recorded_before" not in report
    without = ic_tf(*words, "-o", tmp_path / "b")
    assert "Before, of the earlier model: " in without.output
    assert "of 15 test images, as its archive records" in without.output
