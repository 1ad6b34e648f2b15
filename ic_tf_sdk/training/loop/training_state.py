"""Keeps a model's state: the best epoch's weights in memory, checkpoints on disk."""

import logging
import math
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import tf_keras

from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.devices.distribution import Distribution
from ic_tf_sdk.training.feed.batches import Examples
from ic_tf_sdk.training.loop.checkpoint import Arrays, CheckpointFolder, State
from ic_tf_sdk.training.loop.interruption import Interrupted, Interruption
from ic_tf_sdk.training.loop.progress import Progress

__all__ = ["Keeper"]

logger = logging.getLogger(__name__)


class Keeper:
    """The memory of one training.

    Args:
        model: Compiled before ``resume``.
        variables: What training changes of it: weights, moving statistics, the dropout step.
        checkpoints: Where states are written; None for a training that keeps none.
        interruption: Asked after each step.
        seconds: Between checkpoints within an epoch; by default there are none.
        distribution: Of the model over devices.

    Attributes:
        progress: Where the training stands.
        distribution: As given.
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
    ) -> None:
        self.progress = Progress()
        self._model = model
        self._variables = list(variables)
        self._checkpoints = checkpoints
        self._interruption = interruption or Interruption()
        self._seconds = seconds
        self.distribution = distribution or Distribution()
        self._best: Arrays | None = None
        self._metrics: Arrays = []
        self._saved_at = self._taken_up_at = time.perf_counter()

    def resume(self, training: Examples, given: Hyperparameters) -> Progress:
        """Take up the newest checkpoint, if there is one.

        Args:
            training: For one batch, with which Keras creates its metrics.
            given: May ask for more epochs than the interrupted job.
        """
        self._model.optimizer.build(self._model.trainable_variables)
        state = self._latest()
        if state is None:
            return self.progress
        self.progress, self._best, self._metrics = state.progress, state.best, state.metrics
        _assign(self._variables, state.variables)
        _assign(self._model.optimizer.variables, state.optimizer)
        self.progress.extended(given)
        if self._metrics:
            self._create_metrics(training)
        logger.info(
            "Resumed from a checkpoint: %d epochs and %d steps are done.",
            len(self.progress.epochs),
            self.progress.step,
        )
        return self.progress

    def _latest(self) -> State | None:
        """The chief's newest checkpoint, on every host: folders need not be shared."""
        chief = self.distribution.chief and self._checkpoints is not None
        state = self._checkpoints.latest() if chief and self._checkpoints else None
        if not self.distribution.hosts.several:
            return state
        content = self.distribution.from_chief(state.as_bytes() if state else None)
        return None if content is None else State.from_bytes(content)

    def _create_metrics(self, training: Examples) -> None:
        devices = self.distribution
        dataset, steps = devices.batches(training, np.arange(1), batch_size=devices.devices)
        self._model.evaluate(dataset, steps=steps, verbose=0)

    def remember_best(self) -> None:
        """Keep the present weights as the best epoch's."""
        self._best = _values(self._variables)

    def restore_best(self) -> None:
        """Give the model the best epoch's weights."""
        if self._best is not None:
            _assign(self._variables, self._best)

    def load_metrics(self) -> None:
        """Give the metrics the sums they had when the epoch was interrupted."""
        found = [variable for metric in self._model.metrics for variable in metric.variables]
        if self._metrics:
            _assign(found, self._metrics)
        self._metrics = []

    def save(self) -> None:
        """Write a checkpoint."""
        self._saved_at = time.perf_counter()
        if self._checkpoints is None:
            return
        metrics = [variable for metric in self._model.metrics for variable in metric.variables]
        # Every host reads them, for the sum of what each one counted takes all of them.
        counted = _values(metrics) if self.progress.step else []
        if self.distribution.chief:
            variables, optimizer = (
                _values(self._variables),
                _values(self._model.optimizer.variables),
            )
            state = State(self.progress, variables, optimizer, counted, self._best)
            self._checkpoints.save(state)

    @contextmanager
    def watching(self) -> Iterator[Any]:
        """A Keras callback that counts steps and saves when it is time, or when SIGTERM came."""
        self._taken_up_at = time.perf_counter() - self.progress.elapsed
        with self._interruption.deferred():
            yield _Watch(self)

    def after_step(self) -> None:
        """Count a step; save if it is time.

        Raises:
            Interrupted: The process was asked to end, and its state is saved.
        """
        self.progress.step += 1
        now = time.perf_counter()
        asked, due = self._interruption.requested, now - self._saved_at >= self._seconds
        if self.distribution.hosts.several:
            asked, due = self.distribution.agreed(asked, due)
        if asked or due:
            self.progress.elapsed = now - self._taken_up_at
            self.save()
        if asked:
            raise Interrupted


class _Watch(tf_keras.callbacks.Callback):
    # Keras then does not turn every step's metrics into numbers.
    _supports_tf_logs = True

    def __init__(self, keeper: Keeper) -> None:
        super().__init__()
        self._keeper = keeper

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002
        # Keras has just reset them.
        self._keeper.load_metrics()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        self._keeper.after_step()


def _values(variables: Sequence[Any]) -> Arrays:
    return [variable.numpy() for variable in variables]


def _assign(variables: Sequence[Any], values: Arrays) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
