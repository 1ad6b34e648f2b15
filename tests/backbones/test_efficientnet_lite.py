"""The networks compute what torch and their author's own definition compute."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ic_tf_sdk.backbones import weights_packages
from tools.efficientnet_lite.pictures import pictures

NAMES = {package.network: package for package in weights_packages.PACKAGES.values()}


def weights(name: str) -> Any:
    from ic_tf_sdk.backbones.torch_checkpoint import read_checkpoint

    path = NAMES[name].checkpoint()
    assert path is not None, "the extra imagenet is part of the development environment"
    return read_checkpoint(path, sha256=NAMES[name].sha256)


@pytest.mark.parametrize("name", NAMES)
def test_features_and_logits_are_those_of_torch(name: str) -> None:
    from ic_tf_sdk.backbones import efficientnet_lite

    size, arrays = efficientnet_lite.SIZES[name], weights(name)
    golden = np.load(Path(__file__).parent / "goldens" / f"{name}.npz")
    images = pictures(size.pixels)
    features = efficientnet_lite.feature_vector(size, arrays)(images, training=False).numpy()
    logits = efficientnet_lite.classifier(size, arrays)(images, training=False).numpy()
    for computed, expected in ((features, golden["features"]), (logits, golden["logits"])):
        assert computed.shape == expected.shape
        assert np.abs(computed - expected).max() <= 1e-4 * np.abs(expected).max()


def test_lite0_has_the_parameters_of_the_published_network() -> None:
    from ic_tf_sdk.backbones import efficientnet_lite

    network = efficientnet_lite.feature_vector(efficientnet_lite.SIZES["lite0"], weights("lite0"))
    assert network.count_params() == 3_413_024


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lite0 as a SavedModel."""
    from ic_tf_sdk.backbones import efficientnet_lite, module_file

    folder = tmp_path_factory.mktemp("lite0") / "1"
    size = efficientnet_lite.SIZES["lite0"]
    module_file.save_module(efficientnet_lite.feature_vector(size, weights("lite0")), folder)
    return folder


def test_the_saved_module_is_called_as_tf_hubs_are(saved: Path) -> None:
    import tensorflow as tf

    module = tf.saved_model.load(str(saved))
    golden = np.load(Path(__file__).parent / "goldens" / "lite0.npz")["features"]
    images = tf.constant(pictures(224))
    assert np.abs(module(images).numpy() - golden).max() <= 1e-4 * np.abs(golden).max()
    averages = [v for v in module.variables if "moving" in v.name]
    assert len(averages) == 2 * 49
    assert len(module.trainable_variables) == len(module.variables) - len(averages)
    before = [variable.numpy() for variable in averages]
    module(images, training=True)
    moved = [np.any(v.numpy() != old) for v, old in zip(averages, before, strict=True)]
    assert all(moved)
    (penalty,) = module.regularization_losses
    kernels = [v for v in module.trainable_variables if "kernel" in v.name]
    expected = sum(0.5e-5 * float(np.square(v.numpy(), dtype=np.float64).sum()) for v in kernels)
    assert float(penalty()) == pytest.approx(expected, rel=1e-5)
