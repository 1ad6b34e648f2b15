"""What somebody meant who typed a hyperparameter that there is not."""

from collections.abc import Iterable

from ic_tf_sdk._quoted import text
from ic_tf_sdk.errors import did_you_mean, nearest

__all__ = ["hint"]

# Below it a name is like another by chance: framework_version is 0.52 like mixed_precision.
_LIKENESS = 0.6

# What Keras, PyTorch, fastai, AutoGluon, Ultralytics and Transformers call the same thing. They are
# not accepted: their values can have another scale.
_ELSEWHERE = {
    "lr": "learning_rate",
    "lr0": "learning_rate",
    "base_lr": "learning_rate",
    "n_epochs": "epochs",
    "num_epochs": "epochs",
    "max_epochs": "epochs",
    "num_train_epochs": "epochs",
    "bs": "batch_size",
    "mini_batch_size": "batch_size",
    "per_device_train_batch_size": "batch_size",
    "l2": "regularizers_l2",
    "wd": "regularizers_l2",
    "weight_decay": "regularizers_l2",
    "seed": "random_seed",
    "dropout": "dropout_rate",
    "freeze": "train_only_on_top",
    "freeze_backbone": "train_only_on_top",
    "validation_split": "validation_split_ratio",
    "val_split": "validation_split_ratio",
    "patience": "early_stopping_patience",
    "amp": "mixed_precision",
    "fp16": "mixed_precision",
}

_OF_THE_JOB = (
    "framework_version",
    "py_version",
    "instance_type",
    "instance_count",
    "volume_size",
    "max_run",
    "output_path",
    "role",
    "image_uri",
    "model_id",
    "model_version",
)


def hint(spelled: object, known: Iterable[str]) -> str:
    """A sentence with a leading blank: what was meant, or where all names are listed.

    >>> hint("lr", ["learning_rate"])
    " Did you mean 'learning_rate'?"

    Args:
        spelled: As it was typed.
        known: Every name that is accepted.
    """
    known = list(known)
    word = text(spelled).lower().replace("-", "_").lstrip("_")
    if word in _OF_THE_JOB:
        return " It is an argument of the job (Estimator, `ic-tf launch`), not a hyperparameter."
    meant = _ELSEWHERE.get(word)
    near = [meant] if meant in known else nearest(word, known, 1, likeness=_LIKENESS)
    return did_you_mean(near) or " `ic-tf hyperparameters MODEL_ID` lists them all."
