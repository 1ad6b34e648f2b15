"""A published classifier behind the serving signature, without training."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from ic_tf_sdk import specs
from ic_tf_sdk.content import inference_archive
from ic_tf_sdk.contract import container_answer
from ic_tf_sdk.errors import ArchiveError, OutputExistsError, UserError
from ic_tf_sdk.inference.predictor import LocalPredictor
from ic_tf_sdk.inference.served_model import ServedModel
from ic_tf_sdk.specs.archive_name import archive_name

MODEL_ID = "tensorflow-ic-imagenet-mobilenet-v1-025-128-classification-4"


class MeanColour(tf.train.Checkpoint):
    """A classifier of 4 outputs in TF Hub's form: logits grow with the mean colour."""

    def __init__(self) -> None:
        super().__init__()
        self.kernel = tf.Variable(tf.constant([[9.0, 0, 0, 3], [0, 9, 0, 3], [0, 0, 9, 3]]))

    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3])])
    def __call__(self, images: Any) -> Any:
        return tf.reduce_mean(images, [1, 2]) @ self.kernel


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("classifier")
    tf.saved_model.save(MeanColour(), str(folder))
    return folder


@pytest.fixture(scope="module")
def green() -> bytes:
    pixels = tf.tile(tf.constant([[[20, 230, 30]]], tf.uint8), [40, 60, 1])
    return bytes(tf.io.encode_png(pixels).numpy())


@pytest.mark.parametrize(
    ("activation", "total"), [("softmax", 1.0), ("sigmoid", None)], ids=["one of", "each"]
)
def test_a_classifier_answers_like_a_fine_tuned_model(
    classifier: Path, green: bytes, tmp_path: Path, activation: str, total: float | None
) -> None:
    spec = specs.get(MODEL_ID)._replace(head_activation=activation)
    labels = ("red", "green", "blue", "grey")
    path = inference_archive.wrap(
        classifier, spec=spec, labels=labels, output=tmp_path / "i.tar.gz"
    )
    assert ServedModel(path).height == 128
    answer = json.loads(LocalPredictor(path).predict(green, {"Accept": "application/json;verbose"}))
    assert answer["predicted_label"] == "green"
    assert answer["labels"] == list(labels)
    logits = np.array([20, 230, 30, 280 / 3]) / 255 * 9
    each = 1 / (1 + np.exp(-logits))
    expected = np.exp(logits) / np.exp(logits).sum() if total else each
    np.testing.assert_allclose(answer["probabilities"], expected, atol=1e-4)
    top = LocalPredictor(path).predict(green, {"Accept": "application/json;n_predictions=1"})
    assert json.loads(top)["labels"] == ["green"]


def test_outputs_and_labels_must_be_as_many(classifier: Path, tmp_path: Path) -> None:
    spec = specs.get(MODEL_ID)
    with pytest.raises(UserError, match="4 outputs for 2 labels"):
        inference_archive.wrap(
            classifier, spec=spec, labels=("a", "b"), output=tmp_path / "i.tar.gz"
        )
    assert not list(tmp_path.iterdir())
    (tmp_path / "i.tar.gz").touch()
    with pytest.raises(OutputExistsError):
        inference_archive.wrap(
            classifier, spec=spec, labels=("a",) * 4, output=tmp_path / "i.tar.gz"
        )


def test_the_outputs_decide_which_of_a_label_files_lines_are_meant(
    classifier: Path, green: bytes, tmp_path: Path
) -> None:
    names = tmp_path / "labels.txt"
    names.write_text("background\nred\ngreen\nblue\ngrey\n")
    spec = specs.get(MODEL_ID)
    path = inference_archive.wrap(classifier, spec=spec, labels=names, output=tmp_path / "i.tar.gz")
    loaded = ServedModel(path)
    assert loaded.labels == ("red", "green", "blue", "grey")
    assert loaded.predict([green])[0]["predicted_label"] == "green"


class Pyramid(MeanColour):
    """No classifier: its output keeps the picture's height and width."""

    @tf.function(input_signature=[tf.TensorSpec([None, None, None, 3])])
    def __call__(self, images: Any) -> Any:
        return images @ self.kernel


class Squarer(MeanColour):
    """A classifier of pictures of 64 x 64."""

    @tf.function(input_signature=[tf.TensorSpec([None, 64, 64, 3])])
    def __call__(self, images: Any) -> Any:
        return tf.reduce_mean(images, [1, 2]) @ self.kernel


@pytest.mark.parametrize(
    ("module", "reason"),
    [(Pyramid, "its output has shape .*Take https://tfhub.dev"), (Squarer, "128 x 128 .*not pass")],
)
def test_a_module_that_is_not_the_specs_classifier_is_refused(
    module: type[tf.train.Checkpoint], reason: str, tmp_path: Path
) -> None:
    tf.saved_model.save(module(), str(tmp_path / "module"))
    spec = specs.get(MODEL_ID)
    with pytest.raises(ArchiveError, match=reason):
        inference_archive.wrap(
            tmp_path / "module", spec=spec, labels=("a",) * 4, output=tmp_path / "i.tar.gz"
        )
    assert {path.name for path in tmp_path.iterdir()} == {"module"}


def test_an_alias_shares_the_archive_of_its_model() -> None:
    spec = specs.get(MODEL_ID)
    assert archive_name(spec, "inference") == f"infer-{MODEL_ID}.tar.gz"
    alias = spec._replace(alias_of="tensorflow-ic-other")
    assert archive_name(alias, "inference") == "infer-tensorflow-ic-other.tar.gz"


def test_a_prediction_of_1001_labels_is_written_quickly() -> None:
    """Shortest digits are searched for; that must not show beside the model's own time."""
    import time

    values = np.random.default_rng(1).dirichlet(np.ones(1001)).astype(np.float32).tolist()
    prediction = {"probabilities": values, "labels": ["x"] * 1001, "predicted_label": "x"}
    times = []
    for _ in range(20):
        start = time.process_time()
        container_answer.response_body(prediction, container_answer.Form())
        times.append(time.process_time() - start)
    assert min(times) < 0.02
