"""What the course of a training says about the next one: the last lines of its log."""

import math
from collections.abc import Sequence

import numpy as np

from ic_tf_sdk.contract.plain_text import visible
from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.results.evaluation import Evaluation

__all__ = ["hints"]

_FEW_IMAGES = 10
_MOST_NAMED = 5
# A loss that fell by less in its last epoch is as good as level.
_FALL = 0.01

# Of images that are answered as another class at least as surely as that class's own are on
# average: so many, and so great a share, are more than chance and hard images make.
_SUSPECTS = 5
_SUSPECT_SHARE = 0.04

Epochs = Sequence[dict[str, float]]


def hints(
    epochs: Epochs,
    hyperparameters: Hyperparameters,
    training: ImageFolder,
    validation: ImageFolder | None,
    evaluation: Evaluation | None = None,
) -> list[str]:
    """One sentence for each thing that would probably help, with the option that does it.

    Args:
        epochs: Metric name -> value of each epoch; validation names begin with ``val_``.
        hyperparameters: The hyperparameters of the job.
        training: The training images.
        validation: The validation images; None without any.
        evaluation: The answers on images that did not train the model; None without any.
    """
    images = 0 if validation is None else len(validation.files)
    found = (
        _still_falling(epochs, hyperparameters),
        _few_images(training.counts, training.labels, hyperparameters),
        _too_small(epochs, images),
        None if evaluation is None else _wrong_labels(evaluation),
    )
    return [sentence for sentence in found if sentence]


def _still_falling(epochs: Epochs, hyperparameters: Hyperparameters) -> str | None:
    if hyperparameters.solves_alone or len(epochs) < max(2, hyperparameters.epochs):
        return None
    name = "val_loss" if "val_loss" in epochs[-1] else "loss"
    *_, before, last = (epoch[name] for epoch in epochs)
    # nan is above nothing.
    if not last < before * (1.0 - _FALL):
        return None
    advice = f"more epochs than {hyperparameters.epochs} help"
    if hyperparameters.train_only_on_top and not hyperparameters.augmentation:
        advice += ", or head_solver 'converged', which goes to the end"
    what = "validation loss" if name == "val_loss" else "loss"
    return f"the {what} was still falling in the last epoch, {before:.3g} to {last:.3g}: {advice}."


def _few_images(
    counts: Sequence[int], labels: Sequence[str], hyperparameters: Hyperparameters
) -> str | None:
    few = sorted((n, label) for n, label in zip(counts, labels, strict=True) if n < _FEW_IMAGES)
    if not few:
        return None
    named = ", ".join(f"{visible(label)} ({count})" for count, label in few[:_MOST_NAMED])
    rest = f" and {len(few) - _MOST_NAMED} more" if len(few) > _MOST_NAMED else ""
    options = []
    if hyperparameters.class_weight == "none" and min(counts) < max(counts):
        options.append("class_weight 'balanced' makes up for their number")
    if not hyperparameters.augmentation:
        options.append("augmentation 'True' varies them")
    advice = "; ".join(["More images help most", *options])
    return f"fewer than ten training images of a class: {named}{rest}. {advice}."


def _too_small(epochs: Epochs, images: int) -> str | None:
    """Whether the two best epochs are nearer to each other than chance is to either."""
    values = [epoch.get("val_accuracy", math.nan) for epoch in epochs]
    order = sorted(
        (place for place, value in enumerate(values) if math.isfinite(value)),
        key=lambda place: -values[place],
    )
    if images == 0 or len(order) < 2:
        return None
    best, second = order[:2]
    error = math.sqrt(values[best] * (1.0 - values[best]) / images)
    ahead = values[best] - values[second]
    if ahead >= error:
        return None
    return (
        f"{images} validation images cannot tell epochs {best + 1} and {second + 1} apart: their "
        f"accuracies differ by {ahead:.3f}, and the standard error is {error:.3f}. A larger "
        "validation channel, or a greater validation_split_ratio, can."
    )


def _wrong_labels(evaluation: Evaluation) -> str | None:
    """Whether many images are answered as another class, as surely as that class's own images."""
    given, answers = np.asarray(evaluation.folder.classes), evaluation.predicted()
    own = evaluation.probabilities[np.arange(len(given)), given]
    usual = [
        own[given == index].mean() if (given == index).any() else 1.0
        for index in range(len(evaluation.folder.labels))
    ]
    sure = evaluation.probabilities.max(axis=1) >= np.asarray(usual)[answers]
    suspects = int(((answers != given) & sure).sum())
    if suspects < max(_SUSPECTS, _SUSPECT_SHARE * len(given)):
        return None
    return (
        f"{suspects} of {len(given)} {evaluation.channel} images are answered as another class as "
        "surely as that class's own are: many labels may be wrong. `ic-tf check-data DIR --labels` "
        "shows which."
    )
