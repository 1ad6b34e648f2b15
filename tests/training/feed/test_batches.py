"""Batches of images and of features, and what they are read with."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ic_tf_sdk.training.data import image_folder


@pytest.fixture
def examples(tiny_dataset: SimpleNamespace) -> dict[str, Any]:
    from ic_tf_sdk.training.feed.batches import FeatureExamples, ImageExamples
    from ic_tf_sdk.training.graph.preprocessing import Preprocessing

    folder = image_folder.describe(Path(tiny_dataset.training))
    preprocessing = Preprocessing(32, 32, "bilinear", "0..1")
    features = np.zeros((len(folder.files), 4), np.float32)
    return {
        "images": ImageExamples(folder, preprocessing, binary_mode=False),
        "features": FeatureExamples(features, folder.classes, 3, binary_mode=False),
    }


@pytest.mark.parametrize("kind", ["images", "features"])
@pytest.mark.parametrize("devices", [1, 2])
def test_no_iterator_has_a_tuning_thread_whose_sleep_its_end_waits_for(
    examples: dict[str, Any], kind: str, devices: int
) -> None:
    from ic_tf_sdk.training.devices import sharding

    rows, given = np.arange(45), {"batch_size": 8, "seed": 0, "weights": {0: 1.0, 1: 2.0, 2: 1.0}}
    dataset = (
        sharding.batches(examples[kind], rows, **given)
        if devices == 1
        else sharding.shard_batches(examples[kind], rows, **given, devices=2, local=range(2))
    )
    assert dataset.options().autotune.enabled is False
    assert sum(len(targets) for _, targets, _ in dataset) == 45
