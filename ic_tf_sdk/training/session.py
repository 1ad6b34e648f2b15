"""The training of a network and the evaluation of its best epoch, on the devices of a job."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from ic_tf_sdk.contract import metric_lines, phases
from ic_tf_sdk.contract.scratch_folder import scratch_folder
from ic_tf_sdk.contract.unknown_record import UnknownRecord
from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.devices.distribution import Distribution
from ic_tf_sdk.training.devices.exchange import Array, HostExchange
from ic_tf_sdk.training.feed.batches import Examples, FeatureExamples, Rows
from ic_tf_sdk.training.feed.frozen_pass import FrozenPass
from ic_tf_sdk.training.loop import solved_start
from ic_tf_sdk.training.loop.attempts import Attempt, Attempts
from ic_tf_sdk.training.loop.examples import ChannelExamples
from ic_tf_sdk.training.loop.fit import class_weights, fit
from ic_tf_sdk.training.loop.interruption import Interrupted, Interruption
from ic_tf_sdk.training.loop.kept_statistics import StatisticsUnfitError
from ic_tf_sdk.training.loop.progress import Progress
from ic_tf_sdk.training.loop.training_target import TrainingTarget
from ic_tf_sdk.training.network import incremental, precision
from ic_tf_sdk.training.network.classifier import Classifier
from ic_tf_sdk.training.plan import Plan
from ic_tf_sdk.training.readable_images import naming_bad_images
from ic_tf_sdk.training.results import calibration, evaluation, unknown
from ic_tf_sdk.training.results.evaluation import Evaluation
from ic_tf_sdk.training.results.extra_answers import ExtraAnswers

__all__ = ["Trained", "train_and_evaluate"]

logger = logging.getLogger(__name__)

_LEARNED = ("training", "validation")


class Trained(NamedTuple):
    """What became of a training.

    Attributes:
        progress: What happened in each epoch.
        evaluation: The answers on the test channel, else on the validation images; None without
            either and on a host that does not train.
        extra: What the validation images make possible.
        hyperparameters: The job's, with what the training made of its ``auto``.
    """

    progress: Progress
    evaluation: Evaluation | None
    extra: ExtraAnswers
    hyperparameters: Hyperparameters


def train_and_evaluate(
    plan: Plan,
    classifier: Classifier,
    backbone: FrozenPass,
    job_identity: dict[str, str],
    distribution: Distribution,
    interruption: Interruption | None,
    on_stopped: Callable[[], None] = lambda: None,
) -> Trained:
    """Leave a network with the weights of its best epoch, and say how they answer.

    Args:
        plan: The job, less the images that do not decode.
        classifier: The network on one device; it has the trained weights afterwards.
        backbone: What gives the features that its backbone has now.
        job_identity: What a checkpoint must agree with to be taken up.
        distribution: All devices of the job.
        interruption: It is asked after each step whether to end; by default never.
        on_stopped: Called where the process was asked to end and an epoch was finished; the network
            then has the weights of the best one.

    Raises:
        DatasetError: An image does not decode.
        Interrupted: The process was asked to end, and its state is saved.
    """
    hyperparameters = plan.hyperparameters
    with naming_bad_images(plan), scratch_folder("job") as scratch:
        exchange = distribution.exchange
        examples = ChannelExamples(hyperparameters, backbone, scratch, exchange)
        _solve_first(plan, classifier, examples, exchange)
        started = time.perf_counter()
        for attempt in _attempts(plan, job_identity, distribution, interruption).of(classifier):
            with suppress(StatisticsUnfitError):
                return _completed(plan, attempt, classifier, examples, started, on_stopped)
    raise AssertionError("The last attempt is given up by nobody.")


def _attempts(
    plan: Plan,
    job_identity: dict[str, str],
    distribution: Distribution,
    interruption: Interruption | None,
) -> Attempts:
    environment = plan.environment
    return Attempts(
        hyperparameters=plan.hyperparameters,
        training=plan.training,
        validation=plan.validation,
        class_weight=_weights(plan),
        model=environment.model,
        checkpoint_dir=environment.checkpoint_dir,
        checkpoint_seconds=environment.checkpoint_seconds,
        identity=job_identity,
        distribution=distribution,
        interruption=interruption,
    )


def _completed(
    plan: Plan,
    attempt: Attempt,
    classifier: Classifier,
    examples: ChannelExamples,
    started: float,
    on_stopped: Callable[[], None],
) -> Trained:
    """Train, and hand the weights to the network that is evaluated and exported."""
    target, learner = attempt.target, attempt.learner
    try:
        progress = _fit(plan, attempt, examples, started)
        if learner is not classifier:
            # Evaluated and exported outside of TensorFlow's strategy.
            classifier.take_weights(learner)
            target = replace(target, model=classifier.model)
        evaluated, held_out = _evaluate(plan, target, examples)
        extra = _extra(plan, held_out, examples.of_features(classifier), classifier)
        parameters = sum(classifier.parameter_counts())
        used = precision.settled(attempt.hyperparameters, parameters=parameters)
        return Trained(progress, _calibrated(evaluated, extra), extra, used)
    except Interrupted:
        if attempt.state.restore_best():
            if learner is not classifier:
                classifier.take_weights(learner)
            on_stopped()
        raise


def _solve_first(
    plan: Plan, classifier: Classifier, examples: ChannelExamples, exchange: HostExchange
) -> None:
    """Give a network the layer that its backbone has without any training, if that is asked for."""
    given = plan.hyperparameters
    if not given.solves_first or incremental.keeps_top_layer(classifier.source, given):
        return
    frozen = examples.of_features(classifier, plan.environment.store())
    folders = plan.channels()
    features = frozen.of({name: folders[name] for name in _LEARNED if name in folders})
    solved_start.solve(classifier.dense, features, given, _weights(plan), exchange)


def _weights(plan: Plan) -> dict[int, float] | None:
    """Class index -> weight in the loss; None weighs all alike."""
    balanced = plan.hyperparameters.class_weight == "balanced"
    return class_weights(plan.training.counts) if balanced else None


def _fit(plan: Plan, attempt: Attempt, examples: ChannelExamples, started: float) -> Progress:
    """Train until no epoch follows; a host that does not train computes its features only."""
    target = attempt.target
    folders = plan.channels()
    # Both together: a frozen backbone then passes over both in one stretch.
    by_channel = examples.of({name: folders[name] for name in _LEARNED if name in folders})
    if not target.trains_here:
        return attempt.state.progress
    progress = fit(
        target.model,
        by_channel["training"],
        by_channel.get("validation"),
        attempt.hyperparameters,
        state=attempt.state,
        class_weight=_weights(plan),
        rates=target.rates,
        judge=attempt.judge,
    )
    total = time.perf_counter() - started
    average = sum(progress.seconds) / len(progress.seconds)
    metric_lines.log(metric_lines.summary_line("Total training duration", total))
    metric_lines.log(metric_lines.summary_line("Average training duration per epoch", average))
    return progress


def _evaluate(
    plan: Plan, target: TrainingTarget, examples: ChannelExamples
) -> tuple[Evaluation | None, Evaluation | None]:
    """How the best epoch's weights answer on the test channel, else on the validation images.

    Returns:
        That, and the answers on the validation images.
    """
    held_out = _evaluation("validation", plan, target, examples)
    started = time.perf_counter()
    test = _evaluation("test", plan, target, examples)
    if test is not None:
        _log_test(test.metrics, len(test.folder.files), time.perf_counter() - started)
    return test or held_out, held_out


def _evaluation(
    name: str, plan: Plan, target: TrainingTarget, examples: ChannelExamples
) -> Evaluation | None:
    """The answers on one channel; None where the job has none or does not train here."""
    folder = plan.channels().get(name)
    if folder is None:
        return None
    channel = examples.of({name: folder})[name]
    if not target.trains_here:
        return None
    return evaluation.evaluate(
        target.model,
        channel,
        folder,
        plan.hyperparameters,
        channel=name,
        exchange=target.distribution.exchange,
    )


def _calibrated(evaluated: Evaluation | None, extra: ExtraAnswers) -> Evaluation | None:
    return None if evaluated is None else replace(evaluated, calibration=extra.calibration)


def _extra(
    plan: Plan, held_out: Evaluation | None, frozen: ChannelExamples, classifier: Classifier
) -> ExtraAnswers:
    """The temperature and the score of unknown images, of images that did not train the model."""
    if plan.validation is None:
        return ExtraAnswers.none(calibration.NO_VALIDATION)
    given = plan.hyperparameters
    known, asked = plan.training, plan.validation
    if not given.caches_features:
        # Each passes the network once more, and so many are enough.
        known, asked = (one.subset(_some(one, given).tolist()) for one in (known, asked))
    features = frozen.of({"training": known, "validation": asked})
    if held_out is None or held_out.logits is None:
        return ExtraAnswers.none("Another host trained the model.")
    with phases.phase("calibration"):
        classes = np.asarray(held_out.folder.classes)
        fitted = calibration.fit(held_out.logits, classes, binary_mode=given.binary_mode)
        logger.info("%s", calibration.sentence(fitted))
        if fitted.temperature is None:
            return ExtraAnswers(fitted, UnknownRecord(reason=fitted.reason))
        vectors, classes = _vectors(features["training"], known, given)
        held_back, _ = _vectors(features["validation"], asked, given)
        logits = classifier.dense(held_back).numpy()
        score, record = unknown.fit(vectors, classes, held_back, logits, seed=given.random_seed)
        return ExtraAnswers(fitted, record, score)


def _some(folder: ImageFolder, given: Hyperparameters) -> Rows:
    return unknown.fitting_rows(folder.classes, unknown.MOST_IMAGES, given.random_seed)


def _vectors(examples: Examples, folder: ImageFolder, given: Hyperparameters) -> tuple[Array, Rows]:
    """The features of some images of a channel, float32 [images, features], and their classes."""
    assert isinstance(examples, FeatureExamples)
    rows = _some(folder, given)
    return np.array(examples.features[rows]), np.asarray(folder.classes)[rows]


def _log_test(metrics: dict[str, float], count: int, seconds: float) -> None:
    for name, value in metrics.items():
        metric_lines.log(metric_lines.test_line(name, value))
    metric_lines.log(metric_lines.summary_line("Test evaluation latency", seconds))
    metric_lines.log(metric_lines.summary_line("Average test latency per sample", seconds / count))
    metric_lines.log(metric_lines.summary_line("Average test throughput", count / seconds))
