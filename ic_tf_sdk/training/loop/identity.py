"""What a job is, so that no checkpoint is taken for another job's."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from ic_tf_sdk.contract import file_sample, regular_file
from ic_tf_sdk.contract.model_info import ModelInfo
from ic_tf_sdk.specs.hyperparameters import Hyperparameters, as_text
from ic_tf_sdk.training.data.concurrent_reads import scan_each
from ic_tf_sdk.training.data.image_folder import ImageFolder

__all__ = ["identity"]

# A job may be taken up with more epochs, or another patience: neither changes what was done, unless
# the learning rate goes by the number of epochs.
_FREE = ("epochs", "early_stopping", "early_stopping_patience", "early_stopping_min_delta")


def identity(
    hyperparameters: Hyperparameters,
    training: ImageFolder,
    validation: ImageFolder | None,
    info: ModelInfo,
    samples: Mapping[Path, str] = MappingProxyType({}),
    beside: Path | None = None,
) -> dict[str, str]:
    """What must be the same for a training to go on exactly.

    Args:
        hyperparameters: The hyperparameters of the job.
        training: The training images, less those that the job leaves out.
        validation: The validation images, likewise; None where there are none.
        info: The description of the model that the job starts from.
        samples: File -> digest of ``file_sample``, as the scan found it; other files are opened.
        beside: The root of the images whose paths are absolute, as of ``split``: it may be another
            one where they are fetched once more.

    Returns:
        A name that a person understands -> a value or digest that changes with the thing.

    Raises:
        OSError: An image cannot be read any more.
    """
    free = _FREE[1:] if _goes_by_epochs(hyperparameters) else _FREE
    must_agree = {
        f"the hyperparameter {name}": as_text(value)
        for name, value in hyperparameters
        if name not in free
    }
    # As split: which images are trained on is what matters, whatever chose them.
    must_agree["the training images"] = _images(training, samples, beside)
    must_agree["the validation images"] = _images(validation, samples, beside)
    must_agree["the model"] = _digest([info.model_id, info.model_version, info.files])
    return must_agree


def _goes_by_epochs(hyperparameters: Hyperparameters) -> bool:
    """Whether the steps that were done would have been others with more epochs to come."""
    return hyperparameters.learning_rate_schedule != "constant" or hyperparameters.warmup_ratio > 0


def _images(folder: ImageFolder | None, samples: Mapping[Path, str], beside: Path | None) -> str:
    if folder is None:
        return "none"
    found = scan_each(lambda path: samples.get(Path(path)) or _sample(path), folder.paths())
    return _digest([folder.labels, folder.names(beside), folder.classes, found])


def _sample(path: str) -> str:
    with regular_file.opened(path) as stream:
        return file_sample.digest(stream)


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
