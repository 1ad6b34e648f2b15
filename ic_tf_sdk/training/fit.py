"""The training loop: epochs, validation, early stopping, and the best epoch's weights."""

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training import metric_lines, objective
from ic_tf_sdk.training.batches import Examples, epoch_order, epoch_seed
from ic_tf_sdk.training.optimizers import optimizer

__all__ = ["History", "class_weights", "fit"]

logger = logging.getLogger(__name__)


@dataclass
class History:
    """What happened in each epoch.

    Attributes:
        metrics: One mapping of metric name to value per epoch; validation names begin with
            ``val_``.
        seconds: Duration of each epoch.
        best_epoch: Index of the epoch whose weights were kept: the best validation metric, of
            equals the one with the least validation loss; without validation the last.
    """

    metrics: list[dict[str, float]] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    best_epoch: int = 0

    def best(self) -> dict[str, float]:
        """The metrics of the best epoch."""
        return self.metrics[self.best_epoch]


@dataclass
class _Best:
    """The best epoch so far, and the last one that improved enough to go on."""

    value: float = -np.inf
    loss: float = np.inf
    epoch: int = 0
    weights: Sequence[Any] | None = None
    reference: float = -np.inf
    improved_epoch: int = 0


def fit(
    model: Any,
    training: Examples,
    validation: Examples | None,
    given: Hyperparameters,
    *,
    class_weight: dict[int, float] | None = None,
) -> History:
    """Train a model and leave it with the weights of its best epoch.

    Each epoch's order, augmentation and dropout depend on ``random_seed`` and the epoch alone.

    Args:
        model: A ``tf_keras`` model of the examples' inputs that returns logits.
        training: Examples to train on.
        validation: Examples that pick the best epoch, or None to keep the last.
        given: The hyperparameters.
        class_weight: Class index -> weight in the loss.
    """
    model.compile(optimizer(given), objective.loss(given), metrics=objective.metrics(given))
    history, best = History(), _Best()
    for epoch in range(given.epochs):
        started = time.perf_counter()
        metrics = _train(model, training, given, epoch, class_weight)
        if validation is not None:
            metrics |= evaluate(model, validation, given, prefix="val_")
        history.metrics.append(metrics)
        history.seconds.append(time.perf_counter() - started)
        logger.info(metric_lines.epoch_line(epoch + 1, given.epochs, history.seconds[-1], metrics))
        value = metrics.get(f"val_{given.eval_metric}", float(epoch))
        loss = metrics.get("val_loss", np.inf)
        _remember(best, model, value, loss, epoch)
        if value > best.reference + given.early_stopping_min_delta:
            best.reference, best.improved_epoch = value, epoch
        if _should_stop(best, epoch, given):
            break
    if best.epoch != len(history.metrics) - 1:
        model.set_weights(best.weights)
    history.best_epoch = best.epoch
    return history


def evaluate(
    model: Any, examples: Examples, given: Hyperparameters, *, prefix: str = ""
) -> dict[str, float]:
    """Loss and metrics over all examples, each counted once.

    Args:
        model: Compiled by ``fit``.
        examples: What to evaluate on.
        given: The hyperparameters.
        prefix: Put before each metric's name.
    """
    dataset = examples.dataset(np.arange(len(examples)), batch_size=given.batch_size, seed=0)
    found = model.evaluate(dataset, verbose=0, return_dict=True)
    return {f"{prefix}{name}": float(value) for name, value in found.items()}


def class_weights(counts: Sequence[int]) -> dict[int, float]:
    """Balanced weights: inverse to the class frequency, 1 on average over the images.

    Args:
        counts: Images per class, none zero.
    """
    total = sum(counts)
    return {index: total / (len(counts) * count) for index, count in enumerate(counts)}


def _train(
    model: Any,
    training: Examples,
    given: Hyperparameters,
    epoch: int,
    class_weight: dict[int, float] | None,
) -> dict[str, float]:
    rows = epoch_order(len(training), seed=given.random_seed, epoch=epoch)
    seed = epoch_seed(given.random_seed, epoch)
    dataset = training.dataset(rows, batch_size=given.batch_size, seed=seed)
    logs = model.fit(dataset, epochs=1, verbose=0, class_weight=class_weight).history
    return {name: float(values[-1]) for name, values in logs.items()}


def _remember(best: _Best, model: Any, value: float, loss: float, epoch: int) -> None:
    # A small validation set often has equal accuracies; the loss then tells which is surer.
    # nan is never an improvement, but the first epoch must count as something.
    if (value, -loss) > (best.value, -best.loss) or best.weights is None:
        best.value, best.loss, best.epoch = value, loss, epoch
        best.weights = model.get_weights()


def _should_stop(best: _Best, epoch: int, given: Hyperparameters) -> bool:
    waited = epoch - best.improved_epoch
    if not given.early_stopping or waited < given.early_stopping_patience:
        return False
    logger.info("Stopping early: no improvement of %s in %d epochs.", given.eval_metric, waited)
    return True
