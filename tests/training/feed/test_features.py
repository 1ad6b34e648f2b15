"""One pass of a frozen backbone: the bare graph's features, in memory or mapped from disk."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ic_tf_sdk.specs.hyperparameters import parse
from ic_tf_sdk.training.data import image_folder


@pytest.fixture
def network(tiny_archive: Path) -> Any:
    from ic_tf_sdk.training.network.backbone import open_source
    from ic_tf_sdk.training.network.classifier import Classifier

    return Classifier(open_source(tiny_archive), 3, parse({"train_only_on_top": True}))


def passed(network: Any) -> Any:
    from ic_tf_sdk.training.feed.frozen_pass import FrozenBackbone, FrozenPass
    from ic_tf_sdk.training.graph.preprocessing import Preprocessing

    return FrozenPass(FrozenBackbone.of(network), Preprocessing(32, 32, "bilinear", "0..1"))


def examples(root: Path) -> Any:
    from ic_tf_sdk.training.feed.batches import ImageExamples
    from ic_tf_sdk.training.graph.preprocessing import Preprocessing

    preprocessing = Preprocessing(32, 32, "bilinear", "0..1")
    return ImageExamples(image_folder.describe(root), preprocessing, binary_mode=False)


def test_folded_features_are_the_backbones_own_in_the_channels_order(
    network: Any, tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    images = examples(tiny_dataset.training)
    found = passed(network).features(images, tmp_path / "features.npy")
    assert not (tmp_path / "features.npy").exists()
    batches = images.dataset(np.arange(len(images)), batch_size=5)
    expected = np.concatenate([network.features(batch).numpy() for batch, _ in batches])
    # 48 images: the last of the batches is not full.
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_past_the_budget_features_are_mapped_from_a_file_and_are_the_same(
    network: Any, tiny_dataset: SimpleNamespace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ic_tf_sdk.training.feed import features
    from ic_tf_sdk.training.feed.batches import FeatureExamples

    images, frozen = examples(tiny_dataset.training), passed(network)
    spill = tmp_path / "features.npy"
    inside = frozen.features(images, spill)
    monkeypatch.setattr(features, "MEMORY_BUDGET_BYTES", 48 * 12 * 4 - 1)
    mapped = frozen.features(images, spill)
    assert isinstance(mapped, np.memmap)
    assert spill.stat().st_size == 48 * 12 * 4
    np.testing.assert_array_equal(mapped, inside)
    # Batches are gathered from the file in any order.
    rows = np.array([47, 0, 13, 13])
    dataset = FeatureExamples(mapped, [0] * 48, 3, binary_mode=False).dataset(rows, batch_size=3)
    found = np.concatenate([batch.numpy() for batch, _ in dataset])
    np.testing.assert_array_equal(found, inside[rows])


def test_a_batch_that_takes_longer_keeps_its_place() -> None:
    import time

    from ic_tf_sdk.training.feed.features import _in_streams

    def late(number: int) -> int:
        time.sleep(0.05 if number % 3 == 0 else 0)
        return number

    assert list(_in_streams(late, range(20))) == list(range(20))


def test_an_error_of_one_batch_ends_the_pass() -> None:
    from ic_tf_sdk.training.feed.features import _in_streams

    def fails(number: int) -> int:
        if number == 4:
            raise ValueError("batch 4")
        return number

    with pytest.raises(ValueError, match="batch 4"):
        list(_in_streams(fails, range(20)))
