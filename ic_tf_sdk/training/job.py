"""One job from its checked plan to its artifact: the run, in order."""

import hashlib
import json
import logging
import time
from collections.abc import Callable
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras

from ic_tf_sdk.contract import archive, metric_lines, phases
from ic_tf_sdk.contract.history_record import HistoryRecord
from ic_tf_sdk.contract.model_info import ModelInfo
from ic_tf_sdk.contract.scratch_folder import scratch_folder
from ic_tf_sdk.errors import ArchiveError
from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.devices.distribution import Distribution
from ic_tf_sdk.training.feed.frozen_pass import FrozenBackbone, FrozenPass
from ic_tf_sdk.training.graph import saved_model
from ic_tf_sdk.training.graph.preprocessing import Preprocessing
from ic_tf_sdk.training.loop.identity import identity
from ic_tf_sdk.training.loop.interruption import Interruption
from ic_tf_sdk.training.loop.progress import Progress
from ic_tf_sdk.training.loop.training_target import training_devices
from ic_tf_sdk.training.network import incremental, precision
from ic_tf_sdk.training.network.backbone import Source, open_source
from ic_tf_sdk.training.network.classifier import Classifier
from ic_tf_sdk.training.plan import Plan
from ic_tf_sdk.training.readable_images import naming_bad_images, readable
from ic_tf_sdk.training.results import artifact, evaluation_files
from ic_tf_sdk.training.results.evaluation import Evaluation
from ic_tf_sdk.training.results.extra_answers import ExtraAnswers
from ic_tf_sdk.training.results.hints import hints
from ic_tf_sdk.training.results.model_folder import ModelFolder
from ic_tf_sdk.training.results.report import settings
from ic_tf_sdk.training.results.report.run_facts import RunFacts
from ic_tf_sdk.training.session import train_and_evaluate
from ic_tf_sdk.training.tracking import job_tracking

__all__ = ["run", "run_facts", "seed"]

logger = logging.getLogger(__name__)


def run(
    plan: Plan,
    *,
    interruption: Interruption | None = None,
    distribution: Distribution | None = None,
) -> HistoryRecord:
    """Train, evaluate and export. The numbers in the code are the order of the run.

    Args:
        plan: The checked job, from ``plan.make``.
        interruption: It is asked after each step whether to end; by default never.
        distribution: All devices of the job; by default one.

    Returns:
        What happened; empty on a host that only computed features for the chief.

    Raises:
        Interrupted: The process was asked to end, and its state is saved.
        ArchiveError: The model channel cannot be used.
        DatasetError: Images cannot be decoded, or the classes are not the earlier model's.
        HostLostError: Another host ended.
        OutputExistsError: The model folder holds something.
        UserError: The batch is too small for the devices, or hosts differ.
    """
    distribution, interruption = distribution or Distribution(), interruption or Interruption()
    exchange, hyperparameters = distribution.exchange, plan.hyperparameters
    with exchange.naming_lost_hosts():
        # 1. Refuse what would otherwise fail after the training.
        model_folder = _room(plan, distribution)
        # 2. Seed every generator, before anything is drawn.
        seed(hyperparameters)
        # 3. Open the model, and check the classes against those of an earlier training.
        source = open_source(plan.environment.model)
        incremental.check_classes(source, plan.labels)
        # 4. Leave out, or refuse, the images that do not decode.
        plan = readable(plan)
        # 5. Build the network on one device, with the earlier top layer if there is one.
        preprocessing = _preprocessing(source.info, hyperparameters)
        classifier, backbone = _network(plan, source, preprocessing)
        # 6. Compare what the hosts were given: they would train apart and not notice.
        job_identity, digest = _same_on_all(plan, source, distribution)
        model_folder.check(digest)
        with job_tracking.of(plan, source.info, job_identity, interruption) as tracked:
            # 7. Say what is trained, and choose the arithmetic.
            _log_start(plan, classifier, distribution)
            # 8. Train, and evaluate the best epoch.
            write = _writer(plan, classifier, backbone)
            keep = partial(_keep_stopped, plan, write)
            progress, evaluated, extra, used = train_and_evaluate(
                plan, classifier, backbone, job_identity, distribution, interruption, keep
            )
            # 9. Write the results, asked to end or not, and wait: who leaves counts as lost.
            with interruption.deferred():
                record = _record(plan, progress, evaluated, used)
                if distribution.hosts.chief:
                    model_folder.fill(digest, partial(write, extra=extra, evaluated=evaluated))
                    _report(plan, source.info, record, evaluated, preprocessing)
                    job_tracking.hand_over(tracked, plan)
                exchange.wait()
    return record


def _room(plan: Plan, distribution: Distribution) -> ModelFolder:
    """The model folder, which must be free; a batch must have a row for each device that trains."""
    model_folder = ModelFolder(plan.environment.model_dir, plan.environment.checkpoint_dir)
    model_folder.check()
    devices = training_devices(plan.hyperparameters, distribution)
    devices.check(plan.hyperparameters.batch_size)
    return model_folder


def seed(hyperparameters: Hyperparameters) -> None:
    """Seed every generator of the process; with ``deterministic``, refuse what has none.

    Args:
        hyperparameters: The hyperparameters of the job.
    """
    tf_keras.utils.set_random_seed(hyperparameters.random_seed % 2**32)
    if hyperparameters.deterministic:
        tf.config.experimental.enable_op_determinism()


@phases.phase("building")
def _network(
    plan: Plan, source: Source, preprocessing: Preprocessing
) -> tuple[Classifier, FrozenPass]:
    """The network, and what gives the features that its backbone has now."""
    with saved_model.refusing(plan.environment.model):
        classifier = Classifier(source, len(plan.labels), plan.hyperparameters)
        # Before the backbone is run: its features depend on it.
        precision.apply(bfloat16=_uses_bfloat16(plan.hyperparameters, classifier))
        frozen = FrozenBackbone.of(classifier)
        backbone = FrozenPass(frozen, preprocessing, plan.environment.store())
        _try(classifier, backbone, plan)
    incremental.warn_of_changes(source, plan.hyperparameters)
    incremental.restore_top_layer(classifier, source, plan.hyperparameters)
    return classifier, backbone


def _try(classifier: Classifier, backbone: FrozenPass, plan: Plan) -> None:
    """Refuse a backbone that loads and cannot answer, before the images are read."""
    size = classifier.model.input_shape[1:]
    features = (
        # A large part of the export, which need not wait for it.
        backbone.answers(classifier.trainable_form(backbone.preprocessing).trace)
        if plan.hyperparameters.caches_features
        else classifier.features(tf.fill([1, *size], 0.5))
    )
    if not np.isfinite(classifier.head(features)).all():
        raise ArchiveError(
            f"{plan.environment.model} answers a grey picture by values that are no numbers: its "
            "weights are damaged, or its training diverged. Take another copy, or another model."
        )


def _same_on_all(
    plan: Plan, source: Source, distribution: Distribution
) -> tuple[dict[str, str], str]:
    """Compare what every host must have alike.

    Returns:
        What identifies the job, and the SHA-256 of all that was compared, in hexadecimal.
    """
    with naming_bad_images(plan):
        job_identity = identity(
            plan.hyperparameters,
            plan.training,
            plan.validation,
            source.info,
            plan.samples,
            plan.environment.rehearse,
        )
    files = {name: folder.files for name, folder in plan.channels().items()}
    text = json.dumps([job_identity, files, plan.hyperparameters.model_dump()])
    digest = hashlib.sha256(text.encode())
    distribution.exchange.check_same(digest.digest())
    return job_identity, digest.hexdigest()


def _preprocessing(info: ModelInfo, hyperparameters: Hyperparameters) -> Preprocessing:
    interpolation = hyperparameters.image_resize_interpolation
    return Preprocessing(info.input_height, info.input_width, interpolation, info.pixel_range)


def _uses_bfloat16(hyperparameters: Hyperparameters, classifier: Classifier) -> bool:
    return precision.chosen(hyperparameters, parameters=sum(classifier.parameter_counts()))


def _record(
    plan: Plan, progress: Progress, evaluated: Evaluation | None, used: Hyperparameters
) -> HistoryRecord:
    return HistoryRecord(
        epochs=progress.epochs,
        seconds=progress.seconds,
        best_epoch=progress.best_epoch,
        test=evaluated.metrics if evaluated and evaluated.channel == "test" else {},
        chosen=settings.chosen(used, plan.hyperparameters),
    )


def _writer(plan: Plan, classifier: Classifier, backbone: FrozenPass) -> Callable[..., None]:
    """What writes the artifact, of the weights that the network then has, into an empty folder."""

    @phases.phase("export")
    def write(folder: Path, extra: ExtraAnswers, evaluated: Evaluation | None = None) -> None:
        artifact.write(
            folder,
            classifier,
            backbone,
            labels=plan.labels,
            hyperparameters=plan.hyperparameters,
            extra=extra,
            evaluation=None if evaluated is None else evaluated.record(),
        )

    return write


def _keep_stopped(plan: Plan, write: Callable[..., None]) -> None:
    """Pack the best model so far, where whoever started the job has asked for it."""
    if plan.environment.stopped_model is not None:
        with scratch_folder("stopped") as folder:
            write(folder, ExtraAnswers.none("The training was stopped before its end."))
            archive.pack(folder, plan.environment.stopped_model)


def run_facts(plan: Plan, info: ModelInfo, said: list[str]) -> RunFacts:
    """What the report says of a job beside its answers.

    Args:
        plan: The job, less the images that do not decode.
        info: The description of the model that it started from.
        said: Sentences on what would help the next training.
    """
    environment, changed = plan.environment, settings.changed(plan.hyperparameters, info)
    names = ("training", "validation", "test", "rehearse")
    channels = {name: getattr(environment, name) for name in names}
    return RunFacts(
        model=f"{info.model_id} {info.model_version}",
        labels=plan.labels,
        images={name: folder.counts for name, folder in plan.channels().items()},
        seconds=time.perf_counter() - plan.started,
        finished=datetime.now(timezone.utc),
        settings=changed,
        command=settings.command(environment.model, info, channels, changed),
        warnings=[*plan.warnings(), *plan.exclusions()],
        refused=plan.refused(),
        hints=said,
    )


def _report(
    plan: Plan,
    info: ModelInfo,
    record: HistoryRecord,
    evaluated: Evaluation | None,
    preprocessing: Preprocessing,
) -> None:
    said = hints(record.epochs, plan.hyperparameters, plan.training, plan.validation, evaluated)
    evaluation_files.write(
        plan.environment.output_data_dir,
        record,
        evaluated,
        run_facts(plan, info, said),
        preprocessing,
    )
    # The last lines of the log: what the course of the training says about the next one.
    for hint in said:
        logger.info("Hint: %s", hint)


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
    metric_lines.log(metric_lines.summary_line("Number of parameters", trainable + frozen))
    metric_lines.log(metric_lines.summary_line("Number of trainable parameters", trainable))
    metric_lines.log(metric_lines.summary_line("Number of non-trainable parameters", frozen))
    if plan.hyperparameters.mixed_precision != "off":
        bfloat16 = _uses_bfloat16(plan.hyperparameters, classifier)
        logger.info("Arithmetic: %s", "bfloat16" if bfloat16 else "float32")
