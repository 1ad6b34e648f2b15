"""Targets, loss and metrics of both modes: one class of many, or one of two."""

from typing import Any

import tensorflow as tf
import tf_keras

from ic_tf_sdk.specs.hyperparameters import Hyperparameters

__all__ = ["loss", "metrics", "penalty", "probabilities", "smoothed", "targets"]


def targets(classes: tf.Tensor, *, count: int, binary_mode: bool) -> tf.Tensor:
    """What the loss compares logits with.

    Args:
        classes: int32 [batch], class indices of 0 to ``count - 1``.
        count: The number of classes.
        binary_mode: Whether there is one output for class 1 instead of one for each class.

    Returns:
        float32 [batch, 1] of 0 and 1 in binary mode, else one-hot [batch, count].
    """
    if binary_mode:
        return tf.cast(classes, tf.float32)[:, tf.newaxis]
    return tf.one_hot(classes, count)


def smoothed(expected: Any, hyperparameters: Hyperparameters) -> Any:
    """Targets as the loss compares them: a part of each probability moved to all classes alike.

    Args:
        expected: The answer of ``targets``, as numpy has it.
        hyperparameters: The hyperparameters of the job.

    Returns:
        Of the same shape.
    """
    moved = hyperparameters.label_smoothing
    classes = 2 if hyperparameters.binary_mode else expected.shape[1]
    return expected * (1.0 - moved) + moved / classes


def penalty(hyperparameters: Hyperparameters) -> float:
    """The factor of the squared weights in the loss; a solver brings a penalty of its own."""
    return 0.0 if hyperparameters.solves_alone else hyperparameters.regularizers_l2


def loss(hyperparameters: Hyperparameters) -> Any:
    """Cross entropy on logits with label smoothing.

    Args:
        hyperparameters: The hyperparameters of the job.

    Returns:
        A ``tf_keras`` loss of (targets, logits), both float32 [batch, units].
    """
    kind = (
        tf_keras.losses.BinaryCrossentropy
        if hyperparameters.binary_mode
        else tf_keras.losses.CategoricalCrossentropy
    )
    return kind(from_logits=True, label_smoothing=hyperparameters.label_smoothing)


def metrics(hyperparameters: Hyperparameters) -> list[Any]:
    """Fresh metrics on logits: those that ``eval_metric`` may name in the mode.

    Args:
        hyperparameters: The hyperparameters of the job.

    Returns:
        ``tf_keras`` metrics of (targets, logits), both float32 [batch, units].
    """
    if not hyperparameters.binary_mode:
        return [
            tf_keras.metrics.CategoricalAccuracy(name="accuracy"),
            tf_keras.metrics.TopKCategoricalAccuracy(5, name="top_5_accuracy"),
        ]
    return [
        _on_probabilities(tf_keras.metrics.BinaryAccuracy)(name="accuracy"),
        _on_probabilities(tf_keras.metrics.Precision)(name="precision"),
        _on_probabilities(tf_keras.metrics.Recall)(name="recall"),
        _on_probabilities(tf_keras.metrics.AUC)(name="auc"),
        _on_probabilities(tf_keras.metrics.AUC)(name="prc", curve="PR"),
    ]


def probabilities(logits: tf.Tensor, *, binary_mode: bool) -> tf.Tensor:
    """What the network says: the sigmoid of its logits in binary mode, else the softmax.

    Args:
        logits: float32 [batch, units].
        binary_mode: Whether the one unit is class 1's.

    Returns:
        float32 [batch, units] in 0 to 1.
    """
    return tf.sigmoid(logits) if binary_mode else tf.nn.softmax(logits)


def _on_probabilities(kind: type[Any]) -> type[Any]:
    """The same metric fed with logits: Keras's thresholds must lie between 0 and 1."""

    class OnProbabilities(kind):
        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
            return super().update_state(y_true, tf.sigmoid(y_pred), sample_weight)

    return OnProbabilities
