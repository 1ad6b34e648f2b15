"""The training loop: epochs, validation, checkpoints, and the best epoch's weights."""

import logging
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from ic_tf_sdk.contract import metric_lines
from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.devices.distribution import Distribution
from ic_tf_sdk.training.feed.batches import Examples, epoch_order, epoch_seed
from ic_tf_sdk.training.loop.progress import Progress
from ic_tf_sdk.training.loop.training_state import Keeper
from ic_tf_sdk.training.network import objective
from ic_tf_sdk.training.network.optimizers import optimizer

__all__ = ["class_weights", "evaluate", "every_batch", "fit"]

logger = logging.getLogger(__name__)


def fit(
    model: Any,
    training: Examples,
    validation: Examples | None,
    given: Hyperparameters,
    *,
    keeper: Keeper,
    class_weight: dict[int, float] | None = None,
) -> Progress:
    """Train a model and leave it with the weights of its best epoch.

    Each epoch's order, augmentation and dropout depend on ``random_seed``, the epoch and the step
    alone, so that a training that was interrupted goes on exactly as it would have gone.

    Args:
        model: A ``tf_keras`` model of the examples' inputs that returns logits.
        training: Examples to train on.
        validation: Examples that pick the best epoch, or None to keep the last.
        given: The hyperparameters.
        keeper: Of this model's state, in memory and in checkpoints; it knows the model's devices.
        class_weight: Class index -> weight in the loss.
    """
    with keeper.distribution.scope():
        model.compile(optimizer(given), objective.loss(given), metrics=objective.metrics(given))
        progress = keeper.resume(training, given)
        _go_on(model, training, validation, given, keeper, class_weight)
        keeper.restore_best()
    return progress


def _go_on(
    model: Any,
    training: Examples,
    validation: Examples | None,
    given: Hyperparameters,
    keeper: Keeper,
    class_weight: dict[int, float] | None,
) -> None:
    progress = keeper.progress
    checked = None
    if validation is not None:
        checked = every_batch(validation, given, keeper.distribution)
    while not progress.finished:
        epoch, started = len(progress.epochs), time.perf_counter() - progress.elapsed
        metrics = _train(model, training, given, epoch, keeper, class_weight)
        if checked is not None:
            metrics |= evaluate(model, checked, prefix="val_")
        seconds = time.perf_counter() - started
        if progress.close_epoch(metrics, seconds, given):
            keeper.remember_best()
        logger.info(metric_lines.epoch_line(epoch + 1, given.epochs, seconds, metrics))
        keeper.save()


def every_batch(
    examples: Examples, given: Hyperparameters, distribution: Distribution
) -> tuple[Any, int]:
    """All examples once, in their order, as ``evaluate`` takes them.

    Args:
        examples: What to evaluate on.
        given: The hyperparameters.
        distribution: Of the model over devices.
    """
    return distribution.batches(examples, np.arange(len(examples)), batch_size=given.batch_size)


def evaluate(model: Any, batches: tuple[Any, int], *, prefix: str = "") -> dict[str, float]:
    """Loss and metrics over all examples, each counted once.

    Args:
        model: Compiled by ``fit``.
        batches: From ``every_batch``; they can be read again and again.
        prefix: Put before each metric's name.
    """
    dataset, steps = batches
    found = model.evaluate(dataset, steps=steps, verbose=0, return_dict=True)
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
    keeper: Keeper,
    class_weight: dict[int, float] | None,
) -> dict[str, float]:
    rows = epoch_order(len(training), seed=given.random_seed, epoch=epoch)
    rows = rows[keeper.progress.step * given.batch_size :]
    # An epoch may have been interrupted after its last step.
    if len(rows):
        seed = epoch_seed(given.random_seed, epoch)
        dataset, steps = keeper.distribution.batches(
            training, rows, batch_size=given.batch_size, seed=seed, weights=class_weight
        )
        with keeper.watching() as callback:
            model.fit(dataset, steps_per_epoch=steps, verbose=0, callbacks=[callback])
    else:
        keeper.load_metrics()
    return {metric.name: float(metric.result()) for metric in model.metrics}
