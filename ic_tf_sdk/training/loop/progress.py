"""Where a training stands: what has happened, which epoch was best, and whether it goes on."""

import json
import logging
import math
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any, ClassVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from ic_tf_sdk.specs.hyperparameters import Hyperparameters

__all__ = ["Progress"]

logger = logging.getLogger(__name__)


@dataclass
class Progress:
    """The state of a training, less its tensors.

    Attributes:
        epochs: One mapping of metric name to value for each finished epoch; validation names begin
            with ``val_``.
        seconds: Duration of each finished epoch, in seconds.
        step: Steps done in the epoch that is under way.
        elapsed: Seconds spent in the epoch that is under way, before this process took it up.
        best_epoch: Index of the epoch whose weights are kept: the best validation metric, of
            equals the one with the least validation loss; without validation the last. An epoch
            whose loss is no finite number is never it.
        best_value: Its metric; None while no epoch could be kept.
        best_loss: Its validation loss; infinite without validation.
        reference: The value that the next improvement is measured against.
        improved_epoch: Index of the last epoch that improved on it by more than
            ``early_stopping_min_delta``.
        finished: No epoch follows.
        begun_anew: It follows a training that was given up, see ``kept_statistics``.
    """

    # What reads it back; a newer version's field may mean what this one does not know.
    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid", strict=True)

    epochs: list[dict[str, float]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    step: int = 0
    elapsed: float = 0.0
    best_epoch: int = 0
    best_value: float | None = None
    best_loss: float = math.inf
    reference: float | None = None
    improved_epoch: int = 0
    finished: bool = False
    begun_anew: bool = False

    @property
    def has_best(self) -> bool:
        """Whether there is an epoch whose weights can be used."""
        return self.best_value is not None

    def close_epoch(
        self,
        metrics: dict[str, float],
        seconds: float,
        hyperparameters: Hyperparameters,
        *,
        finite_weights: bool = True,
    ) -> bool:
        """Take up a finished epoch.

        Args:
            metrics: The metrics of training and, with ``val_`` before their names, of validation.
            seconds: How long the epoch took.
            hyperparameters: The hyperparameters of the job.
            finite_weights: Whether every weight after the epoch is a finite number.

        Returns:
            Whether it is the best so far, whose weights are to be kept.
        """
        epoch = len(self.epochs)
        # Accuracy is a number even of nan, the first class being taken for the answer.
        sound = finite_weights and all(map(math.isfinite, _losses(metrics)))
        self.epochs.append(metrics)
        self.seconds.append(seconds)
        self.step, self.elapsed = 0, 0.0
        # Without validation each epoch counts as better than the one before: the last is kept.
        value = metrics.get(f"val_{hyperparameters.eval_metric}", float(epoch))
        loss = metrics.get("val_loss", math.inf)
        better = sound and self._is_best(value, loss, epoch)
        # Early stopping goes by its own measure: improvements below its delta do not count, though
        # the weights of such an epoch are kept.
        if sound and (
            self.reference is None
            or value > self.reference + hyperparameters.early_stopping_min_delta
        ):
            self.reference, self.improved_epoch = value, epoch
        self.finished = self._ends(epoch, hyperparameters)
        return better

    def _ends(self, epoch: int, hyperparameters: Hyperparameters) -> bool:
        # A step whose loss is nan makes every weight nan, and none becomes a number again.
        return (
            math.isnan(self.epochs[epoch].get("loss", 0.0))
            or self._stops_early(epoch, hyperparameters)
            or epoch + 1 >= hyperparameters.epochs
        )

    def _is_best(self, value: float, loss: float, epoch: int) -> bool:
        # A small validation set often has equal accuracies; the loss then tells which is surer.
        # nan is never an improvement, but the first epoch must count as something.
        if self.best_value is not None:
            known = not math.isnan(self.best_value)
            if math.isnan(value) or (
                known and not (value, -loss) > (self.best_value, -self.best_loss)
            ):
                return False
        self.best_value, self.best_loss, self.best_epoch = value, loss, epoch
        return True

    def _stops_early(self, epoch: int, hyperparameters: Hyperparameters) -> bool:
        waited = epoch - self.improved_epoch
        if not hyperparameters.early_stopping or waited < hyperparameters.early_stopping_patience:
            return False
        logger.info(
            "Stopping early: no improvement of %s in %d epochs.",
            hyperparameters.eval_metric,
            waited,
        )
        return True

    def extended(self, hyperparameters: Hyperparameters) -> None:
        """Go on where a resumed job asks for more epochs than the interrupted one.

        Args:
            hyperparameters: The hyperparameters of the job as it was started again.
        """
        epoch = len(self.epochs) - 1
        self.finished = epoch >= 0 and self._ends(epoch, hyperparameters)

    def best(self) -> dict[str, float]:
        """The metrics of the best epoch."""
        return self.epochs[self.best_epoch]

    def as_json(self) -> dict[str, Any]:
        """Plain values, of which ``from_json`` makes the same object again."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: object) -> "Progress":
        """What ``as_json`` gave.

        Args:
            value: From JSON.

        Raises:
            ValueError: It is something else, or contradicts itself.
        """
        # Strict about types, which leaves JSON as the form that an object is read of.
        try:
            progress = _reader().validate_json(json.dumps(value))
        except ValidationError as error:
            wrong = error.errors()[0]
            raise ValueError(f"{'.'.join(map(str, wrong['loc']))}: {wrong['msg']}") from error
        epochs = len(progress.epochs)
        if len(progress.seconds) != epochs or progress.step < 0:
            raise ValueError("its epochs have not as many durations, or its step is negative")
        if progress.has_best and not 0 <= progress.best_epoch < epochs:
            raise ValueError(f"its best epoch is {progress.best_epoch}, of {epochs}")
        return progress


@cache
def _reader() -> TypeAdapter[Progress]:
    return TypeAdapter(Progress)


def _losses(metrics: dict[str, float]) -> list[float]:
    return [metrics[name] for name in ("loss", "val_loss") if name in metrics]
