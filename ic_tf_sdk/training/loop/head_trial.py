"""A training of the layers on a frozen backbone alone, from features that are in memory."""

from typing import Any

import tf_keras

from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.feed.batches import FeatureExamples
from ic_tf_sdk.training.loop.fit import class_weights, fit
from ic_tf_sdk.training.loop.interruption import Interruption
from ic_tf_sdk.training.loop.progress import Progress
from ic_tf_sdk.training.loop.training_state import TrainingState
from ic_tf_sdk.training.network.classifier import top_layers

__all__ = ["head_trial"]


def head_trial(
    training: FeatureExamples,
    validation: FeatureExamples | None,
    hyperparameters: Hyperparameters,
    interruption: Interruption | None = None,
) -> Progress:
    """Train as a job would that starts from a pretrained backbone: with the same course.

    Args:
        training: The features of the training images.
        validation: Those of the validation images; None without any.
        hyperparameters: The hyperparameters of the job.
        interruption: It is asked after each step whether to end; by default never.

    Raises:
        Interrupted: It was asked to end.
        HyperparameterError: The training diverged from its first epoch on.
    """
    tf_keras.utils.set_random_seed(hyperparameters.random_seed % 2**32)
    dropout, dense = top_layers(training.label_count, hyperparameters)
    vector = tf_keras.Input((training.features.shape[1],))
    model: Any = tf_keras.Model(vector, dense(dropout(vector)), name="head")
    weights = None
    if hyperparameters.class_weight == "balanced":
        counts = [list(training.classes).count(index) for index in range(training.label_count)]
        weights = class_weights(counts)
    state = TrainingState(model, model.weights, interruption=interruption)
    return fit(model, training, validation, hyperparameters, state=state, class_weight=weights)
