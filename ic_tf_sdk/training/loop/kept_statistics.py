"""Whether the batch-norm statistics of a pretraining fit the images that a network is trained on.

Photos train better with the statistics of a pretraining on photos than with their own, of small
batches. Where images are of another kind those statistics put every activation in a wrong place,
and the first epoch teaches the network next to nothing.
"""

import logging
from collections.abc import Callable, Mapping

import numpy as np

from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.network import objective

__all__ = ["KeptStatistics", "StatisticsUnfitError", "attempts"]

logger = logging.getLogger(__name__)

RATE = 0.3
"""Of the learning rate, with statistics that are kept: 0.0003 where the default is 0.001."""

ENOUGH_STEPS = 20
"""Before them nothing can be expected of a training. An epoch of 640 images has as many."""

LEARNED = 0.9
"""A loss above this part of that of guessing tells of nothing learned.

Measured after the first epoch (docs/measurements/training.md): photos of flowers and drawn
pictures had 0.30 to 0.57, digits 0.82 where they trained as well as updated ones, else 1.00 to
1.04.
"""


class StatisticsUnfitError(Exception):
    """A training with kept statistics was given up; one with updated ones is to follow it."""


def attempts(hyperparameters: Hyperparameters) -> list[Hyperparameters]:
    """The trainings of a job in turn, each of which follows where the one before was given up.

    >>> [one.learning_rate for one in attempts(Hyperparameters(batch_norm_statistics="auto"))]
    [0.0003, 0.001]

    Args:
        hyperparameters: The hyperparameters of the job.
    """
    if hyperparameters.train_only_on_top or hyperparameters.batch_norm_statistics != "auto":
        return [hyperparameters]
    rate = hyperparameters.learning_rate * RATE
    kept = {"batch_norm_statistics": "kept", "learning_rate": rate}
    changes = (kept, {"batch_norm_statistics": "updated"})
    return [hyperparameters.model_copy(update=change) for change in changes]


class KeptStatistics:
    """The judge of a training with kept statistics, for ``fit``.

    Args:
        penalty: What the regularizers add to the loss of the network as it is.
        training: The images that it is trained on.
        validation: Those that it is judged by; None takes the loss of the training.
        hyperparameters: The hyperparameters of the job.
        class_weight: Class index -> weight in the training's loss; None weighs all alike.
    """

    def __init__(
        self,
        penalty: Callable[[], float],
        training: ImageFolder,
        validation: ImageFolder | None,
        hyperparameters: Hyperparameters,
        class_weight: Mapping[int, float] | None,
    ) -> None:
        self._penalty = penalty
        self._name = "loss" if validation is None else "val_loss"
        weights = class_weight if validation is None else None
        self._guessed = _loss_of_guessing(validation or training, hyperparameters, weights)
        steps = -(-len(training.files) // hyperparameters.batch_size)
        self._asked_after = -(-ENOUGH_STEPS // steps) - 1

    def __call__(self, epoch: int, metrics: Mapping[str, float]) -> None:
        """Judge the first epoch after which enough steps are done.

        Args:
            epoch: From 0.
            metrics: Of that epoch.

        Raises:
            StatisticsUnfitError: It has taught the network next to nothing.
        """
        if epoch != self._asked_after:
            return
        # Which says nothing of the answers.
        loss = metrics[self._name] - self._penalty()
        if loss <= LEARNED * self._guessed:
            return
        logger.info(
            "The batch-norm statistics of the pretraining do not fit these images: after %d "
            "epoch(s) the loss is %.3f, and guessing has %.3f. The training begins anew with "
            "updated statistics and the whole learning rate.",
            epoch + 1,
            loss,
            self._guessed,
        )
        raise StatisticsUnfitError


def _loss_of_guessing(
    folder: ImageFolder, hyperparameters: Hyperparameters, class_weight: Mapping[int, float] | None
) -> float:
    """The loss of the best answer that is the same for every image: the share of each class."""
    shares = np.array(folder.counts) / sum(folder.counts)
    for index, weight in (class_weight or {}).items():
        shares[index] *= weight
    expected = objective.smoothed(shares[np.newaxis], hyperparameters)
    # Without label smoothing a class may have none.
    return -float(
        np.sum(expected * np.log(expected, where=expected > 0, out=np.zeros_like(expected)))
    )
