"""``ic-tf fit`` and ``ic-tf predict`` as a person types them."""

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from ic_tf_sdk.cli import main


def ic_tf(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture(scope="module")
def fitted(
    tmp_path_factory: pytest.TempPathFactory, tiny_archive: Path, tiny_dataset: SimpleNamespace
) -> SimpleNamespace:
    """The output folder of a fit, and what the command printed."""
    output = tmp_path_factory.mktemp("fit") / "out"
    done = ic_tf(
        "fit", tiny_dataset.training, "--model", tiny_archive, "--test", tiny_dataset.test,
        "--set", "epochs=20", "--set", "train_only_on_top=True", "-s", "learning_rate=0.1",
        "--output", output,
    )  # fmt: skip
    return SimpleNamespace(output=output, done=done)


def test_fit_prints_plain_lines_and_a_table_without_a_terminal(fitted: SimpleNamespace) -> None:
    assert fitted.done.exit_code == 0, fitted.done.output
    assert "Epoch 20/20 - " in fitted.done.output
    assert "Loading TensorFlow in " in fitted.done.output
    assert "Exporting the model in " in fitted.done.output
    assert "test accuracy" in fitted.done.output
    assert str(fitted.output / "model.tar.gz") in fitted.done.output
    assert "\x1b" not in fitted.done.output


def test_predict_names_the_label_and_its_probability(
    fitted: SimpleNamespace, tiny_dataset: SimpleNamespace
) -> None:
    images = [min((tiny_dataset.test / label).iterdir()) for label in tiny_dataset.labels]
    done = ic_tf("predict", fitted.output / "model.tar.gz", *images, "--json")
    assert done.exit_code == 0, done.output
    answers = json.loads(done.output)
    assert [answer["predicted_label"] for answer in answers] == list(tiny_dataset.labels)
    table = ic_tf("predict", fitted.output / "model.tar.gz", images[0])
    assert table.output.splitlines()[0].split() == ["image", "label", "probability"]
    assert "dots" in table.output


def test_predict_answers_the_others_when_one_image_is_bad(
    fitted: SimpleNamespace, tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.jpg"
    bad.write_text("<html>no image</html>")
    good = min((tiny_dataset.test / "dots").iterdir())
    done = ic_tf("predict", fitted.output / "model.tar.gz", bad, good, "--json")
    assert done.exit_code == 1
    answers = json.loads(done.output)
    assert "not a JPEG or PNG image" in answers[0]["error"]
    assert "HTML" in answers[0]["error"]
    assert answers[1]["predicted_label"] == "dots"


def test_predict_answers_with_a_model_id_that_needs_no_training(
    tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    image = min((tiny_dataset.test / "dots").iterdir())
    done = ic_tf("predict", "tensorflow-ic-embedded-formulanet-96", image, "--json")
    assert done.exit_code == 0, done.output
    assert len(json.loads(done.output)[0]["labels"]) == 240
    known = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
    done = ic_tf("predict", known, image, "--models", tmp_path)
    assert done.exit_code == 1
    assert f"ic-tf mirror {known}" in done.output


def test_a_dry_run_prints_the_request_and_starts_nothing(
    tmp_path: Path, tiny_archive: Path, tiny_dataset: SimpleNamespace
) -> None:
    done = ic_tf(
        "fit", tiny_dataset.training, "-m", tiny_archive, "-s", "batch-size=8",
        "-o", tmp_path / "out", "--dry-run",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    wanted = json.loads(done.output)
    assert wanted["hyperparameters"] == {"batch_size": "8"}
    assert wanted["channels"] == {"training": str(tiny_dataset.training)}
    assert list(tmp_path.iterdir()) == []


def image_folder(root: Path, *names: str, content: bytes = b"\xff\xd8\xff\xe0 jpeg") -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    return root


BAD_FOLDERS = {
    "no such directory": ((), "does not exist"),
    "no class folders": (("loose.jpg",), "has no class folders"),
    "one class only": (("a/1.jpg", "a/2.jpg"), "only one class, 'a'"),
    "an empty class": (("a/1.jpg", "b/notes.txt"), "for the class 'b'"),
}


@pytest.mark.parametrize("case", BAD_FOLDERS)
def test_a_bad_folder_is_one_clear_error_and_leaves_nothing(
    case: str, tmp_path: Path, tiny_archive: Path
) -> None:
    names, message = BAD_FOLDERS[case]
    data = image_folder(tmp_path / "data", *names)
    done = ic_tf("fit", data, "-m", tiny_archive, "-o", tmp_path / "made" / "out")
    assert done.exit_code == 1
    assert done.output.startswith("Error: ")
    assert message in done.output
    assert "Traceback" not in done.output
    assert not list((tmp_path / "made").glob("*"))


def test_a_file_that_is_no_image_is_named(tmp_path: Path, tiny_archive: Path) -> None:
    data = image_folder(tmp_path / "data", "a/1.jpg", "a/2.jpg", "b/1.jpg", "b/2.jpg")
    image_folder(data, "b/page.png", content=b"<html>")
    image_folder(data, "b/empty.jpg", content=b"")
    done = ic_tf("fit", data, "-m", tiny_archive, "-o", tmp_path / "out")
    assert done.exit_code == 1
    assert f"{data}/b/page.png: HTML or XML" in done.output
    assert f"{data}/b/empty.jpg: empty" in done.output
    assert "on_bad_image" in done.output


@pytest.mark.parametrize(
    ("words", "messages"),
    [
        (("-s", "epoch=3"), ["Unknown hyperparameter 'epoch'. Did you mean 'epochs'?"]),
        (("-s", "learning_rate=2"), ["it is a number from 0 to 1"]),
        (
            ("-s", "epochs=0", "-s", "optimizer=adm", "-s", "nope=1"),
            ["3 hyperparameters", "from 1 to 1000", "Did you mean 'adam'?", "'nope'"],
        ),
        (("-s", "epochs"), ["--set takes NAME=VALUE"]),
        (("-m", "tensorflow-ic-embedded-formula"), ["Unknown model id", "formulanet"]),
    ],
)
def test_a_bad_request_is_refused_before_anything_starts(
    words: tuple[str, ...], messages: list[str], tmp_path: Path, tiny_archive: Path,
    tiny_dataset: SimpleNamespace,
) -> None:  # fmt: skip
    done = ic_tf("fit", tiny_dataset.training, "-m", tiny_archive, *words, "-o", tmp_path / "out")
    assert done.exit_code == 1
    assert all(message in done.output for message in messages), done.output
    assert list(tmp_path.iterdir()) == []


def test_a_model_archive_that_is_none_is_refused(
    tmp_path: Path, tiny_dataset: SimpleNamespace
) -> None:
    fake = tmp_path / "model.tar.gz"
    fake.write_bytes(b"this is no archive")
    fitting = ic_tf("fit", tiny_dataset.training, "-m", fake, "-o", tmp_path / "out")
    predicting = ic_tf("predict", fake, min((tiny_dataset.test / "dots").iterdir()))
    for done in (fitting, predicting):
        assert done.exit_code == 1
        assert str(fake) in done.output
        assert "Traceback" not in done.output


def test_an_output_that_exists_is_refused(
    tmp_path: Path, tiny_archive: Path, tiny_dataset: SimpleNamespace
) -> None:
    done = ic_tf("fit", tiny_dataset.training, "-m", tiny_archive, "-o", tmp_path)
    assert done.exit_code == 1
    assert "already exists" in done.output


def test_training_further_shows_the_test_before_and_after_on_the_same_images(
    fitted: SimpleNamespace, tmp_path: Path, tiny_dataset: SimpleNamespace
) -> None:
    words = ["fit", tiny_dataset.training, "-m", fitted.output / "model.tar.gz", "-s", "epochs=1"]
    words += ["--test", tiny_dataset.test]
    done = ic_tf(*words, "-o", tmp_path / "table")
    assert done.exit_code == 0, done.output
    assert "Kept from the earlier training of the model: train_only_on_top=True" in done.output
    [before] = [line for line in done.output.splitlines() if "accuracy before" in line]
    [first] = [line for line in fitted.done.output.splitlines() if line.startswith("test accuracy")]
    assert before.split()[-1] == first.split()[-1]
    report = json.loads(ic_tf(*words, "-o", tmp_path / "json", "--json").stdout)
    assert report["test_accuracy_before"] == pytest.approx(float(first.split()[-1]), abs=1e-4)
    assert "accuracy before" not in fitted.done.output


def test_other_classes_in_incremental_training_are_both_listed(
    fitted: SimpleNamespace, tmp_path: Path, tiny_dataset: SimpleNamespace
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "dots").symlink_to(tiny_dataset.training / "dots")
    (other / "zigzag").symlink_to(tiny_dataset.training / "stripes")
    done = ic_tf("fit", other, "-m", fitted.output / "model.tar.gz", "-o", tmp_path / "out")
    assert done.exit_code == 1
    assert "missing here: 'plain', 'stripes'; only here: 'zigzag'" in done.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("command", ["fit", "predict", "models", "describe", "hyperparameters",
                                     "sample-data"])  # fmt: skip
def test_every_command_has_help(command: str) -> None:
    done = ic_tf(command, "--help")
    assert done.exit_code == 0
    assert "Usage: main " + command in done.output or f"{command} [OPTIONS]" in done.output


def test_an_unknown_command_is_told_the_nearest() -> None:
    done = ic_tf("predikt")
    assert done.exit_code == 2
    assert "Did you mean 'predict'?" in done.output
