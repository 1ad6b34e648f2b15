"""The recipe of a training: the hyperparameters that a model trained further keeps by default.

How long, on which split and from which seed a model was trained belongs to that run alone.
"""

from collections.abc import Mapping

__all__ = ["RECIPE", "differences", "of_run"]

RECIPE = (
    "train_only_on_top",
    "binary_mode",
    "optimizer",
    "learning_rate",
    "beta_1",
    "beta_2",
    "momentum",
    "epsilon",
    "rho",
    "initial_accumulator_value",
    "dropout_rate",
    "regularizers_l2",
    "label_smoothing",
    "augmentation",
    "augmentation_random_flip",
    "augmentation_random_rotation",
    "augmentation_random_zoom",
    "head_solver",
    "learning_rate_schedule",
    "warmup_ratio",
    "clip_norm",
    "ema_decay",
    "layer_decay",
    "head_first_epochs",
    "batch_norm_statistics",
)
"""What is trained, and how: the top or all, optimizer, regularisation, augmentation."""


def of_run(hyperparameters: Mapping[str, str]) -> dict[str, str]:
    """The recipe of a run.

    >>> of_run({"epochs": "5", "train_only_on_top": "True"})
    {'train_only_on_top': 'True'}

    Args:
        hyperparameters: Canonical name -> text of all that the run had; a name may be missing.
    """
    return {name: hyperparameters[name] for name in RECIPE if name in hyperparameters}


def differences(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """One phrase for each hyperparameter of the recipe that a run changes.

    >>> differences({"train_only_on_top": "True"}, {"train_only_on_top": "False"})
    ["train_only_on_top 'True' before, 'False' now"]

    Args:
        before: Canonical name -> text, of the earlier run.
        now: Likewise, of this one.
    """
    recipe, other = of_run(before), of_run(now)
    return [
        f"{name} {recipe[name]!r} before, {other[name]!r} now"
        for name in recipe
        if name in other and recipe[name] != other[name]
    ]
