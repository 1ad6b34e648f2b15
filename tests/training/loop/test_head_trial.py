"""Trials in one process, with a step that they share, are the trainings that they stand for."""

from typing import Any

import numpy as np
import pytest

from ic_tf_sdk.specs import hyperparameters as schema
from ic_tf_sdk.specs.hyperparameters import Hyperparameters

# Each after the ones before, whose step it may share.
SETTINGS: dict[str, dict[str, str]] = {
    "first": {},
    "other rate": {"learning_rate": "0.02"},
    "other batch": {"batch_size": "7", "learning_rate": "0.01"},
    "other seed": {"random_seed": "7"},
    "weighted": {"class_weight": "balanced"},
    "schedule": {"learning_rate_schedule": "cosine", "warmup_ratio": "0.2"},
    "averaged": {"ema_decay": "0.9", "optimizer": "sgd", "clip_norm": "0.5"},
    "first again": {},
}


def examples(count: int, seed: int) -> Any:
    from ic_tf_sdk.training.feed.batches import FeatureExamples

    rng = np.random.default_rng(seed)
    classes = rng.integers(0, 3, count)
    features = (rng.normal(size=(count, 16)) + np.eye(3, 16)[classes]).astype(np.float32)
    return FeatureExamples(features, classes.tolist(), 3, False)


def plain(training: Any, validation: Any, given: Hyperparameters) -> Any:
    """As a job trains: a model of its own, Keras's own loop."""
    import tf_keras

    from ic_tf_sdk.training.loop.fit import class_weights, fit
    from ic_tf_sdk.training.loop.training_state import TrainingState
    from ic_tf_sdk.training.network.classifier import top_layers

    tf_keras.utils.set_random_seed(given.random_seed)
    dropout, dense = top_layers(training.label_count, given)
    vector = tf_keras.Input((training.features.shape[1],))
    model = tf_keras.Model(vector, dense(dropout(vector)))
    counts = [training.classes.count(index) for index in range(training.label_count)]
    balanced = class_weights(counts) if given.class_weight == "balanced" else None
    state = TrainingState(model, model.weights)
    return fit(model, training, validation, given, state=state, class_weight=balanced)


@pytest.fixture(scope="module")
def trials() -> Any:
    from ic_tf_sdk.training.loop.head_trial import HeadTrials

    return HeadTrials(examples(50, 0), examples(20, 1))


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS)
def test_a_trial_is_to_the_bit_the_training_of_its_settings(
    trials: Any, settings: dict[str, str]
) -> None:
    given = schema.parse({"train_only_on_top": "True", "epochs": "2", **settings})
    found = trials.run(given)
    expected = plain(examples(50, 0), examples(20, 1), given)
    assert found.epochs == expected.epochs
    assert found.best_epoch == expected.best_epoch


def test_trials_that_differ_in_no_operation_share_one_step(trials: Any) -> None:
    before = len(trials._heads)
    for more in ({"learning_rate": "0.3"}, {"batch_size": "11"}, {"epochs": "1"}):
        trials.run(schema.parse({"train_only_on_top": "True", "epochs": "2", **more}))
    assert len(trials._heads) == max(before, 1)
    trials.run(schema.parse({"train_only_on_top": "True", "epochs": "1", "momentum": "0.5"}))
    assert len(trials._heads) == max(before, 1) + 1
