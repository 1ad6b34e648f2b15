"""A classification layer solved for several strengths of its penalty, each of them an epoch.

The loop then picks, saves and resumes among them as it does among the epochs of an optimizer.
"""

from typing import Any

import numpy as np

from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.feed.batches import FeatureExamples
from ic_tf_sdk.training.loop.logistic_head import Layer, LogisticHead
from ic_tf_sdk.training.network import objective

__all__ = ["STRENGTHS", "UNCHECKED", "ConvergedHead", "as_epochs"]

STRENGTHS = (0.5, 0.2, 0.1, 0.05, 0.02)
"""Of the penalty, the greatest first: each solution is near the one before, which saves passes."""

UNCHECKED = 0.1
"""The one strength that is solved where nothing is held out to choose by."""


def as_epochs(hyperparameters: Hyperparameters, *, validated: bool) -> Hyperparameters:
    """The hyperparameters with an epoch for each strength, all of which are tried.

    Args:
        hyperparameters: The hyperparameters of the job.
        validated: Whether there are validation images; without them one strength is solved.
    """
    epochs = len(STRENGTHS) if validated else 1
    return hyperparameters.model_copy(update={"epochs": epochs, "early_stopping": False})


class ConvergedHead:
    """The solutions of one job.

    Args:
        layer: The ``tf_keras`` dense layer that takes them up.
        examples: The features to solve for.
        hyperparameters: The answer of ``as_epochs``.
        class_weight: Class index -> weight in the loss; None weighs all alike.

    Attributes:
        strengths: Of the penalty, one for each epoch.
    """

    def __init__(
        self,
        layer: Any,
        examples: FeatureExamples,
        hyperparameters: Hyperparameters,
        class_weight: dict[int, float] | None,
    ) -> None:
        self._layer = layer
        classes = np.asarray(examples.classes)
        count, binary = examples.label_count, examples.binary_mode
        targets = objective.targets(classes, count=count, binary_mode=binary)
        weights = None
        if class_weight is not None:
            weights = np.array([class_weight[index] for index in range(count)])[classes]
        smoothed = objective.smoothed(targets.numpy(), hyperparameters)
        self._head = LogisticHead(examples.features, smoothed, weights)
        self.strengths = STRENGTHS if hyperparameters.epochs > 1 else (UNCHECKED,)

    def solve(self, epoch: int) -> None:
        """Give the layer the solution for an epoch's strength.

        Args:
            epoch: From 0; the layer then holds the solution of the epoch before.
        """
        start = Layer(*self._layer.get_weights()) if epoch else None
        self._layer.set_weights(self._head.solve(self.strengths[epoch], start))
