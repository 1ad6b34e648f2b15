"""Trainings of the layers on a frozen backbone alone, from features that are in memory."""

from collections.abc import Hashable
from typing import Any

import tf_keras

from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.feed.batches import FeatureExamples
from ic_tf_sdk.training.loop.fit import class_weights, compile_model, fit
from ic_tf_sdk.training.loop.interruption import Interruption
from ic_tf_sdk.training.loop.progress import Progress
from ic_tf_sdk.training.loop.quick_head import QuickExamples, QuickHead
from ic_tf_sdk.training.loop.training_state import TrainingState
from ic_tf_sdk.training.network.classifier import top_layers

__all__ = ["HeadTrials"]

# What no graph of a training holds: a number of rows or of epochs, and what is done between them.
_OF_NO_GRAPH = frozenset(
    (
        *("batch_size", "early_stopping", "early_stopping_min_delta", "early_stopping_patience"),
        *("epochs", "eval_metric"),
    )
)


class HeadTrials:
    """Any number of trainings on the same features.

    TensorFlow traces a step once for all trainings whose steps are the same operations: it takes
    as long as some hundred steps do. What is tuned most often, the learning rate, is a variable of
    the step, and the batch size none of its constants.

    Args:
        training: The features of the training images.
        validation: Those of the validation images; None without any.
    """

    def __init__(self, training: FeatureExamples, validation: FeatureExamples | None) -> None:
        self._training = _quick(training)
        self._validation = None if validation is None else _quick(validation)
        self._heads: dict[Hashable, _Head] = {}

    def run(
        self, hyperparameters: Hyperparameters, interruption: Interruption | None = None
    ) -> Progress:
        """Train as a job would that starts from a pretrained backbone: with the same course.

        Args:
            hyperparameters: The hyperparameters of the job.
            interruption: It is asked after each step whether to end; by default never.

        Raises:
            Interrupted: It was asked to end.
            HyperparameterError: The training diverged from its first epoch on.
        """
        tf_keras.utils.set_random_seed(hyperparameters.random_seed % 2**32)
        training, weights = self._training, None
        if hyperparameters.class_weight == "balanced":
            counts = [list(training.classes).count(index) for index in range(training.label_count)]
            weights = class_weights(counts)
        head = self._head(hyperparameters)
        state = TrainingState(head.model, head.model.weights, interruption=interruption)
        return fit(
            head.model,
            training,
            self._validation,
            hyperparameters,
            state=state,
            class_weight=weights,
            compiled=True,
        )

    def _head(self, hyperparameters: Hyperparameters) -> "_Head":
        graph = _graph(hyperparameters)
        if (known := self._heads.get(graph)) is not None:
            known.restart(hyperparameters)
            return known
        made = _Head(self._training, hyperparameters)
        self._heads[graph] = made
        return made


class _Head:
    """A compiled model, and what its variables were before its first step.

    Args:
        training: The features that it is trained on.
        hyperparameters: Those of the first training.
    """

    def __init__(self, training: FeatureExamples, hyperparameters: Hyperparameters) -> None:
        dropout, dense = top_layers(training.label_count, hyperparameters)
        vector = tf_keras.Input((training.features.shape[1],))
        self.model: Any = QuickHead(vector, dense(dropout(vector)), name="head")
        compile_model(self.model, training, hyperparameters)
        self.model.optimizer.build(self.model.trainable_variables)
        variables = [*self.model.weights, *self.model.optimizer.variables]
        self._before = [(variable, variable.numpy()) for variable in variables]

    def restart(self, hyperparameters: Hyperparameters) -> None:
        """Make it what a new one would be.

        Args:
            hyperparameters: Those of the next training, with the same graph.
        """
        for variable, value in self._before:
            variable.assign(value)
        if _rate_is_variable(hyperparameters):
            self.model.optimizer.learning_rate = hyperparameters.learning_rate


def _quick(examples: FeatureExamples) -> QuickExamples:
    return QuickExamples(
        examples.features, examples.classes, examples.label_count, examples.binary_mode
    )


def _graph(hyperparameters: Hyperparameters) -> Hashable:
    """What two trainings have in common whose steps are the same operations."""
    left_out = set(_OF_NO_GRAPH)
    if _rate_is_variable(hyperparameters):
        left_out.add("learning_rate")
    else:
        # A schedule's constants are made of the number of steps.
        left_out -= {"batch_size", "epochs"}
    return tuple((name, value) for name, value in hyperparameters if name not in left_out)


def _rate_is_variable(hyperparameters: Hyperparameters) -> bool:
    constant = hyperparameters.learning_rate_schedule == "constant"
    return constant and not hyperparameters.warmup_ratio
