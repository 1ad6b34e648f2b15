"""A job is checked before TensorFlow is loaded: what it will train on, and every mistake."""

import io
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from ic_tf_sdk import embedded, specs
from ic_tf_sdk.contract.model_info import ModelInfo
from ic_tf_sdk.errors import DatasetError, HyperparameterError, MissingExtraError
from ic_tf_sdk.training import environment, plan
from ic_tf_sdk.training.plan import Plan


def picture(shade: int, kind: str = "JPEG") -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (20, 16), (shade % 256, 255 - shade % 256, 90)).save(stream, kind)
    return stream.getvalue()


def channel(root: Path, first: int, **counts: int) -> Path:
    for label, count in counts.items():
        (root / label).mkdir(parents=True)
        for number in range(count):
            shade = 7 * (first + number) + 40 * sorted(counts).index(label)
            (root / label / f"{number}.jpg").write_bytes(picture(shade))
    return root


@pytest.fixture
def training(tmp_path: Path) -> Path:
    return channel(tmp_path / "train", 0, ant=10, bee=6)


def make(training: Path, *flags: object, **hyperparameters: object) -> Plan:
    words = ["--training", training, "--model", training / "nowhere", *flags]
    sent = {name: str(value) for name, value in hyperparameters.items()}
    return plan.make(environment.read(list(map(str, words)), {"SM_HPS": json.dumps(sent)}))


def test_without_validation_images_some_of_each_class_are_held_out(training: Path) -> None:
    made = make(training, validation_split_ratio=0.2, random_seed=1)
    assert made.validation is not None
    assert made.training.counts == [8, 5]
    assert made.validation.counts == [2, 1]
    assert not set(made.training.files) & set(made.validation.files)
    assert list(made.channels()) == ["training", "validation"]
    assert made.test is None
    assert made.labels == ("ant", "bee")
    whole = make(training, validation_split_ratio=0)
    assert whole.validation is None
    assert list(whole.channels()) == ["training"]


def test_channels_that_are_given_have_the_classes_of_training(
    training: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="ic_tf_sdk")
    validation = channel(tmp_path / "val", 100, bee=2)
    test = channel(tmp_path / "test", 200, ant=1, bee=1)
    made = make(training, "--validation", validation, "--test", test)
    assert made.training.counts == [10, 6]
    assert (made.validation, made.test) != (None, None)
    assert {name: folder.counts for name, folder in made.channels().items()} == {
        "training": [10, 6],
        "validation": [0, 2],
        "test": [1, 1],
    }
    assert set(made.reports) == {training, validation, test}
    assert len(made.samples) == 20
    assert made.refused() == {}
    [uneven] = made.warnings()
    assert f"Warning: {uneven}" in caplog.messages
    assert not any(one.startswith("Among them") for one in caplog.messages)
    assert uneven.startswith("The classes are uneven: 2 images of 'bee', 0 of 'ant'")


def test_copies_and_warnings_are_said_once(
    training: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    test = channel(tmp_path / "test", 0, ant=1, bee=1)
    caplog.set_level(logging.INFO, logger="ic_tf_sdk")
    made = make(training, "--test", test)
    assert made.copies
    assert made.warnings().count(made.copies[0]) == 1
    logged = [one for one in caplog.messages if one == f"Warning: {made.copies[0]}"]
    assert len(logged) == 1
    assert f"Images in {training}: ant 10, bee 6" in caplog.messages
    assert f"Images in {test}: ant 1, bee 1" in caplog.messages


def test_images_that_cannot_be_used_end_the_job_or_are_left_out(
    training: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (training / "ant" / "gif.jpg").write_bytes(picture(1, "GIF"))
    half = training / "bee" / "half.png"
    half.write_bytes(picture(1, "PNG")[:-30])
    with pytest.raises(DatasetError, match=r"1 of 18 files in .* cannot be read as JPEG or PNG"):
        make(training, on_bad_image="error")
    made = make(training, on_bad_image="skip", validation_split_ratio=0)
    assert made.training.counts == [10, 7]
    assert made.refused() == {str(training / "ant" / "gif.jpg"): "GIF"}
    assert f"Left out {training / 'ant' / 'gif.jpg'}: GIF" in caplog.messages
    # Decoding will tell.
    assert made.needs_decoding == {half}
    [told] = (
        Plan(
            made.environment,
            made.hyperparameters,
            made.training,
            None,
            None,
            left_out={half: "cut"},
        )
        .refused()
        .items()
    )
    assert told == (str(half), "cut")


def test_what_the_user_leaves_out_is_told(training: Path, tmp_path: Path) -> None:
    listed = tmp_path / "exclude.json"
    listed.write_text(json.dumps({"training": ["ant/0.jpg", "bee/1.jpg", "bee/2.jpg"]}))
    made = make(training, "--exclude", listed, validation_split_ratio=0)
    assert made.training.counts == [9, 4]
    assert made.exclusions() == [
        "3 training images are left out, as listed by who started the job."
    ]
    assert make(training).exclusions() == []


@pytest.mark.parametrize(
    ("hyperparameters", "said"),
    [
        ({"early_stopping": True, "validation_split_ratio": 0}, "needs validation images"),
        ({"epochs": 0, "batch_size": 0}, "epochs"),
    ],
)
def test_hyperparameters_are_held_against_the_data(
    training: Path, hyperparameters: dict[str, Any], said: str
) -> None:
    with pytest.raises(HyperparameterError, match=said):
        make(training, **hyperparameters)
    make(training, early_stopping=True)


def test_two_classes_are_what_binary_mode_takes(training: Path, tmp_path: Path) -> None:
    assert make(training, binary_mode=True).hyperparameters.binary_mode
    three = channel(tmp_path / "three", 0, ant=3, bee=3, cat=3)
    make(three)
    with pytest.raises(HyperparameterError, match="exactly two classes"):
        make(three, binary_mode=True)


def test_packages_that_are_asked_for_and_missing_are_told_before_the_images_are_read(
    tmp_path: Path, training: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plan, "find_spec", lambda _: None)
    nothing = tmp_path / "no images"
    solved: dict[str, Any] = {"train_only_on_top": True, "head_solver": "converged"}
    with pytest.raises(MissingExtraError, match="scipy, which head_solver 'converged' needs,"):
        make(nothing, **solved)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://localhost:1")
    with pytest.raises(MissingExtraError, match="MLflow, which MLFLOW_TRACKING_URI asks for,"):
        make(nothing)
    monkeypatch.setattr(plan, "find_spec", lambda name: name)
    make(training, **solved)
    monkeypatch.delenv("MLFLOW_TRACKING_URI")
    make(training)


def test_a_preset_is_over_the_defaults_of_the_model_and_told(
    training: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="ic_tf_sdk")
    archive = embedded.archive_path(embedded.MODEL_IDS[0])
    made = make(training, "--model", archive, preset="quick", epochs=3)
    told = [one for one in caplog.messages if one.startswith("Preset quick: ")]
    assert told
    for one in told:
        name, _, values = one.removeprefix("Preset quick: ").partition("=")
        value, _, before = values.partition(", not ")
        assert str(getattr(made.hyperparameters, name)) == value != before
    assert made.hyperparameters.epochs == 3
    assert not any("epochs=" in one for one in told)


def test_of_two_spellings_the_models_default_gives_way(training: Path) -> None:
    """SageMaker sends all defaults of a model beside what somebody has set in another spelling."""
    archive = embedded.archive_path(embedded.MODEL_IDS[0])
    sent: dict[str, Any] = {"adam-learning-rate": 0.3, "learning_rate": 0.001}
    made = make(training, "--model", archive, **sent)
    assert made.hyperparameters.learning_rate == 0.3
    with pytest.raises(HyperparameterError):
        make(training, "--model", archive, **{**sent, "learning_rate": 0.2})


def described(folder: Path, model_id: str) -> Path:
    """A model of which nobody here opens the graph."""
    (folder / "1").mkdir(parents=True)
    (folder / "1" / "saved_model.pb").write_bytes(b"x")
    ModelInfo(
        kind="pretrained", model_id=model_id, model_version="1.0.0", input_height=8, input_width=8,
        pixel_range="0..1",
    ).write(folder)  # fmt: skip
    return folder


def test_the_defaults_are_those_of_the_model_that_is_trained(
    training: Path, tmp_path: Path
) -> None:
    frozen = next(
        one for one in specs.model_ids()
        if specs.get(one).hyperparameters["train_only_on_top"] == "True"
    )  # fmt: skip
    model = described(tmp_path / "frozen", frozen)
    # What SageMaker sends beside it is this model's default, and no wish.
    sent: dict[str, Any] = {"train_only_on_top": True, "train_only_top_layer": False}
    assert not make(training, "--model", model, **sent).hyperparameters.train_only_on_top
    other = described(tmp_path / "other", embedded.MODEL_IDS[0])
    assert make(training, "--model", other, **sent).hyperparameters.train_only_on_top
    # Of a model that the catalogue does not know the algorithm's own defaults are taken.
    foreign = described(tmp_path / "foreign", "mine")
    assert make(training, "--model", foreign, **sent).hyperparameters.train_only_on_top
    (tmp_path / "bare" / "1").mkdir(parents=True)
    (tmp_path / "bare" / "1" / "saved_model.pb").write_bytes(b"x")
    bare = make(training, "--model", tmp_path / "bare", **sent)
    assert bare.hyperparameters.train_only_on_top


def test_what_is_worth_knowing_of_images_is_counted_in_the_log(
    training: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="ic_tf_sdk")
    Image.new("L", (20, 16), 90).save(training / "ant" / "grey.jpg")
    made = make(training)
    assert made.reports[training].notes == {"grey": 1}
    assert "Among them: 1 grey" in caplog.messages


def test_the_clock_of_a_job_runs_from_its_check_on(
    training: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = iter([5.0])
    monkeypatch.setattr(plan.time, "perf_counter", lambda: next(times, 99.0))
    assert make(training).started == 5.0
