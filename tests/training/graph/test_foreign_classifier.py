"""Classifiers that AWS's script or Keras saved: trained further and served, or refused."""

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from ic_tf_sdk.errors import ArchiveError, DatasetError
from ic_tf_sdk.inference.predictor import LocalPredictor
from ic_tf_sdk.inference.served_model import ServedModel
from ic_tf_sdk.training import environment, job, plan
from ic_tf_sdk.training.network.backbone import open_source
from tests.conftest import TINY_LABELS, TINY_SIZE
from tests.foreign_archives import LABELS_FILE, keras_archive, keras_classifier, packed

VERBOSE = {"Accept": "application/json;verbose"}


@pytest.fixture(autouse=True)
def _fresh_names() -> None:
    tf_keras.backend.clear_session()


@pytest.fixture(scope="module", params=[None, "softmax"], ids=["logits", "probabilities"])
def keras(
    request: pytest.FixtureRequest, tiny_backbone: Path, tmp_path_factory: pytest.TempPathFactory
) -> SimpleNamespace:
    model = keras_classifier(tiny_backbone, activation=request.param)
    return keras_archive(tmp_path_factory.mktemp("keras"), model)


def expected(archive: SimpleNamespace, image: bytes, *, scale: float = 1 / 255) -> Any:
    """What the Keras model itself says of a picture."""
    pixels = tf.image.resize(tf.io.decode_image(image, 3), (TINY_SIZE, TINY_SIZE)) * scale
    found = archive.model(pixels[tf.newaxis], training=False)
    return (
        found
        if archive.model.layers[-1].activation.__name__ == "softmax"
        else (tf.nn.softmax(found))
    ).numpy()[0]


def train(model: Path, training: Path, folder: Path, **given: object) -> Any:
    variables = {
        "SM_CHANNEL_TRAINING": str(training),
        "SM_CHANNEL_MODEL": str(model),
        "SM_MODEL_DIR": str(folder / "model"),
        "SM_OUTPUT_DATA_DIR": str(folder / "output"),
    }
    flags = [f"--checkpoint_dir={folder / 'checkpoints'}", "--epochs=1", "--batch_size=8"]
    flags += [f"--{name}={value}" for name, value in given.items()]
    return job.run(plan.make(environment.read(flags, variables)))


@pytest.mark.parametrize("packed_or_not", ["path", "folder"])
def test_it_is_served_with_the_models_own_answers(
    keras: SimpleNamespace, tiny_dataset: SimpleNamespace, packed_or_not: str
) -> None:
    predictor = LocalPredictor(getattr(keras, packed_or_not))
    for path in sorted(tiny_dataset.test.rglob("*.png"))[:3]:
        answer = json.loads(predictor.predict(path.read_bytes(), VERBOSE))
        assert answer["labels"] == list(TINY_LABELS)
        np.testing.assert_allclose(
            answer["probabilities"], expected(keras, path.read_bytes()), atol=1e-4
        )


def test_a_model_that_rescales_by_itself_gets_its_pixels_as_they_are(
    tiny_backbone: Path, tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    archive = keras_archive(tmp_path, keras_classifier(tiny_backbone, rescaling=True))
    image = next(tiny_dataset.test.rglob("*.png")).read_bytes()
    answer = json.loads(LocalPredictor(archive.path).predict(image, VERBOSE))
    np.testing.assert_allclose(
        answer["probabilities"], expected(archive, image, scale=1.0), atol=1e-4
    )
    with pytest.raises(ArchiveError, match="cannot be trained further"):
        open_source(archive.path)


@pytest.mark.parametrize(
    ("keras", "top_only"),
    [
        pytest.param(None, "True", id="logits, head"),
        pytest.param(
            "softmax",
            "False",
            id="probabilities, all of it",
            marks=[pytest.mark.slow, pytest.mark.merge],
        ),
        pytest.param(None, "False", id="logits, all of it", marks=pytest.mark.slow),
    ],
    indirect=["keras"],
)
def test_training_goes_on_from_its_backbone_and_its_classification_layer(
    keras: SimpleNamespace, tiny_dataset: SimpleNamespace, tmp_path: Path, top_only: str
) -> None:
    source = open_source(keras.path)
    dense = keras.model.layers[-1]
    np.testing.assert_array_equal(source.loaded.kernel.numpy(), dense.kernel.numpy())
    # One epoch with a rate of zero is the model as it was.
    given = {"train_only_on_top": top_only, "learning_rate": 0, "regularizers_l2": 0}
    train(keras.path, tiny_dataset.training, tmp_path, **given)
    image = next(tiny_dataset.test.rglob("*.png")).read_bytes()
    answer = json.loads(LocalPredictor(tmp_path / "model").predict(image, VERBOSE))
    tolerance = 1e-4 if top_only == "True" else 0.2  # batch norm's averages move
    np.testing.assert_allclose(answer["probabilities"], expected(keras, image), atol=tolerance)
    # The artifact is this package's own, and can be trained further in its turn.
    again = tmp_path / "again"
    record = train(tmp_path / "model", tiny_dataset.training, again, learning_rate=0.1)
    assert len(record.epochs) == 1
    assert ServedModel(again / "model").labels == TINY_LABELS


def test_other_classes_are_listed_before_training(
    keras: SimpleNamespace, tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    shutil.copytree(tiny_dataset.training, tmp_path / "images")
    (tmp_path / "images" / "plain").rename(tmp_path / "images" / "plane")
    with pytest.raises(DatasetError, match=r"plane.*plain|plain.*plane"):
        train(keras.path, tmp_path / "images", tmp_path / "out")


def test_a_signature_of_encoded_images_beside_keras_own_graph_is_no_hindrance(
    tiny_backbone: Path, tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    """AWS's documentation: the algorithm adds pre- and post-processing to the signature."""
    model = keras_classifier(tiny_backbone)

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
    def serve(images: Any) -> Any:
        pixels = tf.map_fn(
            lambda image: tf.image.resize(
                tf.io.decode_image(image, 3, expand_animations=False), (TINY_SIZE, TINY_SIZE)
            ),
            images,
            fn_output_signature=tf.TensorSpec([TINY_SIZE, TINY_SIZE, 3]),
        )
        return {"probabilities": tf.nn.softmax(model(pixels / 255, training=False))}

    archive = keras_archive(tmp_path, model, signatures={"serving_default": serve})
    image = next(tiny_dataset.test.rglob("*.png")).read_bytes()
    answer = json.loads(LocalPredictor(archive.path).predict(image, VERBOSE))
    np.testing.assert_allclose(answer["probabilities"], expected(archive, image), atol=1e-4)
    assert open_source(archive.path).info.fine_tuning.labels == TINY_LABELS


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ('{"a": 0, "b": 1}', "has 2 labels, and its SavedModel gives"),
        ('{"a": 0, "b": 1, "c": 3}', "numbers are not those of"),
        ('["a", "b", "c"]', "cannot be read"),
        ("{", "cannot be read"),
    ],
)
def test_labels_that_do_not_fit_are_refused(
    keras: SimpleNamespace, tmp_path: Path, labels: str, said: str
) -> None:
    shutil.copytree(keras.folder, tmp_path / "content")
    (tmp_path / "content" / LABELS_FILE).write_text(labels)
    path = packed(tmp_path / "content", tmp_path / "model.tar.gz")
    for take in (open_source, ServedModel):
        with pytest.raises(ArchiveError, match=said):
            take(path)


def test_a_classifier_whose_parts_cannot_be_told_apart_is_served_and_not_trained(
    tmp_path: Path, tiny_dataset: SimpleNamespace
) -> None:
    """A SavedModel that is no Keras model: one function from pixels to logits."""

    class Closed(tf.train.Checkpoint):
        def __init__(self) -> None:
            super().__init__()
            self.kernel = tf.Variable(tf.eye(3) * 5)

        @tf.function(input_signature=[tf.TensorSpec([None, 8, 8, 3])])
        def __call__(self, images: Any) -> Any:
            return tf.reduce_mean(images, [1, 2]) @ self.kernel

    module = Closed()
    tf.saved_model.save(module, str(tmp_path / "content" / "1"), signatures=module.__call__)
    (tmp_path / "content" / LABELS_FILE).write_text('{"b": 2, "g": 1, "r": 0}')
    image = next(tiny_dataset.test.rglob("*.png")).read_bytes()
    answer = json.loads(LocalPredictor(tmp_path / "content").predict(image, VERBOSE))
    assert answer["labels"] == ["r", "g", "b"]
    with pytest.raises(ArchiveError, match=r"cannot be trained further. It can be served"):
        open_source(tmp_path / "content")


def test_unknown_preprocessing_is_refused(tiny_backbone: Path, tmp_path: Path) -> None:
    layer = tf_keras.layers.Lambda(lambda images: images / 127.5 - 1)
    inner = keras_classifier(tiny_backbone)
    model = tf_keras.Sequential([tf_keras.layers.InputLayer((TINY_SIZE, TINY_SIZE, 3)), layer])
    for part in inner.layers:
        model.add(part)
    archive = keras_archive(tmp_path, model)
    for take in (open_source, ServedModel):
        with pytest.raises(ArchiveError, match="preprocessing of its own"):
            take(archive.path)
