"""A model that is there already is measured as its own training measured it."""

import csv
import json
import math
import shutil
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from ic_tf_sdk import embedded, launch
from ic_tf_sdk.cli import main
from ic_tf_sdk.errors import ArchiveError, DatasetError, OutputExistsError, UserError
from ic_tf_sdk.inference import LocalPredictor
from ic_tf_sdk.launch import LocalEstimator
from ic_tf_sdk.launch.local import job as local_job
from ic_tf_sdk.launch.local.labelled_images import LabelledImages
from ic_tf_sdk.launch.local.model_comparison import Change, ModelComparison, mcnemar
from ic_tf_sdk.launch.local.model_evaluation import ModelEvaluation
from ic_tf_sdk.launch.local.request import request
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.results.evaluation import Evaluation
from tests.conftest import draw_dataset
from tests.launch.local.runs import QUICK

OF_REPORT = {"channel", "metrics", "classes", "confusions", "confusion_matrix", "calibration"}


def output(fitted: LocalEstimator) -> Path:
    """The output of the shared job."""
    return Path(fitted.model_data.removeprefix("file://")).parent


def exact(mended: int, broken: int) -> float:
    """McNemar's exact test by its definition, in whole numbers."""
    count, few = mended + broken, min(mended, broken)
    tail = Fraction(sum(math.comb(count, k) for k in range(few + 1)), 2**count)
    return float(min(Fraction(1), 2 * tail))


def report_of(folder: Path) -> dict[str, object]:
    """What a training says of its test channel."""
    return json.loads((folder / "output_data" / "evaluation.json").read_text())


def test_on_its_own_test_images_a_model_has_the_numbers_of_its_report(
    fitted: LocalEstimator, tiny_dataset: SimpleNamespace
) -> None:
    found = launch.evaluate(output(fitted) / "model.tar.gz", tiny_dataset.test)
    report = report_of(output(fitted))
    assert set(report) == OF_REPORT
    told = json.loads(json.dumps(found.as_dict()))
    assert {name: told[name] for name in OF_REPORT} == report
    assert found.accuracy == pytest.approx(report["metrics"]["accuracy"])
    assert found.images.sentences() == []


@pytest.mark.slow
@pytest.mark.parametrize(
    ("settings", "classes"),
    [
        ({"train_only_on_top": "False", "epochs": "2"}, 3),
        ({"train_only_on_top": "False", "epochs": "2", "binary_mode": "True"}, 2),
        ({"train_only_on_top": "True", "binary_mode": "True", "epochs": "3"}, 2),
        ({"train_only_on_top": "True", "augmentation": "True", "epochs": "2"}, 3),
        ({"train_only_on_top": "True", "head_solver": "converged"}, 3),
        ({"image_resize_interpolation": "nearest", "label_smoothing": "0.2", "epochs": "2"}, 3),
        ({"train_only_on_top": "True", "epochs": "2", "feature_cache": "off"}, 7),
    ],
)
def test_so_it_has_however_it_was_trained(
    settings: dict[str, str], classes: int, tmp_path: Path, tiny_archive: Path
) -> None:
    labels = ("stripes", "dots", "plain", "v", "w", "x", "y")[:classes]
    for seed, part in enumerate(("training", "test")):
        draw_dataset(tmp_path / part, count=6, seed=seed, labels=labels)
    wanted = request(
        model=str(tiny_archive),
        training=tmp_path / "training",
        test=tmp_path / "test",
        hyperparameters={"learning_rate": "0.05", "batch_size": "8", **settings},
    )
    job = local_job.run(wanted, output=tmp_path / "out", on_line=lambda _: None)
    found = json.loads(json.dumps(launch.evaluate(job.model_data, tmp_path / "test").as_dict()))
    assert {name: found[name] for name in OF_REPORT} == report_of(tmp_path / "out")


@pytest.fixture(scope="module")
def ugly(tmp_path_factory: pytest.TempPathFactory, tiny_dataset: SimpleNamespace) -> Path:
    """A folder with a class that is missing, one too many, one misspelt, and bad files."""
    folder = tmp_path_factory.mktemp("ugly") / "photos"
    shutil.copytree(tiny_dataset.test, folder)
    shutil.rmtree(folder / "plain")
    (folder / "Stripes").mkdir()
    (folder / "zebras").mkdir()
    Image.new("RGB", (9, 9)).save(folder / "Stripes" / "1.png")
    for number in range(3):
        Image.new("RGB", (9, 9)).save(folder / "zebras" / f"{number}.png")
    (folder / "dots" / "empty.jpg").write_bytes(b"")
    (folder / "dots" / "page.jpg").write_bytes(b"<html>")
    whole = next((folder / "stripes").glob("*.jpg")).read_bytes()
    (folder / "stripes" / "half.jpg").write_bytes(whole[: len(whole) // 2])
    (folder / "stripes" / "notes.txt").write_text("of the day")
    return folder


def test_what_does_not_fit_is_told_all_at_once(fitted: LocalEstimator, ugly: Path) -> None:
    found = launch.evaluate(output(fitted), ugly)
    assert len(found.evaluation.folder.files) == 10
    assert dict(found.images.unknown) == {"Stripes": 1, "zebras": 3}
    assert found.images.absent == ("plain",)
    assert set(found.images.left_out) == {"dots/empty.jpg", "dots/page.jpg", "stripes/half.jpg"}
    said = "\n".join(found.images.sentences())
    assert "1 image is left out of the class 'Stripes', which the model does not have. Did " in said
    assert "3 images are left out of the class 'zebras'" in said
    assert "No image of 1 class that the model has: 'plain'." in said
    assert "3 files are left out: " in said
    assert "1 file is no .jpg, .jpeg or .png in a class folder and passed over: 1 .txt." in said
    # Nothing to divide by.
    plain = next(one for one in found.class_scores() if one.label == "plain")
    assert plain.images == 0


def test_a_folder_of_which_nothing_is_left_is_refused_with_every_reason(
    fitted: LocalEstimator, ugly: Path, tmp_path: Path
) -> None:
    shutil.copytree(ugly / "zebras", tmp_path / "zebras")
    (tmp_path / "dots").mkdir()
    (tmp_path / "dots" / "empty.png").write_bytes(b"")
    with pytest.raises(DatasetError) as caught:
        launch.evaluate(output(fitted), tmp_path)
    said = str(caught.value)
    assert "has no image that the model can be asked about" in said
    assert "'dots', 'plain', 'stripes'" in said
    assert "'zebras'" in said
    assert "1 empty" in said


def test_parts_of_a_data_set_are_no_classes(fitted: LocalEstimator, tmp_path: Path) -> None:
    draw_dataset(tmp_path / "photos" / "train", count=1)
    draw_dataset(tmp_path / "photos" / "val", count=1)
    with pytest.raises(DatasetError, match=r"holds parts of a data set.*--validation"):
        launch.evaluate(output(fitted), tmp_path / "photos")
    with pytest.raises(DatasetError, match="nowhere does not exist"):
        launch.evaluate(output(fitted), tmp_path / "nowhere")
    with pytest.raises(UserError, match="s3://"):
        launch.evaluate(output(fitted), "s3://bucket/photos/")


def test_a_pretrained_model_is_refused_in_a_sentence(
    tiny_archive: Path, tiny_dataset: SimpleNamespace
) -> None:
    with pytest.raises(ArchiveError, match="which classifies nothing yet"):
        launch.evaluate(tiny_archive, tiny_dataset.test)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pictures under names that the shipped classifier knows."""
    folder = tmp_path_factory.mktemp("drawn") / "pictures"
    draw_dataset(folder, count=2, labels=("flame 001", "fractal 000"))
    return folder


@pytest.mark.parametrize(("mended", "broken"), [(0, 0), (3, 3), (9, 1), (1, 12), (60, 31)])
def test_mcnemar_is_the_binomial_test_of_its_definition(mended: int, broken: int) -> None:
    assert mcnemar(mended, broken) == pytest.approx(exact(mended, broken), rel=1e-9)


@pytest.mark.slow
def test_mcnemar_of_three_pairs_of_models_is_that_of_their_answers(
    fitted: LocalEstimator, tmp_path: Path, tiny_archive: Path, tiny_dataset: SimpleNamespace
) -> None:
    models = {"long": output(fitted) / "model.tar.gz"}
    for name, epochs in (("one", "1"), ("five", "5")):
        wanted = request(
            model=str(tiny_archive),
            training=tiny_dataset.training,
            hyperparameters={**QUICK, "epochs": epochs},
        )
        job = local_job.run(wanted, output=tmp_path / name, on_line=lambda _: None)
        models[name] = job.model_data
    draw_dataset(tmp_path / "new", count=40, seed=9)
    right = {}
    for name, model in models.items():
        launch.evaluate(model, tmp_path / "new").write(tmp_path / f"{name}-out")
        with (tmp_path / f"{name}-out" / "answers.csv").open() as rows:
            right[name] = {
                row["file"]: row["label"] == row["predicted_label"] for row in csv.DictReader(rows)
            }
    for one, other in (("long", "one"), ("long", "five"), ("one", "five")):
        pairs = [(right[one][file], right[other][file]) for file in right[one]]
        mended, broken = pairs.count((True, False)), pairs.count((False, True))
        found = launch.evaluate(models[one], tmp_path / "new", against=models[other]).against
        assert found is not None
        assert (found.mended, found.broken, found.images) == (mended, broken, 120)
        assert found.p_value == pytest.approx(exact(mended, broken))
        assert {it.change for it in found.changes} <= {"mended", "broken", "wrong"}
    assert mended != broken


@pytest.mark.slow
def test_beside_another_model_only_what_both_know_is_compared(
    fitted: LocalEstimator, tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    shutil.copytree(tiny_dataset.test, tmp_path / "photos")
    classifier = embedded.archive_path(embedded.MODEL_IDS[0], "inference")
    with pytest.raises(DatasetError, match="has no image that the model can be asked about"):
        launch.evaluate(output(fitted), tmp_path / "photos", against=classifier)
    with pytest.raises(UserError, match="with itself"):
        launch.evaluate(output(fitted), tmp_path / "photos", against=output(fitted))
    copy = shutil.copytree(output(fitted), tmp_path / "copy")
    found = launch.evaluate(output(fitted), tmp_path / "photos", against=copy)
    assert found.against is not None
    assert (found.against.p_value, found.against.changes) == (1.0, ())
    assert "Neither is right more often." in found.against.sentence


def test_the_command_writes_the_folder_once_and_prints_the_same(
    fitted: LocalEstimator, ugly: Path, tmp_path: Path
) -> None:
    words = ["evaluate", str(output(fitted)), str(ugly), "--out", str(tmp_path / "out")]
    done = CliRunner().invoke(main, [*words, "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.stdout)
    assert told == {
        **json.loads((tmp_path / "out" / "evaluation.json").read_text()),
        "out": str(tmp_path / "out"),
    }
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "answers.csv",
        "confusion_matrix.csv",
        "evaluation.json",
        "left_out.csv",
        "misclassified.csv",
        "per_class.csv",
        "report.html",
    ]
    page = (tmp_path / "out" / "report.html").read_text()
    for said in ("tiny 1.0.0, evaluated", "10 test images", "<img src=", "zebras", "3 files were"):
        assert said in page
    again = CliRunner().invoke(main, words)
    assert again.exit_code == 1
    assert "already exists" in again.stderr
    with pytest.raises(OutputExistsError):
        launch.evaluate(output(fitted), ugly).write(tmp_path / "out")


@pytest.mark.slow
def test_the_command_answers_of_a_published_classifier(drawn: Path) -> None:
    done = CliRunner().invoke(main, ["evaluate", embedded.MODEL_IDS[0], str(drawn), "--quiet"])
    assert done.exit_code == 0, done.output
    assert done.stderr == ""
    assert "accuracy" in done.stdout
    classifier = embedded.archive_path(embedded.MODEL_IDS[0], "inference")
    found = launch.evaluate(classifier, drawn)
    folder = found.evaluation.folder
    # As an endpoint answers.
    served = LocalPredictor(classifier).classify(folder.paths())
    answers = found.evaluation.predicted().tolist()
    assert [folder.labels[answer] for answer in answers] == [one.label for one in served]
    assert "<iframe" in found._repr_html_()


def test_answers_that_changed_are_a_table_beside_another_model_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = ImageFolder(Path("new"), ("a", "b"), ("a/1.jpg", "b/2.jpg"), (0, 1), {})
    answers = Evaluation("test", images, np.array([[0.9, 0.1], [0.7, 0.3]]), {})
    found = ModelEvaluation("new.tar.gz", "mine 1", answers, LabelledImages(images))
    change = Change("b/2.jpg", "b", "a", 0.7, "b", 0.6, "broken")
    against = ModelComparison("old.tar.gz", 2, 0.5, 1.0, 0, 1, 1.0, (change,))
    monkeypatch.setattr(ModelEvaluation, "page", lambda _: "<p>its page</p>")
    # A notebook shows it as the page.
    assert "its page" in found._repr_html_()
    found.write(tmp_path / "alone")
    assert not (tmp_path / "alone" / "changed.csv").exists()
    replace(found, against=against).write(tmp_path / "beside")
    head, row = (tmp_path / "beside" / "changed.csv").read_text().splitlines()
    assert head.split(",") == list(Change._fields)
    assert row == "b/2.jpg,b,a,0.7,b,0.6,broken"
