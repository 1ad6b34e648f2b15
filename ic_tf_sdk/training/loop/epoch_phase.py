"""How far a training is, within its epochs, too."""

from collections.abc import Iterator
from contextlib import contextmanager

from ic_tf_sdk.contract import phases
from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.loop.progress import Progress

__all__ = ["EpochPhase", "reported"]

# An image is passed forwards alone, where training passes it backwards, too, which takes twice as
# long.
_VALIDATION = 1 / 3


class EpochPhase:
    """The images of all epochs as one phase.

    Args:
        advance: Of the phase.
        hyperparameters: The hyperparameters of the job, with its number of epochs.
    """

    def __init__(self, advance: phases.Advance, hyperparameters: Hyperparameters) -> None:
        self._advance, self._hyperparameters = advance, hyperparameters

    def begin(self, epoch: int) -> None:
        """Say which epoch is under way.

        Args:
            epoch: From 0.
        """
        self._advance(0, f"epoch {epoch + 1}/{self._hyperparameters.epochs}")

    def after_step(self) -> None:
        """Count a step of training."""
        self._advance(self._hyperparameters.batch_size)

    def after_validation_batch(self) -> None:
        """Count a batch of validation."""
        self._advance(_VALIDATION * self._hyperparameters.batch_size)


@contextmanager
def reported(
    progress: Progress, hyperparameters: Hyperparameters, *, training: int, validation: int
) -> Iterator[EpochPhase]:
    """Report the epochs of a training.

    Args:
        progress: Where it stands; of a training that is taken up again some of it is done.
        hyperparameters: The hyperparameters of the job, with its number of epochs.
        training: The number of images of an epoch.
        validation: The number of images that are evaluated after each; 0 where none is.
    """
    each = training + _VALIDATION * validation
    done = len(progress.epochs) * each + progress.step * hyperparameters.batch_size
    total = hyperparameters.epochs * each
    with phases.phase("training", done=done, total=total) as advance:
        yield EpochPhase(advance, hyperparameters)
