"""Which graph of a frozen backbone is exported, and that no large one lies beside the export."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf


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
    info = json.loads((done.model / "model_info.json").read_text())
    side = info["input_height"]
    answers = model.signatures["serving_pixels"](tf.fill((1, side, side, 3), 127.5))
    expected = tf.nn.softmax(model(tf.fill((1, side, side, 3), 0.5), training=False))
    np.testing.assert_allclose(answers["probabilities"], expected, atol=1e-5)
