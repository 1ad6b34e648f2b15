"""The training loop: epochs, validation, checkpoints, and the best epoch's weights."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from ic_tf_sdk.contract import metric_lines
from ic_tf_sdk.errors import HyperparameterError
from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.devices import sharding
from ic_tf_sdk.training.devices.distribution import Distribution
from ic_tf_sdk.training.feed.batches import Examples, epoch_order, epoch_seed
from ic_tf_sdk.training.loop import epoch_phase
from ic_tf_sdk.training.loop.converged_head import ConvergedHead, as_epochs
from ic_tf_sdk.training.loop.epoch_phase import EpochPhase
from ic_tf_sdk.training.loop.progress import Progress
from ic_tf_sdk.training.loop.training_state import TrainingState
from ic_tf_sdk.training.network import objective
from ic_tf_sdk.training.network.batch_callback import on_batches
from ic_tf_sdk.training.network.optimizers import optimizer

__all__ = ["class_weights", "compile_model", "evaluate", "every_batch", "fit"]

logger = logging.getLogger(__name__)

_DIVERGED = (
    "Warning: the training diverges: after epoch %d the loss or the weights are not a number. The "
    "weights of that epoch are not kept; a lower learning_rate may help."
)


def fit(
    model: Any,
    training: Examples,
    validation: Examples | None,
    hyperparameters: Hyperparameters,
    *,
    state: TrainingState,
    class_weight: dict[int, float] | None = None,
    rates: Sequence[tuple[Any, float]] = (),
    compiled: bool = False,
    judge: Callable[[int, Mapping[str, float]], object] = lambda *_: None,
) -> Progress:
    """Train a model and leave it with the weights of its best epoch.

    Each epoch's order, augmentation and dropout depend on ``random_seed``, the epoch and the step
    alone, so that a training that was interrupted goes on exactly as it would have gone.

    Args:
        model: A ``tf_keras`` model of the examples' inputs that returns logits
            float32 [batch, units].
        training: The examples to train on.
        validation: The examples that pick the best epoch, or None to keep the last.
        hyperparameters: The hyperparameters of the job.
        state: The state of this model, in memory and in checkpoints; it knows the model's devices.
        class_weight: Class index -> weight in the loss; None weighs all alike.
        rates: Variables whose learning rate has a factor, each with it.
        compiled: Whether ``compile_model`` has compiled it already.
        judge: Called after each epoch with its index and metrics; what it raises ends the training.

    Returns:
        Where the training ended.

    Raises:
        Interrupted: The process was asked to end, and its state is saved.
        HyperparameterError: The training diverged from its first epoch on.
    """
    with state.distribution.scope():
        if not compiled:
            compile_model(model, training, hyperparameters, rates)
        # After compiling: a checkpoint has the optimizer's variables, too.
        if hyperparameters.solves_alone:
            hyperparameters = as_epochs(hyperparameters, validated=validation is not None)
        progress = state.resume(training, hyperparameters)
        with epoch_phase.reported(
            progress,
            hyperparameters,
            training=len(training),
            validation=0 if validation is None else len(validation),
        ) as phase:
            learn = _learner(model, training, hyperparameters, state, phase, class_weight)
            _run_epochs(model, validation, hyperparameters, state, phase, learn, judge)
        _check_diverged(progress, hyperparameters)
        state.restore_best()
    return progress


def compile_model(
    model: Any,
    training: Examples,
    hyperparameters: Hyperparameters,
    rates: Sequence[tuple[Any, float]] = (),
) -> None:
    """Give a model the optimizer, the loss and the metrics of a job.

    Args:
        model: As of ``fit``, like all that follows.
        training: The examples to train on.
        hyperparameters: The hyperparameters of the job.
        rates: Variables whose learning rate has a factor, each with it.
    """
    model.compile(
        optimizer(hyperparameters, steps=_steps(training, hyperparameters), rates=rates),
        objective.loss(hyperparameters),
        metrics=objective.metrics(hyperparameters),
    )


def _steps(training: Examples, hyperparameters: Hyperparameters) -> int:
    """How many steps all epochs have."""
    return hyperparameters.epochs * sharding.steps(len(training), hyperparameters.batch_size)


def _check_diverged(progress: Progress, hyperparameters: Hyperparameters) -> None:
    if progress.has_best:
        return
    problem = (
        "The training diverged: after no epoch were its loss and its weights numbers, so there is "
        f"no model to keep. Give a learning_rate below {hyperparameters.learning_rate:g}, or other "
        f"settings of the optimizer {hyperparameters.optimizer!r} (beta_1, beta_2, momentum and "
        "epsilon can do it)."
    )
    raise HyperparameterError([problem])


def _learner(
    model: Any,
    training: Any,
    hyperparameters: Hyperparameters,
    state: TrainingState,
    phase: EpochPhase,
    class_weight: dict[int, float] | None,
) -> Callable[[int], dict[str, float]]:
    """What an epoch is, by its index: it changes the model, and returns the metrics of training."""
    if not hyperparameters.solves_alone:
        return partial(_train, model, training, hyperparameters, state, phase, class_weight)
    head = ConvergedHead(model.layers[-1], training, hyperparameters, class_weight)
    logger.info(
        "The classification layer is solved to its minimum; of the L2 strengths %s each counts "
        "as an epoch.",
        ", ".join(map(str, head.strengths)),
    )
    batches = every_batch(training, hyperparameters, state.distribution, class_weight)

    def solve(epoch: int) -> dict[str, float]:
        head.solve(epoch)
        return evaluate(model, batches, on_batch=phase.after_step)

    return solve


def _run_epochs(
    model: Any,
    validation: Examples | None,
    hyperparameters: Hyperparameters,
    state: TrainingState,
    phase: EpochPhase,
    learn: Callable[[int], dict[str, float]],
    judge: Callable[[int, Mapping[str, float]], object],
) -> None:
    progress = state.progress
    while not progress.finished:
        # What an earlier process spent on this epoch counts.
        epoch, started = len(progress.epochs), time.perf_counter() - progress.elapsed
        phase.begin(epoch)
        metrics = learn(epoch)
        with state.answering():
            if validation is not None:
                metrics |= evaluate(
                    model,
                    # Anew: in a later epoch its images are kept.
                    every_batch(validation, hyperparameters, state.distribution),
                    prefix="val_",
                    on_batch=phase.after_validation_batch,
                )
            judge(epoch, metrics)
            seconds = time.perf_counter() - started
            finite = state.is_finite()
            if progress.close_epoch(metrics, seconds, hyperparameters, finite_weights=finite):
                state.remember_best()
        # SageMaker reads its metrics from this line.
        metric_lines.log(
            metric_lines.epoch_line(epoch + 1, hyperparameters.epochs, seconds, metrics)
        )
        if not finite or not np.isfinite([metrics["loss"], metrics.get("val_loss", 0.0)]).all():
            logger.warning(_DIVERGED, epoch + 1)
        state.save()


def every_batch(
    examples: Examples,
    hyperparameters: Hyperparameters,
    distribution: Distribution,
    class_weight: dict[int, float] | None = None,
) -> tuple[Any, int]:
    """All examples once, in their order, as ``evaluate`` takes them.

    Args:
        examples: The examples to evaluate on.
        hyperparameters: The hyperparameters of the job, for their ``batch_size``.
        distribution: The devices that train the model.
        class_weight: Class index -> weight in the loss; None weighs all alike.
    """
    return distribution.batches(
        examples,
        np.arange(len(examples)),
        batch_size=hyperparameters.batch_size,
        weights=class_weight,
    )


def evaluate(
    model: Any,
    batches: tuple[Any, int],
    *,
    prefix: str = "",
    on_batch: Callable[[], object] = lambda: None,
) -> dict[str, float]:
    """Loss and metrics over all examples, each counted once.

    Args:
        model: The model that ``fit`` compiled.
        batches: The answer of ``every_batch``, which can be read again and again.
        prefix: What is put before each metric's name.
        on_batch: Called after each batch.
    """
    dataset, steps = batches
    metrics = model.evaluate(
        dataset, steps=steps, verbose=0, return_dict=True, callbacks=[on_batches(on_batch)]
    )
    return {f"{prefix}{name}": float(value) for name, value in metrics.items()}


def class_weights(counts: Sequence[int]) -> dict[int, float]:
    """Balanced weights: inverse to the class frequency, 1 on average over the images.

    Args:
        counts: The number of images of each class, none of them zero.
    """
    total = sum(counts)
    return {index: total / (len(counts) * count) for index, count in enumerate(counts)}


def _hold_backbone(model: Any, *, hold: bool) -> None:
    """Keep a trainable backbone as it is, its moving statistics included, or let it learn.

    The optimizer has the variables of both, so that a checkpoint has one form whichever it is.

    Args:
        model: The whole network.
        hold: Whether to keep it.
    """
    backbone = model.get_layer("backbone")
    if backbone.trainable is hold:
        backbone.trainable = not hold
        # What Keras trains is what was trainable when the model was compiled; compiling again would
        # make other metrics, which a checkpoint does not know.
        model._compiled_trainable_state[backbone] = not hold
        # Both were traced for the other: which variables have gradients, and whether the
        # backbone's own penalty, of which a frozen one has none, is part of the loss.
        model.make_train_function(force=True)
        model.make_test_function(force=True)


def _train(
    model: Any,
    training: Examples,
    hyperparameters: Hyperparameters,
    state: TrainingState,
    phase: EpochPhase,
    class_weight: dict[int, float] | None,
    epoch: int,
) -> dict[str, float]:
    """Train one epoch, or what an interruption left of it, and return its metrics."""
    if hyperparameters.head_first_epochs and not hyperparameters.train_only_on_top:
        _hold_backbone(model, hold=epoch < hyperparameters.head_first_epochs)
    rows = epoch_order(len(training), seed=hyperparameters.random_seed, epoch=epoch)
    # A resumed epoch goes on behind the rows that its first steps took.
    rows = rows[state.progress.step * hyperparameters.batch_size :]
    # An epoch may have been interrupted after its last step.
    if len(rows):
        seed = epoch_seed(hyperparameters.random_seed, epoch)
        dataset, steps = state.distribution.batches(
            training, rows, batch_size=hyperparameters.batch_size, seed=seed, weights=class_weight
        )
        with state.watching(phase.after_step) as callback:
            model.fit(dataset, steps_per_epoch=steps, verbose=0, callbacks=[callback])
    else:
        state.load_metrics()
    return {metric.name: float(metric.result()) for metric in model.metrics}
