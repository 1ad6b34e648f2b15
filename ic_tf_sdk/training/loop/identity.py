"""What a job is, so that no checkpoint is taken for another job's."""

import hashlib
import json

from ic_tf_sdk.contract.model_info import ModelInfo
from ic_tf_sdk.specs.hyperparameters import as_text
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.plan import Plan

__all__ = ["identity"]

# A job may be taken up with more epochs, or another patience: neither changes what was done.
_FREE = ("epochs", "early_stopping", "early_stopping_patience", "early_stopping_min_delta")


def identity(plan: Plan, info: ModelInfo) -> dict[str, str]:
    """What must be the same for a training to go on exactly.

    Args:
        plan: The job, less the images that it leaves out.
        info: Of the model it starts from.

    Returns:
        A name a person understands -> a value or digest that changes with the thing.
    """
    found = {
        f"the hyperparameter {name}": as_text(value)
        for name, value in plan.hyperparameters
        if name not in _FREE
    }
    found["the training images"] = _images(plan.training)
    found["the validation images"] = _images(plan.validation)
    found["the model"] = _digest([info.model_id, info.model_version, info.files])
    return found


def _images(folder: ImageFolder | None) -> str:
    if folder is None:
        return "none"
    # Names and sizes, not contents: reading a large channel twice would cost more than it tells.
    sizes = [(folder.root / file).stat().st_size for file in folder.files]
    return _digest([folder.labels, folder.files, folder.classes, sizes])


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
