"""What a job is, so that no checkpoint is taken for another job's."""

import hashlib
import json
import os

from ic_tf_sdk.contract import regular_file
from ic_tf_sdk.contract.model_info import ModelInfo
from ic_tf_sdk.specs.hyperparameters import Hyperparameters, as_text
from ic_tf_sdk.training.data.concurrent_reads import read_each
from ic_tf_sdk.training.data.image_folder import ImageFolder

__all__ = ["identity"]

# A job may be taken up with more epochs, or another patience: neither changes what was done.
_FREE = ("epochs", "early_stopping", "early_stopping_patience", "early_stopping_min_delta")
_SAMPLE = 16 * 1024


def identity(
    hyperparameters: Hyperparameters,
    training: ImageFolder,
    validation: ImageFolder | None,
    info: ModelInfo,
) -> dict[str, str]:
    """What must be the same for a training to go on exactly.

    Args:
        hyperparameters: The hyperparameters of the job.
        training: The training images, less those that the job leaves out.
        validation: The validation images, likewise; None where there are none.
        info: The description of the model that the job starts from.

    Returns:
        A name that a person understands -> a value or digest that changes with the thing.

    Raises:
        OSError: An image cannot be read any more.
    """
    must_agree = {
        f"the hyperparameter {name}": as_text(value)
        for name, value in hyperparameters
        if name not in _FREE
    }
    # As split: which images are trained on is what matters, whatever chose them.
    must_agree["the training images"] = _images(training)
    must_agree["the validation images"] = _images(validation)
    must_agree["the model"] = _digest([info.model_id, info.model_version, info.files])
    return must_agree


def _images(folder: ImageFolder | None) -> str:
    if folder is None:
        return "none"
    samples = read_each(_sample, folder.paths())
    return _digest([folder.labels, folder.files, folder.classes, samples])


def _sample(path: str) -> str:
    """A digest of a file's size and of its begin, middle and end, which is all of a small one.

    Not the time of its last change: SageMaker downloads the channels anew before it starts a job
    again. Not all of its bytes: a large channel would be read a second time. Two encoded pictures
    of one size differ nearly everywhere behind their headers.
    """
    with regular_file.opened(path) as stream:
        size = os.fstat(stream.fileno()).st_size
        digest = hashlib.sha256(str(size).encode())
        for start in (0, (size - _SAMPLE) // 2, size - _SAMPLE):
            stream.seek(max(start, 0))
            digest.update(stream.read(_SAMPLE))
    return digest.hexdigest()


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
