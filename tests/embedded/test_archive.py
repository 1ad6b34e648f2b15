"""The archive that ships: its size, its description, and that it is a TF Hub feature vector."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow_hub as hub
from PIL import Image

from ic_tf_sdk import embedded, sample_data, specs
from ic_tf_sdk.contract import archive, model_info
from ic_tf_sdk.errors import UnknownModelError
from tools.embedded.network import build_backbone

MODEL_ID = "tensorflow-ic-embedded-formulanet-96"
# What the wheel may spend on it.
MAX_BYTES = 3.5 * 2**20
MAX_PARAMETERS = 900_000


@pytest.fixture
def layer(unpacked: Path) -> hub.KerasLayer:
    return hub.KerasLayer(str(unpacked / "1"), trainable=True)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(0).random((8, 96, 96, 3), np.float32)


@pytest.mark.parametrize("scope", ["training", "inference"])
def test_archive_is_small_enough_for_the_wheel(scope: str) -> None:
    assert embedded.archive_path(MODEL_ID, scope).stat().st_size <= MAX_BYTES


def test_unknown_id_is_told_the_nearest() -> None:
    with pytest.raises(UnknownModelError, match=MODEL_ID):
        embedded.archive_path("tensorflow-ic-embedded-formulanet")


def test_every_embedded_id_is_in_the_catalogue_with_the_facts_of_its_archive(
    unpacked: Path,
) -> None:
    assert embedded.MODEL_IDS == (MODEL_ID,)
    info, spec = model_info.read(unpacked), specs.get(MODEL_ID)
    assert info is not None
    for fact in ("model_id", "input_height", "input_width", "pixel_range", "feature_vector_size"):
        assert getattr(info, fact) == getattr(spec, fact)
    assert info.model_version == spec.version
    assert info.kind == "pretrained"


def test_description_lists_every_file_with_its_digest(unpacked: Path) -> None:
    info = model_info.read(unpacked)
    assert info is not None
    assert info.files.keys() >= {"1/saved_model.pb", "1/variables/variables.index"}
    assert info.files == dict(model_info.digests(unpacked))


def test_packing_the_content_again_gives_the_same_bytes(unpacked: Path, tmp_path: Path) -> None:
    archive.pack(unpacked, tmp_path / "again.tar.gz")
    shipped = embedded.archive_path(MODEL_ID).read_bytes()
    assert (tmp_path / "again.tar.gz").read_bytes() == shipped


def test_layer_gives_the_described_features(layer: hub.KerasLayer, images: np.ndarray) -> None:
    features = layer(images)
    assert features.shape == (8, specs.get(MODEL_ID).feature_vector_size)
    assert features.dtype == np.float32
    assert np.isfinite(features).all()


def test_layer_has_the_variables_of_a_trainable_hub_module(layer: hub.KerasLayer) -> None:
    layer(np.zeros((1, 96, 96, 3), np.float32))
    count = sum(int(np.prod(variable.shape)) for variable in layer.variables)
    assert 800_000 < count <= MAX_PARAMETERS
    fresh = build_backbone()
    assert len(layer.trainable_variables) == len(fresh.trainable_variables)
    # The moving mean and variance of each batch normalisation.
    assert len(layer.non_trainable_variables) == len(fresh.non_trainable_variables) > 0
    assert len(layer.losses) == len(fresh.losses) > 0
    assert all(float(loss) > 0 for loss in layer.losses)


def test_moving_statistics_follow_training_only(layer: hub.KerasLayer, images: np.ndarray) -> None:
    def statistics() -> list[np.ndarray]:
        return [variable.numpy() for variable in layer.non_trainable_variables]

    layer(images)
    before = statistics()
    layer(images, training=False)
    assert all(map(np.array_equal, before, statistics()))
    layer(images, training=True)
    assert not any(map(np.array_equal, before, statistics()))


def test_features_of_a_picture_do_not_depend_on_its_batch(
    layer: hub.KerasLayer, images: np.ndarray
) -> None:
    one_by_one = np.concatenate([layer(image[None]).numpy() for image in images])
    np.testing.assert_allclose(layer(images).numpy(), one_by_one, atol=1e-4)


def test_asking_for_the_path_loads_no_heavy_module() -> None:
    code = (
        f"import sys; from ic_tf_sdk import embedded; embedded.archive_path({MODEL_ID!r}); "
        "assert not {'tensorflow', 'numpy', 'tf_keras', 'PIL'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def _read(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    images, targets = [], []
    for index, label in enumerate(sample_data.LABELS):
        for path in sorted((folder / label).iterdir()):
            picture = Image.open(path).resize((96, 96), Image.Resampling.BILINEAR)
            images.append(np.asarray(picture, np.float32) / 255)
            targets.append(index)
    return np.stack(images), np.array(targets)


def _ridge_accuracy(train: np.ndarray, test: np.ndarray, targets: tuple[np.ndarray, ...]) -> float:
    """Least squares on standardised features, with a penalty; one closed form, no chance in it."""
    mean, deviation = train.mean(0), train.std(0) + 1e-6
    train, test = (train - mean) / deviation, (test - mean) / deviation
    kernel = train @ train.T + 100 * np.eye(len(train))
    one_hot = np.eye(len(sample_data.LABELS))[targets[0]] - 1 / len(sample_data.LABELS)
    scores = test @ train.T @ np.linalg.solve(kernel, one_hot)
    return float((scores.argmax(1) == targets[1]).mean())


@pytest.mark.slow
def test_features_tell_drawn_shapes_apart_better_than_a_random_network(
    layer: hub.KerasLayer, tmp_path: Path
) -> None:
    sample_data.draw(directory=tmp_path / "drawn", images_per_class=60, split=True)
    (train, train_targets), (test, test_targets) = (
        _read(tmp_path / "drawn" / name) for name in ("training", "test")
    )
    random = build_backbone()
    accuracy = {}
    for name, network in {"shipped": layer, "random": random}.items():
        features = [np.asarray(network(images)) for images in (train, test)]
        accuracy[name] = _ridge_accuracy(*features, (train_targets, test_targets))
    # Untrained filters do see something of a shape, but the set is not solved by them.
    assert accuracy["random"] < 0.75
    assert accuracy["shipped"] > accuracy["random"] + 0.1, accuracy
