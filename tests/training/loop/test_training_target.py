"""What is trained, and by which devices, is decided once."""

from pathlib import Path

import pytest

from ic_tf_sdk.specs.hyperparameters import parse
from ic_tf_sdk.training.devices.hosts import Hosts

CACHED = {"train_only_on_top": True}
FROZEN = {**CACHED, "feature_cache": "off"}
AUGMENTED = {**CACHED, "augmentation": True}


@pytest.mark.parametrize(
    ("sent", "cached"), [(CACHED, True), (FROZEN, False), (AUGMENTED, False), ({}, False)]
)
@pytest.mark.parametrize("index", [0, 1], ids=["chief", "other"])
def test_a_head_on_cached_features_is_trained_by_the_chief_alone(
    sent: dict[str, object], cached: bool, index: int, tiny_archive: Path
) -> None:
    from ic_tf_sdk.training.devices.distribution import Distribution
    from ic_tf_sdk.training.loop.training_target import training_devices, training_target
    from ic_tf_sdk.training.network.backbone import open_source
    from ic_tf_sdk.training.network.classifier import Classifier

    hyperparameters = parse(sent)
    job = Distribution(Hosts(("algo-1", "algo-2"), index))
    devices = training_devices(hyperparameters, job)
    assert (devices is job) is not cached
    assert devices.devices == 1
    classifier = Classifier(open_source(tiny_archive), 3, hyperparameters)
    target = training_target(classifier, hyperparameters, job)
    # Of the same layers, and so of the same variables.
    assert target.model.layers == (classifier.head if cached else classifier.model).layers
    assert target.trains_here is (index == 0 or not cached)
    # A frozen backbone's variables never change, whether its features are cached or not.
    frozen = bool(sent)
    assert len(target.variables) == len((classifier.head if frozen else classifier.model).weights)
