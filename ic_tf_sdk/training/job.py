"""One job from its checked plan to its artifact: the run, in order."""

import hashlib
import json
import logging
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import tensorflow as tf
import tf_keras

from ic_tf_sdk.contract import metric_lines, output_files
from ic_tf_sdk.contract.history_record import HistoryRecord
from ic_tf_sdk.errors import DatasetError
from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.data import image_scan
from ic_tf_sdk.training.data.decode_check import undecodable
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.devices.distribution import Distribution
from ic_tf_sdk.training.graph.preprocessing import Preprocessing
from ic_tf_sdk.training.loop.channels import Channels, caches_features
from ic_tf_sdk.training.loop.checkpoint import CheckpointFolder
from ic_tf_sdk.training.loop.fit import class_weights, fit
from ic_tf_sdk.training.loop.identity import identity
from ic_tf_sdk.training.loop.interruption import Interruption
from ic_tf_sdk.training.loop.progress import Progress
from ic_tf_sdk.training.loop.training_state import Keeper
from ic_tf_sdk.training.network import incremental, precision
from ic_tf_sdk.training.network.backbone import open_source
from ic_tf_sdk.training.network.classifier import Classifier
from ic_tf_sdk.training.plan import Plan, without
from ic_tf_sdk.training.results import artifact, evaluation, evaluation_files
from ic_tf_sdk.training.results.evaluation import Evaluation

__all__ = ["run", "seed"]

logger = logging.getLogger(__name__)


def run(
    plan: Plan,
    *,
    interruption: Interruption | None = None,
    distribution: Distribution | None = None,
) -> HistoryRecord:
    """Train, evaluate and export.

    Args:
        plan: From ``plan.make``.
        interruption: Asked after each step whether to end; never by default.
        distribution: The job's devices; one by default.

    Returns:
        What happened; empty on a host that only computed features for the chief.

    Raises:
        ArchiveError: The model channel cannot be used.
        DatasetError: Images cannot be decoded, or the classes are not the earlier model's.
        HostLostError: Another host ended.
        OutputExistsError: The model folder holds something.
        UserError: The batch is too small for the devices, or hosts differ.
    """
    distribution = distribution or Distribution()
    with distribution.naming_lost_hosts():
        record = _run(plan, interruption, distribution)
        # A host that leaves before the others counts as lost.
        distribution.wait()
    return record


def _run(
    plan: Plan, interruption: Interruption | None, distribution: Distribution
) -> HistoryRecord:
    given, environment = plan.hyperparameters, plan.environment
    output_files.check_empty(environment.model_dir)
    seed(given)
    devices = Distribution() if caches_features(given) else distribution
    devices.check(given.batch_size)
    plan, classifier = _prepared(plan)
    info = classifier.source.info
    job = identity(given, plan.training, plan.validation, info)
    distribution.check_same(_digest(plan, job))
    preprocessing = Preprocessing(
        info.input_height, info.input_width, given.image_resize_interpolation, info.pixel_range
    )
    _log_start(plan, classifier, distribution)
    _set_precision(given, classifier)
    with _naming_bad_images(plan), tempfile.TemporaryDirectory(prefix="ic-tf-job-") as scratch:
        trained = _on_devices(plan, classifier, devices)
        channels = Channels(given, trained, preprocessing, Path(scratch), distribution)
        keeper = Keeper(
            channels.model,
            channels.variables,
            CheckpointFolder(environment.checkpoint_dir, job),
            interruption=interruption,
            seconds=environment.checkpoint_seconds,
            distribution=channels.distribution,
        )
        progress = _fit(plan, channels, keeper)
        if trained is not classifier:
            # Evaluated and exported outside of TensorFlow's strategy.
            classifier.take(trained)
            channels.model = classifier.model
        evaluated = _evaluate(plan, channels)
    record = HistoryRecord(
        epochs=progress.epochs,
        seconds=progress.seconds,
        best_epoch=progress.best_epoch,
        test=evaluated.metrics if evaluated and evaluated.channel == "test" else {},
    )
    if distribution.chief:
        output_files.publish(
            environment.model_dir,
            lambda folder: artifact.write(
                folder,
                classifier,
                preprocessing,
                labels=plan.labels,
                hyperparameters=given,
            ),
        )
        title = f"{info.model_id} {info.model_version}"
        evaluation_files.write(environment.output_data_dir, record, evaluated, title)
    return record


def _prepared(plan: Plan) -> tuple[Plan, Classifier]:
    """The plan less undecodable images, and the network on one device."""
    source = open_source(plan.environment.model)
    incremental.check_classes(source, plan.labels)
    plan = _readable(plan)
    classifier = Classifier(source, len(plan.labels), plan.hyperparameters)
    incremental.restore_top_layer(classifier, source, plan.hyperparameters)
    return plan, classifier


def _on_devices(plan: Plan, classifier: Classifier, devices: Distribution) -> Classifier:
    """The network on the devices that train it: itself, where that is one."""
    if devices.devices == 1:
        return classifier
    with devices.loading():
        source = open_source(plan.environment.model, classifier.source)
        return Classifier(source, len(plan.labels), plan.hyperparameters, twin=classifier)


def _digest(plan: Plan, job: dict[str, str]) -> bytes:
    """Of all that every host must have alike."""
    files = {name: folder.files for name, folder in plan.channels().items()}
    text = json.dumps([job, files, plan.hyperparameters.model_dump()])
    return hashlib.sha256(text.encode()).digest()


def seed(given: Hyperparameters) -> None:
    """Seed every generator of the process; with ``deterministic``, refuse what has none."""
    tf_keras.utils.set_random_seed(given.random_seed % 2**32)
    if given.deterministic:
        tf.config.experimental.enable_op_determinism()


def _set_precision(given: Hyperparameters, classifier: Classifier) -> None:
    bfloat16 = precision.chosen(
        given, parameters=sum(classifier.parameter_counts()), flags=precision.processor_flags()
    )
    precision.apply(bfloat16=bfloat16)
    if given.mixed_precision != "off":
        logger.info("Arithmetic: %s", "bfloat16" if bfloat16 else "float32")


def _readable(plan: Plan) -> Plan:
    """The plan less every image that does not decode, or an error that names them.

    With ``on_bad_image`` "skip" every image is decoded once before training. Otherwise only those
    whose headers leave a doubt: what else is damaged shows when it is first decoded.
    """
    skip = plan.hyperparameters.on_bad_image == "skip"

    def good(folder: ImageFolder) -> ImageFolder:
        rows = [
            row
            for row, file in enumerate(folder.files)
            if skip or folder.root / file in plan.suspects
        ]
        bad = undecodable(folder, rows)
        if not skip:
            image_scan.refuse(folder, bad)
        return without(folder, bad)

    training = good(plan.training)
    gone = [
        label for label, count in zip(training.labels, training.counts, strict=True) if not count
    ]
    if gone:
        raise DatasetError(f"No readable training image is left of {', '.join(map(repr, gone))}.")
    return replace(
        plan,
        training=training,
        validation=plan.validation and good(plan.validation),
        test=plan.test and good(plan.test),
    )


@contextmanager
def _naming_bad_images(plan: Plan) -> Iterator[None]:
    """Turn TensorFlow's nameless decoding error into one that lists the files.

    Files pass a check of their first bytes before training; that a file breaks off later shows
    when it is first decoded. Only then is it worth decoding everything one by one.
    """
    try:
        yield
    except tf.errors.InvalidArgumentError:
        for folder in plan.channels().values():
            image_scan.refuse(folder, undecodable(folder, range(len(folder.files))))
        raise


def _fit(plan: Plan, channels: Channels, keeper: Keeper) -> Progress:
    started = time.perf_counter()
    given = plan.hyperparameters
    folders = plan.channels()
    examples = channels.examples(
        {name: folders[name] for name in ("training", "validation") if name in folders}
    )
    if not channels.trains_here:
        return keeper.progress
    weights = class_weights(plan.training.counts) if given.class_weight == "balanced" else None
    progress = fit(
        channels.model,
        examples["training"],
        examples.get("validation"),
        given,
        keeper=keeper,
        class_weight=weights,
    )
    total = time.perf_counter() - started
    average = sum(progress.seconds) / len(progress.seconds)
    logger.info(metric_lines.summary_line("Total training duration", total))
    logger.info(metric_lines.summary_line("Average training duration per epoch", average))
    return progress


def _evaluate(plan: Plan, channels: Channels) -> Evaluation | None:
    """How the best epoch's weights answer on the test channel, else on the validation images."""
    name = "validation" if plan.test is None else "test"
    folder = plan.channels().get(name)
    if folder is None:
        return None
    started = time.perf_counter()
    examples = channels.examples({name: folder})[name]
    if not channels.trains_here:
        return None
    found = evaluation.evaluate(
        channels.model,
        examples,
        folder,
        plan.hyperparameters,
        channel=name,
        distribution=channels.distribution,
    )
    if name == "test":
        _log_test(found.metrics, len(folder.files), time.perf_counter() - started)
    return found


def _log_test(metrics: dict[str, float], count: int, seconds: float) -> None:
    for name, value in metrics.items():
        logger.info(metric_lines.test_line(name, value))
    logger.info(metric_lines.summary_line("Test evaluation latency", seconds))
    logger.info(metric_lines.summary_line("Average test latency per sample", seconds / count))
    logger.info(metric_lines.summary_line("Average test throughput", count / seconds))


def _log_start(plan: Plan, classifier: Classifier, distribution: Distribution) -> None:
    info = classifier.source.info
    if distribution.devices > 1:
        hosts = len(distribution.hosts.names)
        logger.info("Devices: %d on %d host(s)", distribution.devices, hosts)
    counts = (f"{len(folder.files)} {name}" for name, folder in plan.channels().items())
    logger.info("Model: %s %s", info.model_id, info.model_version)
    logger.info("Images used: %s", ", ".join(counts))
    logger.info("Classes: %s", ", ".join(plan.labels))
    trainable, frozen = classifier.parameter_counts()
    logger.info(metric_lines.summary_line("Number of parameters", trainable + frozen))
    logger.info(metric_lines.summary_line("Number of trainable parameters", trainable))
    logger.info(metric_lines.summary_line("Number of non-trainable parameters", frozen))
