"""A frozen backbone as a graph of constants: its first call, and what becomes of its errors."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from ic_tf_sdk.specs.hyperparameters import parse
from ic_tf_sdk.training.feed import streams
from ic_tf_sdk.training.feed.folded_backbone import FoldedBackbone, batch_size
from ic_tf_sdk.training.feed.frozen_pass import kind
from ic_tf_sdk.training.graph.preprocessing import Preprocessing
from ic_tf_sdk.training.network.backbone import open_source
from ic_tf_sdk.training.network.classifier import Classifier


@pytest.fixture
def network(tiny_archive: Path) -> Classifier:
    return Classifier(open_source(tiny_archive), 3, parse({"train_only_on_top": True}))


def test_it_answers_images_and_the_grey_picture_like_the_backbone(network: Classifier) -> None:
    folded = FoldedBackbone(network)
    grey = network.features(tf.fill((1, 32, 32, 3), 0.5))
    np.testing.assert_allclose(folded.of_grey(), grey, atol=1e-5)
    images = tf.random.stateless_uniform((5, 32, 32, 3), (1, 2))
    np.testing.assert_allclose(folded(images), network.features(images), atol=1e-5)
    # As one of a batch it is what a pass would give of it.
    passed = folded(tf.fill((batch_size(), 32, 32, 3), 0.5))
    assert np.array_equal(folded.of_grey(), passed[:1])


@pytest.mark.parametrize(
    ("gpus", "cores", "expected"), [(0, 1, 4), (0, 2, 4), (0, 3, 8), (0, 64, 8), (1, 2, 64)]
)
def test_fewer_images_pass_together_where_an_operation_has_a_core_for_itself(
    gpus: int, cores: int, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: [kind] * gpus)
    monkeypatch.setattr(streams, "usable_cores", lambda: cores)
    assert batch_size() == expected


def test_features_are_of_another_kind_where_more_images_pass_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The last bits of an operation's results may go by how many images it is given."""
    # A machine with one passes as many however many cores there are.
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda _kind: [])
    preprocessing = Preprocessing(32, 32, "bilinear", "0..1")
    kinds = []
    for cores in (1, 2, 3, 64):
        monkeypatch.setattr(streams, "usable_cores", lambda cores=cores: cores)
        kinds.append(kind("a digest", preprocessing))
    assert kinds[0] == kinds[1] != kinds[2] == kinds[3]


def test_what_the_variables_hold_later_changes_nothing(network: Classifier) -> None:
    folded = FoldedBackbone(network)
    images = tf.random.stateless_uniform((2, 32, 32, 3), (1, 2))
    before = folded(images).numpy()
    for variable in network.layer.weights:
        variable.assign(tf.zeros_like(variable))
    assert np.array_equal(folded(images), before)


def test_an_error_of_the_first_call_reaches_who_asks(
    network: Classifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ic_tf_sdk.training.feed import folded_backbone

    def refusing(_function: Any) -> Any:
        def run(_images: tf.Tensor) -> Any:
            raise tf.errors.InvalidArgumentError(None, None, "no such kernel")

        return run

    monkeypatch.setattr(folded_backbone, "constant_graph", refusing)
    folded = FoldedBackbone(network)
    with pytest.raises(tf.errors.InvalidArgumentError, match="no such kernel"):
        folded.of_grey()
    with pytest.raises(tf.errors.InvalidArgumentError, match="no such kernel"):
        folded(tf.zeros((1, 32, 32, 3)))
