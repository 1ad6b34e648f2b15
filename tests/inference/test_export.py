"""The signatures of the exported SavedModel, and what lies beside it."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_hub as hub
import tf_keras
from PIL import Image
from tensorflow_serving.apis import prediction_log_pb2

from ic_tf_sdk.training.graph import warmup


@pytest.fixture(scope="module")
def loaded(fine_tuned: Path) -> Any:
    return tf.saved_model.load(str(fine_tuned / "1"))


@pytest.fixture(scope="module")
def answer(loaded: Any, photos: list[Path]) -> dict[str, np.ndarray]:
    data = tf.constant([path.read_bytes() for path in photos])
    found = loaded.signatures["serving_default"](image_bytes=data)
    return {name: value.numpy() for name, value in found.items()}


def test_every_output_has_the_batch_dimension(
    answer: dict[str, np.ndarray], photos: list[Path]
) -> None:
    assert {name: value.shape for name, value in answer.items()} == {
        "probabilities": (15, 3),
        "labels": (15, 3),
        "predicted_label": (15,),
        "top_probabilities": (15, 3),
        "top_labels": (15, 3),
    }


def test_predicted_label_and_top_labels_follow_the_probabilities(
    answer: dict[str, np.ndarray],
) -> None:
    order = np.argsort(-answer["probabilities"], axis=1)
    assert (answer["predicted_label"] == answer["top_labels"][:, 0]).all()
    assert (answer["top_labels"] == np.take_along_axis(answer["labels"], order, 1)).all()
    assert (np.diff(answer["top_probabilities"], axis=1) <= 0).all()


def test_one_image_is_answered_alike_alone_and_among_others(
    loaded: Any, answer: dict[str, np.ndarray], photos: list[Path]
) -> None:
    for row, path in enumerate(photos):
        alone = loaded.signatures["serving_default"](image_bytes=tf.constant([path.read_bytes()]))
        np.testing.assert_allclose(
            alone["probabilities"][0], answer["probabilities"][row], atol=1e-6, rtol=0
        )


def test_a_sideways_photo_is_turned_by_its_exif_orientation(
    loaded: Any, photos: list[Path], tmp_path: Path
) -> None:
    upright = Image.open(photos[0]).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6
    upright.save(tmp_path / "upright.jpg", quality=95)
    upright.rotate(90, expand=True).save(tmp_path / "turned.jpg", quality=95, exif=exif)
    data = [(tmp_path / name).read_bytes() for name in ("upright.jpg", "turned.jpg")]
    found = loaded.signatures["serving_default"](image_bytes=tf.constant(data))["probabilities"]
    np.testing.assert_allclose(found[0], found[1], atol=0.02)


def test_pixel_signatures_agree_with_the_bytes(
    loaded: Any, answer: dict[str, np.ndarray], photos: list[Path]
) -> None:
    pixels = tf.stack([loaded.load_image(tf.constant(path.read_bytes())) for path in photos])
    found = loaded.signatures["serving_pixels"](pixels=pixels)
    assert list(found) == ["probabilities"]
    np.testing.assert_allclose(found["probabilities"], answer["probabilities"], atol=1e-6, rtol=0)


def test_uint8_and_float_pixels_give_the_same(loaded: Any) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (4, 32, 32, 3)).astype(np.uint8)
    whole = loaded.signatures["serving_uint8"](pixels=tf.constant(pixels))["probabilities"]
    real = loaded.signatures["serving_pixels"](pixels=tf.constant(pixels, tf.float32))
    np.testing.assert_array_equal(whole, real["probabilities"])


def test_the_labels_are_an_asset(loaded: Any) -> None:
    asset = Path(loaded.label_list.asset_path.numpy().decode())
    assert asset.parent.name == "assets"
    assert json.loads(asset.read_text()) == ["dots", "plain", "stripes"]


def test_binary_mode_names_the_class_of_its_probability(
    fine_tuned_binary: Path, photos: list[Path]
) -> None:
    loaded = tf.saved_model.load(str(fine_tuned_binary / "1"))
    data = [path.read_bytes() for path in photos if path.parent.name != "plain"]
    found = loaded.signatures["serving_default"](image_bytes=tf.constant(data))
    assert found["probabilities"].shape == (10, 1)
    assert set(found["positive_label"].numpy()) == {b"stripes"}
    positive = found["probabilities"][:, 0].numpy()
    assert (found["predicted_label"].numpy() == np.where(positive > 0.5, b"stripes", b"dots")).all()
    best = np.maximum(positive, 1 - positive)
    np.testing.assert_allclose(found["top_probabilities"][:, 0], best, atol=1e-6)
    assert found["top_labels"].shape == (10, 2)


def test_warm_up_requests_are_what_tensorflow_serving_replays(
    fine_tuned: Path, loaded: Any
) -> None:
    records = list(tf.data.TFRecordDataset(str(fine_tuned / "1" / warmup.FILE)).as_numpy_iterator())
    asked = []
    for record in records:
        request = prediction_log_pb2.PredictionLog.FromString(record).predict_log.request
        assert request.model_spec.name == "model"
        asked.append(request.model_spec.signature_name)
        images = tf.make_ndarray(request.inputs["image_bytes"])
        found = loaded.signatures[asked[-1]](image_bytes=tf.constant(images))
        assert found["probabilities"].shape == (1, 3)
    # Of each signature of encoded images a JPEG and a PNG.
    assert asked == [
        name for name in ("serving_default", "calibrated", "unknown") for _ in range(2)
    ]


@pytest.mark.parametrize("binary", [False, True])
def test_tf_hubs_layer_calls_it_and_goes_on_training_it(
    fine_tuned: Path, fine_tuned_binary: Path, photos: list[Path], binary: bool
) -> None:
    """As of TF Hub's image classifiers: RGB in 0 to 1 to logits."""
    folder = str((fine_tuned_binary if binary else fine_tuned) / "1")
    served = tf.saved_model.load(folder)
    pixels = tf.stack([served.load_image(tf.constant(path.read_bytes())) for path in photos])
    expected = served.signatures["serving_pixels"](pixels=pixels)["probabilities"]
    layer = hub.KerasLayer(folder, trainable=True)
    logits = layer(pixels / 255.0)
    probabilities = tf.sigmoid(logits) if binary else tf.nn.softmax(logits)
    np.testing.assert_allclose(probabilities, expected, atol=1e-5, rtol=0)
    # The backbone's kernel, its batch norm, and the layer that was trained; statistics apart.
    assert len(layer.trainable_weights) == len(served.backbone.trainable_variables) + 2
    assert layer.non_trainable_weights
    assert len(layer.losses) == 1

    labels = tf.zeros([len(photos), logits.shape[1]])
    loss = tf_keras.losses.BinaryCrossentropy(from_logits=True)
    model = tf_keras.Sequential([tf_keras.Input((32, 32, 3)), layer])
    model.compile(tf_keras.optimizers.SGD(0.1), loss)
    before = [weight.numpy() for weight in layer.weights]
    losses = model.fit(pixels / 255.0, labels, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    changed = [not np.array_equal(a, w.numpy()) for a, w in zip(before, layer.weights, strict=True)]
    assert all(changed)


def test_tf_hubs_frozen_layer_stays_as_it_is(fine_tuned: Path) -> None:
    layer = hub.KerasLayer(str(fine_tuned / "1"))
    pictures = tf.random.stateless_uniform([4, 32, 32, 3], (1, 2))
    before = [weight.numpy() for weight in layer.weights]
    np.testing.assert_array_equal(layer(pictures, training=True), layer(pictures, training=False))
    for weight, value in zip(layer.weights, before, strict=True):
        np.testing.assert_array_equal(weight.numpy(), value)
    assert not layer.trainable_weights


def test_variables_are_stored_once(fine_tuned: Path) -> None:
    reader = tf.train.load_checkpoint(str(fine_tuned / "1" / "variables" / "variables"))
    arrays = [
        reader.get_tensor(name).tobytes()
        for name, shape in reader.get_variable_to_shape_map().items()
        if np.prod(shape) > 30
    ]
    # The backbone's kernel, the layer that was trained, and the features of training images.
    assert len(arrays) == len(set(arrays)) == 3
