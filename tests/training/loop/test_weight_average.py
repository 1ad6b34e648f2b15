"""Averaged weights are judged and kept, and the training goes on with its own."""

from typing import Any

import numpy as np
import pytest

from ic_tf_sdk.specs.hyperparameters import parse


def expected(values: list[float], decay: float, start: float) -> list[float]:
    """The average after each step, by hand."""
    averages = [start]
    for steps, value in enumerate(values, 1):
        kept = min(decay, (1 + steps) / (10 + steps))
        averages.append(kept * averages[-1] + (1 - kept) * value)
    return averages[1:]


def test_an_average_forgets_its_start_and_leaves_the_weights_alone() -> None:
    import tensorflow as tf

    from ic_tf_sdk.training.loop.weight_average import WeightAverage

    weight, step = tf.Variable(5.0), tf.Variable(3, dtype=tf.int64)
    average = WeightAverage([weight, step], 0.5)
    found, values = [], [1.0, 2.0, 4.0, 8.0]
    for steps, value in enumerate(values, 1):
        weight.assign(value)
        average.update(tf.constant(steps, tf.int64))
        with average.in_force():
            found.append(float(weight))
            assert int(step) == 3
        assert float(weight) == value
    np.testing.assert_allclose(found, expected(values, 0.5, 5.0), rtol=1e-6)


@pytest.fixture
def trained() -> Any:
    """Trains a bias alone, for which each epoch is one step, and returns what is kept of it."""
    import tf_keras

    from ic_tf_sdk.training.feed.batches import FeatureExamples
    from ic_tf_sdk.training.loop.fit import fit
    from ic_tf_sdk.training.loop.training_state import TrainingState

    def run(**given: object) -> np.ndarray:
        examples = FeatureExamples(np.zeros((6, 2), np.float32), [0, 0, 0, 0, 0, 1], 2, False)
        model = tf_keras.Sequential([tf_keras.Input((2,)), tf_keras.layers.Dense(2)])
        model.set_weights([np.zeros((2, 2)), np.zeros(2)])
        state = TrainingState(model, model.weights)
        fit(model, examples, None, parse({"optimizer": "sgd", **given}), state=state)
        return model.get_weights()[1]

    return run


def test_a_training_keeps_the_average_of_all_its_steps_and_not_of_averages(trained: Any) -> None:
    own = [trained(epochs=epochs, learning_rate=0.5) for epochs in (1, 2, 3)]
    kept = trained(epochs=3, learning_rate=0.5, ema_decay=0.9)
    for unit in (0, 1):
        values = [float(bias[unit]) for bias in own]
        assert kept[unit] == pytest.approx(expected(values, 0.9, 0.0)[-1], rel=1e-5)
