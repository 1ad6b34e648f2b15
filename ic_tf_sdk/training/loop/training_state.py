"""The state of a training: the best epoch's weights in memory, checkpoints on disk."""

import logging
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np
import tf_keras

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.devices.distribution import Distribution
from ic_tf_sdk.training.feed.batches import Examples
from ic_tf_sdk.training.loop.checkpoint import CheckpointFolder
from ic_tf_sdk.training.loop.interruption import Interrupted, Interruption
from ic_tf_sdk.training.loop.kept_statistics import StatisticsUnfitError
from ic_tf_sdk.training.loop.progress import Progress
from ic_tf_sdk.training.loop.snapshot import Arrays, Snapshot
from ic_tf_sdk.training.loop.weight_average import WeightAverage

__all__ = ["TrainingState"]

logger = logging.getLogger(__name__)


class TrainingState:
    """What one training has done so far, and how it is saved and taken up again.

    Args:
        model: The ``tf_keras`` model, which must be compiled before ``resume``.
        variables: What training changes of it: weights, moving statistics, the dropout step.
        checkpoints: The folder for snapshots; None for a training that keeps none.
        interruption: It is asked after each step whether to end; by default never.
        seconds: The time between checkpoints within an epoch; by default there are none.
        distribution: The devices that train the model; by default one.
        begun_anew: Whether the training follows one that was given up, whose checkpoints go.

    Attributes:
        progress: Where the training stands.
        distribution: The devices that train the model.
    """

    def __init__(
        self,
        model: Any,
        variables: Sequence[Any],
        checkpoints: CheckpointFolder | None = None,
        *,
        interruption: Interruption | None = None,
        seconds: float = math.inf,
        distribution: Distribution | None = None,
        begun_anew: bool = False,
    ) -> None:
        self.progress = Progress(begun_anew=begun_anew)
        self._model = model
        self._variables = list(variables)
        self._checkpoints = checkpoints
        self._interruption = interruption or Interruption()
        self._seconds = seconds
        self.distribution = distribution or Distribution()
        self._best: Arrays | None = None
        self._average: WeightAverage | None = None
        self._metrics: Arrays = []
        self._saved_at = self._taken_up_at = time.perf_counter()

    def resume(self, training: Examples, hyperparameters: Hyperparameters) -> Progress:
        """Take up the newest checkpoint, if there is one.

        Args:
            training: The training examples; one batch of them makes Keras create its metrics.
            hyperparameters: The job's, which may ask for more epochs than the interrupted job.

        Raises:
            UserError: The checkpoints are those of another job, or of another version.
            StatisticsUnfitError: They are of the training that followed this one.
        """
        # Keras makes the optimizer's variables at its first step; a checkpoint is put into them.
        self._model.optimizer.build(self._model.trainable_variables)
        # A solved layer is no step of a training.
        if hyperparameters.ema_decay and not hyperparameters.solves_alone:
            self._average = WeightAverage(self._variables, hyperparameters.ema_decay)
        snapshot = self._latest()
        if snapshot is None:
            return self.progress
        if snapshot.progress.begun_anew and not self.progress.begun_anew:
            raise StatisticsUnfitError
        self.progress, self._best = snapshot.progress, snapshot.best
        self._metrics = snapshot.metrics
        _assign(self._variables, snapshot.variables)
        _assign(self._moving(), snapshot.optimizer)
        self.progress.extended(hyperparameters)
        if self._metrics:
            self._create_metrics(training)
            _check_metrics(self._metrics, self._metric_variables())
        logger.info(
            "Resumed from a checkpoint: %d epochs and %d steps are done.",
            len(self.progress.epochs),
            self.progress.step,
        )
        return self.progress

    def _latest(self) -> Snapshot | None:
        """The chief's newest checkpoint, on every host: folders need not be shared."""
        hosts, exchange = self.distribution.hosts, self.distribution.exchange
        snapshot = None
        if hosts.chief and self._checkpoints is not None:
            if self.progress.begun_anew:
                self._checkpoints.remove(lambda progress: not progress.begun_anew)
            snapshot = self._checkpoints.latest(self._fits)
        if not hosts.several:
            return snapshot
        content = exchange.from_chief(snapshot.as_bytes() if snapshot else None)
        return None if content is None else Snapshot.from_bytes(content)

    def _fits(self, snapshot: Snapshot) -> bool:
        """Whether the arrays of a snapshot are as many as this network's, of its shapes."""
        return (
            _fit(snapshot.variables, self._variables)
            and _fit(snapshot.optimizer, self._moving())
            and (snapshot.best is None or _fit(snapshot.best, self._variables))
        )

    def _moving(self) -> list[Any]:
        """What the steps leave beside the weights: the optimizer's variables, and averages."""
        averages = [] if self._average is None else self._average.variables
        return [*self._model.optimizer.variables, *averages]

    def answering(self) -> AbstractContextManager[None]:
        """A stretch in which the model has the weights that an epoch is judged by, and kept for.

        They are the averages with ``ema_decay``, else those of the last step.
        """
        return nullcontext() if self._average is None else self._average.in_force()

    def _create_metrics(self, training: Examples) -> None:
        # Keras knows the metrics' variables only after a batch; evaluating one changes no weight.
        count = self.distribution.devices
        dataset, steps = self.distribution.batches(training, np.arange(1), batch_size=count)
        self._model.evaluate(dataset, steps=steps, verbose=0)

    def remember_best(self) -> None:
        """Keep the present weights as the best epoch's."""
        self._best = _values(self._variables)

    def is_finite(self) -> bool:
        """Whether no weight is nan or infinite: of such weights no request could be answered."""
        return all(np.isfinite(variable.numpy()).all() for variable in self._variables)

    def restore_best(self) -> bool:
        """Give the model the best epoch's weights; False where no epoch is finished."""
        if self._best is None:
            return False
        _assign(self._variables, self._best)
        return True

    def load_metrics(self) -> None:
        """Give the metrics the sums they had when the epoch was interrupted."""
        if self._metrics:
            _assign(self._metric_variables(), self._metrics)
        self._metrics = []

    def _metric_variables(self) -> list[Any]:
        return [variable for metric in self._model.metrics for variable in metric.variables]

    def save(self) -> None:
        """Write a checkpoint."""
        self._saved_at = time.perf_counter()
        if self._checkpoints is None:
            return
        # Every host reads them, for the sum of what each one counted takes all of them.
        metrics = _values(self._metric_variables()) if self.progress.step else []
        if not self.distribution.hosts.chief:
            return
        variables, optimizer = _values(self._variables), _values(self._moving())
        self._checkpoints.save(Snapshot(self.progress, variables, optimizer, metrics, self._best))

    @contextmanager
    def watching(self, on_step: Callable[[], object]) -> Iterator[Any]:
        """A Keras callback that counts steps and saves when it is time, or when SIGTERM came.

        Args:
            on_step: Called after each step.
        """
        self._taken_up_at = time.perf_counter() - self.progress.elapsed
        with self._interruption.deferred():
            yield _Watch(self, on_step)

    def after_step(self) -> None:
        """Count a step; save if it is time.

        Raises:
            Interrupted: The process was asked to end, and its state is saved.
        """
        self.progress.step += 1
        if self._average is not None:
            self._average.update(self._model.optimizer.iterations)
        # The clock is read once, so that what is due and what is written down agree.
        now = time.perf_counter()
        asked, due = self._interruption.requested, now - self._saved_at >= self._seconds
        if self.distribution.hosts.several:
            # All of them must save, or end, after one and the same step.
            asked, due = self.distribution.exchange.agreed(asked, due)
        if asked or due:
            self.progress.elapsed = now - self._taken_up_at
            self.save()
        if asked:
            raise Interrupted


class _Watch(tf_keras.callbacks.Callback):
    # Keras then does not turn every step's metrics into numbers.
    _supports_tf_logs = True

    def __init__(self, state: TrainingState, on_step: Callable[[], object]) -> None:
        super().__init__()
        self._state, self._on_step = state, on_step

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        # Keras has just reset them.
        self._state.load_metrics()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        self._on_step()
        self._state.after_step()


def _fit(arrays: Arrays, variables: Sequence[Any]) -> bool:
    found = [(array.shape, array.dtype) for array in arrays]
    return found == [(tuple(v.shape), np.dtype(v.dtype.as_numpy_dtype)) for v in variables]


def _check_metrics(sums: Arrays, variables: Sequence[Any]) -> None:
    # Only now, on every host: Keras makes these variables at the first batch.
    if not _fit(sums, variables):
        raise UserError(
            "The checkpoint was written by another version of this package, which counted other "
            "metrics. Let the job go on with that version, or give an empty checkpoint folder."
        )


def _values(variables: Sequence[Any]) -> Arrays:
    return [variable.numpy() for variable in variables]


def _assign(variables: Sequence[Any], values: Arrays) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
