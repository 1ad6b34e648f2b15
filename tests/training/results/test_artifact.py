"""What a frozen job has before its export: the backbone's graph, and the form to train further."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf


def grey(folder: Path) -> tf.Tensor:
    """A grey picture for an exported model, float32 [1, height, width, 3] in 0 to 1."""
    info = json.loads((folder / "model_info.json").read_text())
    return tf.fill((1, info["input_height"], info["input_width"], 3), 0.5)


@pytest.mark.parametrize("small", [True, False])
def test_the_graph_that_images_passed_is_exported_or_given_back_before(
    small: bool, train: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ic_tf_sdk.training.graph import serving_model
    from ic_tf_sdk.training.results import artifact

    passes: list[Any] = []
    held: list[bool] = []
    features, save = artifact._features, serving_model.save

    def chosen(classifier: Any, backbone: Any) -> Any:
        passes.append(backbone)
        assert "folded" in vars(backbone._frozen)
        return features(classifier, backbone)

    def saved(model: Any, folder: Path) -> None:
        held.append("folded" in vars(passes[0]._frozen))
        save(model, folder)

    monkeypatch.setattr(artifact, "_features", chosen)
    monkeypatch.setattr(artifact, "is_small", lambda _: small)
    monkeypatch.setattr(serving_model, "save", saved)
    done = train(train_only_on_top=True, epochs=1)
    assert held == [small]
    # Either answers as it was trained to.
    model = tf.saved_model.load(str(done.model / "1"))
    images = grey(done.model)
    answers = model.signatures["serving_pixels"](images * 255.0)
    expected = tf.nn.softmax(model(images, training=False))
    np.testing.assert_allclose(answers["probabilities"], expected, atol=1e-5)


def test_the_form_to_train_further_is_traced_before_the_images_and_once(
    train: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ic_tf_sdk.training.feed.frozen_pass import FrozenPass
    from ic_tf_sdk.training.graph.trainable_form import TrainableForm

    events: list[tuple[str, bool]] = []

    def noted(kind: Any, name: str) -> None:
        original = getattr(kind, name)

        def call(self: Any, *given: Any) -> Any:
            # Whether it is traced already.
            events.append((name, "_traced" in vars(self)))
            return original(self, *given)

        monkeypatch.setattr(kind, name, call)

    for kind, name in (
        (TrainableForm, "trace"),
        (FrozenPass, "features"),
        (TrainableForm, "give_to"),
    ):
        noted(kind, name)
    done = train(train_only_on_top=True, epochs=1)
    assert events == [("trace", False), ("features", False), ("give_to", True)]
    # The weights are those of the training, which came later.
    model = tf.saved_model.load(str(done.model / "1"))
    kernel, bias = model.trainable_variables[-2:]
    images = grey(done.model)
    expected = model.backbone(images) @ kernel + bias
    np.testing.assert_allclose(model(images, training=False), expected, atol=1e-5)
