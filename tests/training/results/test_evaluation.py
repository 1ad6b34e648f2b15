"""Reports tell the truth about each image once, and leave the served model alone."""

import csv
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ic_tf_sdk.training.data.image_folder import ImageFolder


def evaluation_of(
    probabilities: list[list[float]], classes: list[int], labels: tuple[str, ...]
) -> Any:
    from ic_tf_sdk.training.results.evaluation import Evaluation

    files = tuple(f"{labels[index]}/{row}.jpg" for row, index in enumerate(classes))
    folder = ImageFolder(Path("/data"), labels, files, tuple(classes), {})
    return Evaluation("test", folder, np.asarray(probabilities, np.float32), {"loss": 1.0})


def test_scores_confusion_and_mistakes_of_a_known_case() -> None:
    found = evaluation_of(
        [[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.3, 0.6, 0.1], [0.9, 0.05, 0.05]],
        [0, 0, 1, 1],
        ("a", "b", "c"),
    )
    assert found.confusion_matrix().tolist() == [[1, 1, 0], [1, 1, 0], [0, 0, 0]]
    a, b, c = found.class_scores()
    assert (a.precision, a.recall, a.f1, a.images) == (0.5, 0.5, 0.5, 2)
    assert b.label == "b"
    # No image of c, and none so labelled: nothing to divide by.
    assert (c.precision, c.recall, c.f1, c.images) == (None, None, None, 0)
    surest, other = found.mistakes()
    assert (surest.file, surest.predicted_label) == ("b/3.jpg", "a")
    assert surest.probability == pytest.approx(0.9)
    assert other.label_probability == pytest.approx(0.2)


def test_two_classes_are_told_apart_at_one_half() -> None:
    found = evaluation_of([[0.5, 0.5], [0.4, 0.6]], [0, 1], ("no", "yes"))
    assert found.predicted().tolist() == [0, 1]
    assert found.mistakes() == []


def test_the_archive_is_told_the_share_of_right_answers() -> None:
    found = evaluation_of([[0.8, 0.2], [0.3, 0.7], [0.6, 0.4]], [0, 1, 1], ("a", "b")).record()
    assert (found.channel, found.images) == ("test", 3)
    assert found.accuracy == pytest.approx(2 / 3)
    empty = evaluation_of([], [], ("a", "b"))
    assert empty.record() is None


@pytest.mark.parametrize("binary", [False, True])
def test_one_pass_gives_the_metrics_that_keras_reports(binary: bool) -> None:
    import tf_keras

    from ic_tf_sdk.specs.hyperparameters import parse
    from ic_tf_sdk.training.devices.distribution import Distribution
    from ic_tf_sdk.training.feed.batches import FeatureExamples
    from ic_tf_sdk.training.loop import fit
    from ic_tf_sdk.training.network import objective
    from ic_tf_sdk.training.results import evaluation

    given = parse({"batch_size": 8, "binary_mode": binary})
    count = 2 if binary else 7
    rng = np.random.default_rng(1)
    # 45 images: the last batch of eight is not full.
    classes = [int(value) for value in rng.integers(0, count, 45)]
    features = rng.normal(size=(45, 4)).astype(np.float32)
    examples = FeatureExamples(features, classes, count, binary)
    penalty = tf_keras.regularizers.L2(0.1)
    model = tf_keras.Sequential(
        [
            tf_keras.Input((4,)),
            tf_keras.layers.Dense(
                1 if binary else count, None, True, "he_normal", kernel_regularizer=penalty
            ),
        ]
    )
    model.compile(loss=objective.loss(given), metrics=objective.metrics(given))
    labels = tuple("abcdefg"[:count])
    files = tuple(f"{row}.jpg" for row in range(45))
    folder = ImageFolder(Path("/data"), labels, files, tuple(classes), {})
    found = evaluation.evaluate(model, examples, folder, given, channel="test")
    expected = fit.evaluate(model, fit.every_batch(examples, given, Distribution()))
    assert found.metrics.keys() == expected.keys()
    assert found.metrics == pytest.approx(expected, abs=1e-5)
    assert found.confusion_matrix().sum() == 45
    right = np.trace(found.confusion_matrix()) / 45
    assert right == pytest.approx(expected["accuracy"], abs=1e-6)
    np.testing.assert_allclose(found.probabilities.sum(axis=1), 1, atol=1e-5)


def rows(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.reader(stream))


def test_a_job_writes_every_report_beside_the_model_and_none_into_it(
    train: Any, tiny_dataset: SimpleNamespace
) -> None:
    job = train(train_only_on_top=True, epochs=2, test=tiny_dataset.test)
    names = {path.name for path in job.output.iterdir()}
    assert names == {
        "history.json", "history.csv", "tensorboard", "evaluation.json", "per_class.csv",
        "confusion_matrix.csv", "misclassified.csv", "report.html",
    }  # fmt: skip
    history = rows(job.output / "history.csv")
    assert history[0][:3] == ["epoch", "seconds", "loss"]
    assert [row[0] for row in history[1:]] == ["1", "2"]
    assert float(history[2][2]) == job.record.epochs[1]["loss"]
    found = json.loads((job.output / "evaluation.json").read_text())
    assert found["channel"] == "test"
    assert sum(map(sum, found["confusion_matrix"])) == 15
    assert found["metrics"] == job.record.test
    wrong = 15 - round(15 * job.record.test["accuracy"])
    assert len(rows(job.output / "misclassified.csv")) == 1 + wrong
    assert [row[0] for row in rows(job.output / "per_class.csv")[1:]] == list(tiny_dataset.labels)
    for run in ("train", "validation"):
        assert list((job.output / "tensorboard" / run).glob("events.out.tfevents*"))
    # With a picture of each wrong answer, at least.
    assert (job.output / "report.html").read_text().count("data:image/jpeg") >= wrong
    served = {path.name for path in job.model.rglob("*")}
    assert not served & names


def test_without_a_test_channel_the_validation_images_are_reported(train: Any) -> None:
    job = train(train_only_on_top=True, epochs=1)
    found = json.loads((job.output / "evaluation.json").read_text())
    assert found["channel"] == "validation"
    best = job.record.epochs[job.record.best_epoch]
    assert found["metrics"]["accuracy"] == pytest.approx(best["val_accuracy"], abs=1e-6)
    assert job.record.test == {}


def many(count: int) -> Any:
    """An evaluation of this many classes of three images each, most of which are confused."""
    labels = tuple(f"class {index:08d}" for index in range(count))
    classes = [index for index in range(count) for _ in range(3)]
    answers = np.random.default_rng(0).integers(0, count, len(classes))
    probabilities = np.eye(count, dtype=np.float32)[answers]
    return evaluation_of(probabilities.tolist(), classes, labels)


@pytest.mark.parametrize(("count", "most"), [(300, 500_000), (1000, 1_000_000)])
def test_reports_of_many_classes_stay_small_and_the_whole_matrix_is_a_file(
    tmp_path: Path, count: int, most: int
) -> None:
    from ic_tf_sdk.contract.history_record import HistoryRecord
    from ic_tf_sdk.training.results import evaluation_files
    from ic_tf_sdk.training.results.report.run_facts import RunFacts

    record = HistoryRecord(epochs=[{"loss": 1.0}], seconds=[1.0], best_epoch=0, test={})
    evaluated = many(count)
    facts = RunFacts("model", evaluated.folder.labels)
    evaluation_files.write(tmp_path, record, evaluated, facts)
    assert (tmp_path / "report.html").stat().st_size < most
    assert (tmp_path / "evaluation.json").stat().st_size < most
    summary = json.loads((tmp_path / "evaluation.json").read_text())
    assert summary["confusion_matrix"] is None
    assert summary["confusions"][0] == evaluated.confusions()[0]._asdict()
    written = rows(tmp_path / "confusion_matrix.csv")
    assert len(written) == len(written[0]) == count + 1
    assert sum(int(cell) for row in written[1:] for cell in row[1:]) == 3 * count


def test_confusions_are_the_matrix_less_its_diagonal_the_most_first() -> None:
    answers = [[0.9, 0.1, 0], [0, 0.9, 0.1], [0, 0.9, 0.1], [0, 0.9, 0.1], [0.9, 0.1, 0]]
    found = evaluation_of(answers, [0, 1, 2, 2, 2], ("a", "b", "c")).confusions()
    assert [tuple(one) for one in found] == [
        ("c", "b", 2, pytest.approx(2 / 3)),
        ("c", "a", 1, pytest.approx(1 / 3)),
    ]
