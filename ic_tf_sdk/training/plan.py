"""A job as it was asked for, checked as far as that goes without TensorFlow.

Everything that can be wrong with hyperparameters, folders and file types is found here, in the
first second of a job and not after its framework was loaded.
"""

import logging
from dataclasses import dataclass
from pathlib import Path

from ic_tf_sdk.contract import image_names
from ic_tf_sdk.errors import HyperparameterError
from ic_tf_sdk.specs import hyperparameters as schema
from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.data import channel_report, duplicates, image_folder, image_scan
from ic_tf_sdk.training.data.channel_report import ChannelReport
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.data.split import split
from ic_tf_sdk.training.environment import Environment

__all__ = ["Plan", "make"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """A checked job.

    Attributes:
        suspects: Files that may be damaged; decoding tells, which needs TensorFlow.
    """

    environment: Environment
    hyperparameters: Hyperparameters
    training: ImageFolder
    validation: ImageFolder | None
    test: ImageFolder | None
    suspects: frozenset[Path] = frozenset()

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names by class index."""
        return self.training.labels

    def channels(self) -> dict[str, ImageFolder]:
        """The image channels that the job has, by name."""
        every = {"training": self.training, "validation": self.validation, "test": self.test}
        return {name: folder for name, folder in every.items() if folder is not None}


def make(environment: Environment) -> Plan:
    """Check a job and describe its channels.

    Raises:
        HyperparameterError: With every problem of the hyperparameters, also against the data.
        DatasetError: With what is wrong with a channel.
    """
    hyperparameters = schema.parse(environment.hyperparameters)
    everything = image_folder.describe(environment.training)
    _check_binary(hyperparameters, everything)
    suspects: set[Path] = set()
    everything = _usable(everything, hyperparameters, suspects)
    labels = everything.labels
    validation = test = None
    if environment.validation is not None:
        found = image_folder.describe(environment.validation, labels=labels)
        training, validation = everything, _usable(found, hyperparameters, suspects)
    else:
        training, validation = split(
            everything,
            ratio=hyperparameters.validation_split_ratio,
            seed=hyperparameters.random_seed,
        )
    _check_early_stopping(hyperparameters, validation)
    if environment.test is not None:
        found = image_folder.describe(environment.test, labels=labels)
        test = _usable(found, hyperparameters, suspects)
    plan = Plan(environment, hyperparameters, training, validation, test, frozenset(suspects))
    for sentence in duplicates.warnings(duplicates.duplicates(plan.channels())):
        logger.warning("Warning: %s", sentence)
    return plan


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
    folder: ImageFolder, hyperparameters: Hyperparameters, suspects: set[Path]
) -> ImageFolder:
    """A channel less what its headers refuse; ``suspects`` is added to."""
    headers = image_scan.scan(folder)
    bad = image_scan.unreadable(headers)
    if hyperparameters.on_bad_image == "error":
        image_scan.refuse(folder, bad)
    suspects |= image_scan.suspects(folder, headers)
    found = channel_report.report(folder, headers, bad)
    _log_report(folder, found)
    return without(folder, bad)


def _log_report(folder: ImageFolder, found: ChannelReport) -> None:
    counts = ", ".join(f"{label} {count}" for label, count in found.counts.items())
    logger.info("Images in %s: %s", folder.root, counts)
    if found.notes:
        notes = ", ".join(f"{count} {note}" for note, count in found.notes.items())
        logger.info("Among them: %s", notes)
    for sentence in found.warnings():
        logger.warning("Warning: %s", sentence)


def without(folder: ImageFolder, bad: dict[int, str]) -> ImageFolder:
    """A channel less its bad rows, each of which is logged."""
    for row, reason in sorted(bad.items()):
        logger.warning("Left out %s: %s", folder.root / folder.files[row], reason)
    return folder.subset([row for row in range(len(folder.files)) if row not in bad])
