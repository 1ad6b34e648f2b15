"""A classification layer that is solved: it is the minimum, whatever the way there."""

import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ic_tf_sdk.errors import MissingExtraError
from ic_tf_sdk.specs.hyperparameters import parse
from ic_tf_sdk.training.loop import logistic_head
from ic_tf_sdk.training.loop.converged_head import STRENGTHS, ConvergedHead, as_epochs
from ic_tf_sdk.training.loop.interruption import Interrupted, Interruption
from ic_tf_sdk.training.loop.logistic_head import Layer, LogisticHead

SOLVED = {"train_only_on_top": "True", "head_solver": "converged"}


def examples(classes: int, *, count: int = 90, width: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Features that say something of their class, on scales and around means of their own."""
    rng = np.random.default_rng(classes)
    labels = rng.choice(classes, count, p=np.arange(1, classes + 1) / sum(range(classes + 1)))
    features = rng.normal(size=(count, width)) + labels[:, None] * rng.normal(size=width)
    return (features * rng.uniform(0.1, 3, width) + 5).astype(np.float32), labels


def reference(
    features: np.ndarray, targets: np.ndarray, weights: np.ndarray, strength: float
) -> np.ndarray:
    """The logits at the minimum, by Newton's method on TensorFlow's own losses and slopes."""
    import tensorflow as tf

    centred = features.astype(np.float64) - features.mean(axis=0, dtype=np.float64)
    inputs = centred / np.sqrt(centred.var(axis=0).mean())
    inputs = np.hstack([inputs, np.ones((len(inputs), 1))])
    shape = (inputs.shape[1], targets.shape[1])
    kind = (
        tf.nn.sigmoid_cross_entropy_with_logits
        if shape[1] == 1
        else tf.nn.softmax_cross_entropy_with_logits
    )

    @tf.function
    def bends(flat: Any) -> Any:
        with tf.GradientTape() as outer:
            outer.watch(flat)
            with tf.GradientTape() as inner:
                inner.watch(flat)
                layer = tf.reshape(flat, shape)
                losses = tf.reshape(kind(labels=targets, logits=inputs @ layer), [-1])
                loss = tf.reduce_mean(weights * losses)
                loss += strength / 2 * tf.reduce_sum(layer[:-1] ** 2)
            slope = inner.gradient(loss, flat)
        return slope, outer.jacobian(slope, flat)

    flat = np.zeros(shape).ravel()
    for _ in range(30):
        slope, bend = (found.numpy() for found in bends(tf.constant(flat)))
        # One number added to all biases changes nothing: the system has many solutions.
        flat -= np.linalg.lstsq(bend, slope, rcond=1e-10)[0]
    assert np.abs(slope).max() < 1e-10
    logits = inputs @ flat.reshape(shape)
    return logits if shape[1] == 1 else logits - logits.mean(axis=1, keepdims=True)


@pytest.mark.parametrize("classes", [2, 4], ids=["binary", "four classes"])
@pytest.mark.parametrize("strength", [STRENGTHS[0], STRENGTHS[-1]])
def test_a_solved_layer_is_the_reference_solution(classes: int, strength: float) -> None:
    features, labels = examples(classes)
    given = parse({"label_smoothing": 0.2, "binary_mode": classes == 2})
    balanced = {index: 0.5 + index for index in range(classes)}
    dense = Dense(features.shape[1], 1 if classes == 2 else classes)
    head = ConvergedHead(dense, cached(features, labels, given), given, balanced)
    head.strengths = (strength,)
    head.solve(0)
    targets = np.eye(classes)[labels] * 0.8 + 0.2 / classes
    targets = targets[:, 1:] if classes == 2 else targets
    expected = reference(
        features, targets, np.array([balanced[label] for label in labels]), strength
    )
    found = features @ dense.kernel + dense.bias
    np.testing.assert_allclose(found, expected, atol=1e-4)


class Dense:
    """The part of a dense layer that a solution is put into."""

    def __init__(self, width: int, units: int) -> None:
        self.kernel, self.bias = np.full((width, units), 9.0), np.zeros(units)

    def get_weights(self) -> list[np.ndarray]:
        return [self.kernel, self.bias]

    def set_weights(self, weights: Any) -> None:
        self.kernel, self.bias = weights


def cached(features: np.ndarray, labels: np.ndarray, given: Any) -> Any:
    from ic_tf_sdk.training.feed.batches import FeatureExamples

    return FeatureExamples(features, labels.tolist(), labels.max() + 1, given.binary_mode)


def test_a_start_and_blocks_save_work_and_memory_and_change_no_solution(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    features, labels = examples(3)
    # One that is constant, as of a unit that never fires.
    features[:, 2] = 4.0
    targets = np.eye(3)[labels]
    whole = LogisticHead(features, targets).solve(0.1)
    near = LogisticHead(features, targets).solve(0.1, Layer(*(part + 0.1 for part in whole)))
    monkeypatch.setattr(logistic_head, "_BLOCK_BYTES", 8 * features.shape[1] * 20)
    parts = LogisticHead(features, targets)
    assert parts._kept is None
    for other in (near, parts.solve(0.1)):
        np.testing.assert_allclose(other.kernel, whole.kernel, atol=1e-4)
        np.testing.assert_allclose(
            features @ other.kernel + other.bias, features @ whole.kernel + whole.bias, atol=1e-3
        )


def test_features_that_say_nothing_leave_the_frequencies_of_the_classes() -> None:
    kernel, bias = LogisticHead(np.ones((4, 3), np.float32), np.eye(2)[[0, 0, 0, 1]]).solve(0.1)
    assert not kernel.any()
    assert bias[0] - bias[1] == pytest.approx(np.log(3), abs=1e-4)


def test_without_validation_images_one_strength_is_solved() -> None:
    given = parse({**SOLVED, "epochs": 40, "early_stopping": "True"})
    assert as_epochs(given, validated=False).epochs == 1
    tried = as_epochs(given, validated=True)
    assert (tried.epochs, tried.early_stopping) == (len(STRENGTHS), False)


def job_weights(model: Path) -> list[np.ndarray]:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(model / "1"))
    return [loaded.kernel.numpy(), loaded.bias.numpy()]


def test_a_job_tries_every_strength_and_exports_the_best(train: Any, caplog: Any) -> None:
    with caplog.at_level("INFO", logger="ic_tf_sdk"):
        done = train(**SOLVED, epochs=2)
    epochs = done.record.epochs
    assert len(epochs) == len(STRENGTHS)
    ranks = [(epoch["val_accuracy"], -epoch["val_loss"]) for epoch in epochs]
    assert done.record.best_epoch == ranks.index(max(ranks))
    # Less penalty fits the training images better.
    losses = [epoch["loss"] for epoch in epochs]
    assert losses == sorted(losses, reverse=True)
    assert f"Epoch {len(STRENGTHS)}/{len(STRENGTHS)} - " in caplog.text
    again = train(**SOLVED, epochs=1, learning_rate=0.5, dropout_rate=0.9, random_seed=123)
    for one, other in zip(job_weights(done.model), job_weights(again.model), strict=True):
        np.testing.assert_array_equal(one, other)


class StopAfter(logging.Handler):
    """Sends the process SIGTERM when an epoch's line is logged."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self.line = f"Epoch {epoch}/"

    def emit(self, record: logging.LogRecord) -> None:
        if record.getMessage().startswith(self.line):
            os.kill(os.getpid(), signal.SIGTERM)


def test_a_job_interrupted_between_strengths_ends_as_one_that_was_not(
    train: Any, tmp_path: Path
) -> None:
    undisturbed = train(**SOLVED)
    folder = tmp_path / "interrupted"
    logger = logging.getLogger("ic_tf_sdk.metrics")
    for epoch in (1, 3):
        handler, level = StopAfter(epoch), logger.level
        logger.addHandler(handler)
        logger.setLevel("INFO")
        try:
            with Interruption().listening() as asked, pytest.raises(Interrupted):
                train(folder=folder, interruption=asked, **SOLVED)
        finally:
            logger.removeHandler(handler)
            logger.setLevel(level)
    resumed = train(folder=folder, **SOLVED)
    assert resumed.record.epochs == undisturbed.record.epochs
    assert resumed.record.best_epoch == undisturbed.record.best_epoch
    pairs = zip(job_weights(undisturbed.model), job_weights(resumed.model), strict=True)
    for one, other in pairs:
        np.testing.assert_array_equal(one, other)


def test_a_machine_without_scipy_is_told_before_the_images_are_read(
    train: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(
        MissingExtraError, match="scipy, which head_solver 'converged' needs, is not installed"
    ):
        train(**SOLVED, training=tmp_path)
