"""A job as it was asked for, checked as far as that goes without TensorFlow.

Everything that can be wrong with hyperparameters, folders and file types is found here, in the
first second of a job and not after its framework was loaded.
"""

import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path

from ic_tf_sdk.contract import image_names, model_archive, phases, tracking_place
from ic_tf_sdk.errors import HyperparameterError, MissingExtraError, UnknownModelError
from ic_tf_sdk.specs import catalogue, hyperparameter_spellings, presets
from ic_tf_sdk.specs import hyperparameters as schema
from ic_tf_sdk.specs.hyperparameters import Hyperparameters, as_text
from ic_tf_sdk.training.data import (
    channel_report,
    duplicates,
    image_folder,
    image_scan,
    rehearsal,
)
from ic_tf_sdk.training.data.channel_report import ChannelReport
from ic_tf_sdk.training.data.exclusion import Exclusion
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.data.split import split
from ic_tf_sdk.training.environment import Environment

__all__ = ["Plan", "make"]

logger = logging.getLogger(__name__)


@dataclass
class _Scanned:
    """What the scan of the channels found, for the plan."""

    doubtful: set[Path]
    samples: dict[Path, str]
    reports: dict[Path, ChannelReport]
    exclusion: Exclusion


@dataclass(frozen=True)
class Plan:
    """A checked job.

    Attributes:
        environment: Where the job finds its inputs and puts its outputs.
        hyperparameters: The checked hyperparameters.
        training: The training images, less those that are held out for validation.
        validation: The validation images; None where nothing is held out.
        test: The test images; None without a test channel.
        needs_decoding: Files that may be damaged; decoding tells, which needs TensorFlow.
        samples: File -> digest of ``file_sample``: the scan opens each file once, for all that is
            to be known of it.
        reports: Channel's folder -> what the scan counted in it.
        copies: Sentences on images that are there more than once.
        left_out: Images that do not decode and are not used -> reason.
        started: When the job began, in seconds of ``time.perf_counter``.
        excluded: Channel name -> how many of its images the user wanted left out.
    """

    environment: Environment
    hyperparameters: Hyperparameters
    training: ImageFolder
    validation: ImageFolder | None
    test: ImageFolder | None
    needs_decoding: frozenset[Path] = frozenset()
    samples: Mapping[Path, str] = field(default_factory=dict)
    reports: Mapping[Path, ChannelReport] = field(default_factory=dict)
    copies: tuple[str, ...] = ()
    left_out: Mapping[Path, str] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)
    excluded: Mapping[str, int] = field(default_factory=dict)

    def exclusions(self) -> list[str]:
        """Sentences on what the user wanted left out."""
        return [
            f"{count} {channel} images are left out, as listed by who started the job."
            for channel, count in self.excluded.items()
        ]

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names by class index."""
        return self.training.labels

    def channels(self) -> dict[str, ImageFolder]:
        """The image channels that the job has, by name."""
        every = {"training": self.training, "validation": self.validation, "test": self.test}
        return {name: folder for name, folder in every.items() if folder is not None}

    def warnings(self) -> list[str]:
        """Sentences on what is likely to be a mistake in the data, each once."""
        sentences = [one for report in self.reports.values() for one in report.warnings()]
        return list(dict.fromkeys([*sentences, *self.copies]))

    def refused(self) -> dict[str, str]:
        """File -> why it is not used, as the log names them."""
        scanned = {
            str(root / file): reason
            for root, report in self.reports.items()
            for file, reason in report.refused.items()
        }
        return scanned | {str(path): reason for path, reason in self.left_out.items()}


def make(environment: Environment) -> Plan:
    """Check a job and describe its channels.

    Args:
        environment: Where the job finds its inputs, and its hyperparameters as they were sent.

    Raises:
        HyperparameterError: With every problem of the hyperparameters, also against the data.
        MissingExtraError: A hyperparameter needs a package that is not here.
        DatasetError: With what is wrong with a channel.
    """
    started = time.perf_counter()
    hyperparameters = _chosen(environment)
    _check_solver(hyperparameters)
    _check_tracking()
    exclusion = Exclusion(environment.exclude)
    everything = exclusion.of("training", _training_images(environment, hyperparameters))
    _check_binary(hyperparameters, everything)
    scanned = _Scanned(set(), {}, {}, exclusion)
    everything = _usable(everything, hyperparameters, scanned)
    # The classes are those of the folders, also where a class loses its images to the scan.
    validation = _other_channel("validation", environment, everything, hyperparameters, scanned)
    training = everything
    if validation is None:
        training, validation = split(
            everything,
            ratio=hyperparameters.validation_split_ratio,
            seed=hyperparameters.random_seed,
            beside=environment.rehearse,
        )
    # Only now it is known whether there are validation images.
    _check_early_stopping(hyperparameters, validation)
    test = _other_channel("test", environment, everything, hyperparameters, scanned)
    known = (frozenset(scanned.doubtful), scanned.samples, scanned.reports)
    plan = Plan(
        environment,
        hyperparameters,
        training,
        validation,
        test,
        *known,
        excluded=exclusion.counts,
        started=started,
    )
    copies = duplicates.warnings(duplicates.duplicates(plan.channels(), plan.samples))
    for sentence in copies:
        logger.warning("Warning: %s", sentence)
    return replace(plan, copies=tuple(copies))


def _chosen(environment: Environment) -> Hyperparameters:
    """What was sent, and what its preset makes of what nobody has set."""
    defaults = _defaults(environment)
    hyperparameters = schema.parse(environment.hyperparameters, defaults)
    changes = presets.changes(hyperparameters, defaults)
    for name, value in changes.items():
        before = as_text(getattr(hyperparameters, name))
        logger.info("Preset %s: %s=%s, not %s", hyperparameters.preset, name, value, before)
    return hyperparameters.model_copy(update=changes)


def _training_images(environment: Environment, hyperparameters: Hyperparameters) -> ImageFolder:
    if environment.rehearse is None:
        return image_folder.describe(environment.training)
    return rehearsal.joined(
        environment.training,
        environment.rehearse,
        environment.model,
        seed=hyperparameters.random_seed,
    )


def _defaults(environment: Environment) -> Mapping[str, str] | None:
    """The defaults of the model that the job starts from; None where they decide nothing."""
    sent = environment.hyperparameters
    several = hyperparameter_spellings.are_several(sent, schema.canonical_name)
    if not several and "preset" not in map(schema.canonical_name, sent):
        # A description that lies deep in an archive takes as long to find as to unpack it.
        return None
    info = model_archive.preview(environment.model).info
    try:
        return None if info is None else catalogue.record(info.model_id).hyperparameters
    except UnknownModelError:
        return None


def _other_channel(
    name: str,
    environment: Environment,
    training: ImageFolder,
    hyperparameters: Hyperparameters,
    scanned: _Scanned,
) -> ImageFolder | None:
    """A validation or test channel, with the classes of training; None where it was not given."""
    path = environment.validation if name == "validation" else environment.test
    if path is None:
        return None
    folder = image_folder.describe(path, labels=training.labels)
    folder = scanned.exclusion.of(name, folder)
    return _usable(folder, hyperparameters, scanned)


def _check_solver(hyperparameters: Hyperparameters) -> None:
    """Say before the images are read that the one package is missing which images may lack."""
    if hyperparameters.head_solver == "converged" and find_spec("scipy") is None:
        raise MissingExtraError("scipy, which head_solver 'converged' needs,", "train")


def _check_tracking() -> None:
    if tracking_place.is_named(os.environ) and find_spec("mlflow") is None:
        wanted = f"MLflow, which {tracking_place.VARIABLE} asks for,"
        raise MissingExtraError(wanted, "mlflow")


def _check_binary(hyperparameters: Hyperparameters, folder: ImageFolder) -> None:
    problem = image_names.binary_problem(folder.labels, str(folder.root))
    if hyperparameters.binary_mode and problem:
        raise HyperparameterError([problem])


def _check_early_stopping(hyperparameters: Hyperparameters, validation: ImageFolder | None) -> None:
    if hyperparameters.early_stopping and validation is None:
        problem = (
            "early_stopping needs validation images: give a validation channel or a "
            "validation_split_ratio above 0."
        )
        raise HyperparameterError([problem])


def _usable(
    folder: ImageFolder, hyperparameters: Hyperparameters, scanned: _Scanned
) -> ImageFolder:
    """A channel less what its headers refuse; what the scan found is added to ``scanned``."""
    with phases.phase("reading", total=len(folder.files)) as advance:
        headers = image_scan.scan(folder, advance=advance)
    bad = image_scan.unreadable(headers)
    if hyperparameters.on_bad_image == "error":
        image_scan.refuse(folder, bad)
    scanned.doubtful |= image_scan.needs_decoding(folder, headers)
    scanned.samples |= image_scan.samples(folder, headers)
    scanned.reports[folder.root] = channel_report.report(folder, headers, bad)
    _log_report(folder, scanned.reports[folder.root])
    return image_scan.without(folder, bad)


def _log_report(folder: ImageFolder, report: ChannelReport) -> None:
    counts = ", ".join(f"{label} {count}" for label, count in report.counts.items())
    logger.info("Images in %s: %s", folder.root, counts)
    if report.notes:
        notes = ", ".join(f"{count} {note}" for note, count in report.notes.items())
        logger.info("Among them: %s", notes)
    for sentence in report.warnings():
        logger.warning("Warning: %s", sentence)
