"""One job from its checked plan to its artifact: the run, in order."""

import logging
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf
import tf_keras

import ic_tf_sdk
from ic_tf_sdk.errors import DatasetError
from ic_tf_sdk.inference import container_handler
from ic_tf_sdk.specs import model_info
from ic_tf_sdk.specs.hyperparameters import Hyperparameters, as_text
from ic_tf_sdk.specs.model_info import FineTuning
from ic_tf_sdk.training import export, features, image_scan, incremental, metric_lines, outputs
from ic_tf_sdk.training.augmentation import augmenter
from ic_tf_sdk.training.backbone import Source, open_source
from ic_tf_sdk.training.batches import Examples, FeatureExamples, ImageExamples
from ic_tf_sdk.training.classifier import Classifier
from ic_tf_sdk.training.fit import History, class_weights, evaluate, fit
from ic_tf_sdk.training.image_folder import ImageFolder
from ic_tf_sdk.training.plan import Plan, without
from ic_tf_sdk.training.preprocessing import Preprocessing
from ic_tf_sdk.training.undecodable import undecodable

__all__ = ["run"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Channels:
    """What the loop trains, validates and tests on: images, or features computed from them."""

    model: Any
    training: Examples
    validation: Examples | None
    test: Examples | None


def run(plan: Plan) -> History:
    """Train, evaluate and export.

    Args:
        plan: From ``plan.make``.

    Raises:
        ArchiveError: The model channel cannot be used.
        DatasetError: Images cannot be decoded, or the classes are not the earlier model's.
        OutputExistsError: The model folder holds something.
    """
    given = plan.hyperparameters
    outputs.check_empty(plan.environment.model_dir)
    _seed(given)
    source = open_source(plan.environment.model)
    incremental.check_classes(source, plan.labels)
    plan = _readable(plan)
    classifier = Classifier(source, len(plan.labels), given)
    incremental.restore_top_layer(classifier, source, given)
    _log_start(plan, source, classifier)
    started = time.perf_counter()
    with _naming_bad_images(plan), tempfile.TemporaryDirectory(prefix="ic-tf-job-") as scratch:
        channels = _channels(plan, classifier, Path(scratch))
        weights = class_weights(plan.training.counts) if given.class_weight == "balanced" else None
        history = fit(
            channels.model, channels.training, channels.validation, given, class_weight=weights
        )
        _log_durations(time.perf_counter() - started, history)
        tested = _test(channels, given)
    _write(plan, source, classifier, history, tested)
    return history


def _seed(given: Hyperparameters) -> None:
    tf_keras.utils.set_random_seed(given.random_seed % 2**32)
    if given.deterministic:
        tf.config.experimental.enable_op_determinism()


def _readable(plan: Plan) -> Plan:
    """With ``on_bad_image`` "skip", the plan less every image that does not decode."""
    if plan.hyperparameters.on_bad_image == "error":
        return plan

    def good(folder: ImageFolder | None) -> ImageFolder | None:
        return folder and without(folder, undecodable(folder))

    training = without(plan.training, undecodable(plan.training))
    return Plan(
        plan.environment, plan.hyperparameters, training, good(plan.validation), good(plan.test)
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
        for folder in (plan.training, plan.validation, plan.test):
            if folder is not None:
                image_scan.refuse(folder, undecodable(folder))
        raise


def _channels(plan: Plan, classifier: Classifier, scratch: Path) -> _Channels:
    """Images for a backbone that changes or sees augmented images, else features."""
    given = plan.hyperparameters
    preprocessing = _preprocessing(plan, classifier.source)

    def images(folder: ImageFolder, *, training: bool = False) -> ImageExamples:
        augment = augmenter(given) if training and given.augmentation else None
        return ImageExamples(folder, preprocessing, given.binary_mode, augment)

    held = {"validation": plan.validation, "test": plan.test}
    cached = given.train_only_on_top and not given.augmentation and given.feature_cache == "auto"
    if not cached:
        others = {name: folder and images(folder) for name, folder in held.items()}
        return _Channels(classifier.model, images(plan.training, training=True), **others)
    backbone = features.folded(classifier)

    def computed(name: str, folder: ImageFolder) -> FeatureExamples:
        started = time.perf_counter()
        found = features.compute(
            backbone,
            images(folder),
            width=classifier.feature_vector_size,
            spill=scratch / f"{name}.npy",
        )
        seconds = time.perf_counter() - started
        logger.info("Features of %d %s images computed in %.1fs", len(found), name, seconds)
        return FeatureExamples(found, folder.classes, len(folder.labels), given.binary_mode)

    others = {name: folder and computed(name, folder) for name, folder in held.items()}
    return _Channels(classifier.head, computed("training", plan.training), **others)


def _preprocessing(plan: Plan, source: Source) -> Preprocessing:
    return Preprocessing(
        source.info.input_height,
        source.info.input_width,
        plan.hyperparameters.image_resize_interpolation,
        source.info.pixel_range,
    )


def _test(channels: _Channels, given: Hyperparameters) -> dict[str, float]:
    if channels.test is None:
        return {}
    started = time.perf_counter()
    found = evaluate(channels.model, channels.test, given)
    seconds = time.perf_counter() - started
    for name, value in found.items():
        logger.info(metric_lines.test_line(name, value))
    count = len(channels.test)
    logger.info(metric_lines.summary_line("Test evaluation latency", seconds))
    logger.info(metric_lines.summary_line("Average test latency per sample", seconds / count))
    logger.info(metric_lines.summary_line("Average test throughput", count / seconds))
    return found


def _write(
    plan: Plan,
    source: Source,
    classifier: Classifier,
    history: History,
    tested: dict[str, float],
) -> None:
    given = plan.hyperparameters
    preprocessing = _preprocessing(plan, source)
    serving = export.ServingModel(
        classifier, preprocessing, plan.labels, binary_mode=given.binary_mode
    )
    info = source.info.model_copy(
        update={
            "kind": "fine_tuned",
            "feature_vector_size": classifier.feature_vector_size,
            "fine_tuning": FineTuning(
                labels=plan.labels,
                binary_mode=given.binary_mode,
                interpolation=given.image_resize_interpolation,
                hyperparameters={name: as_text(value) for name, value in given},
                package_version=ic_tf_sdk.__version__,
            ),
        }
    )

    def write(folder: Path) -> None:
        export.save(serving, folder / "1")
        (folder / "code").mkdir()
        shutil.copyfile(container_handler.__file__, folder / "code" / "inference.py")
        outputs.write_json(folder / outputs.LABELS_FILE, outputs.label_index(plan.labels))
        files = dict(model_info.digests(folder))
        info.model_copy(update={"files": files}).write(folder)

    outputs.publish(plan.environment.model_dir, write)
    data = plan.environment.output_data_dir
    data.mkdir(parents=True, exist_ok=True)
    record = {
        "epochs": history.metrics,
        "seconds": history.seconds,
        "best_epoch": history.best_epoch,
        "test": tested,
    }
    outputs.write_json(data / "history.json", record)


def _log_start(plan: Plan, source: Source, classifier: Classifier) -> None:
    sizes = {
        name: len(folder.files)
        for name, folder in (
            ("training", plan.training),
            ("validation", plan.validation),
            ("test", plan.test),
        )
        if folder is not None
    }
    for label, count in zip(plan.labels, plan.training.counts, strict=True):
        if count == 0:
            raise DatasetError(f"No readable training image is left for the class {label!r}.")
    logger.info("Model: %s %s", source.info.model_id, source.info.model_version)
    logger.info("Images: %s", ", ".join(f"{count} {name}" for name, count in sizes.items()))
    logger.info("Classes: %s", ", ".join(plan.labels))
    trainable, frozen = classifier.parameter_counts()
    for name, count in (
        ("Number of parameters", trainable + frozen),
        ("Number of trainable parameters", trainable),
        ("Number of non-trainable parameters", frozen),
    ):
        logger.info(metric_lines.summary_line(name, count))


def _log_durations(seconds: float, history: History) -> None:
    average = sum(history.seconds) / len(history.seconds)
    logger.info(metric_lines.summary_line("Total training duration", seconds))
    logger.info(metric_lines.summary_line("Average training duration per epoch", average))
