"""What the hyperparameter ``preset`` stands for: values for whatever nobody has set.

The SageMaker SDK sends every default of a model beside what the user gave, so that a default given
on purpose cannot be told from one that was not given at all: both count as not set.
"""

from collections.abc import Mapping

from ic_tf_sdk.specs.hyperparameters import Hyperparameters

__all__ = ["changes"]


def changes(
    hyperparameters: Hyperparameters, defaults: Mapping[str, object] | None = None
) -> dict[str, object]:
    """What the preset sets, by name: typed values other than those that are there.

    >>> from ic_tf_sdk.specs.hyperparameters import parse
    >>> changes(parse({"preset": "best", "train_only_on_top": "True"}))
    {'head_solver': 'converged', 'label_smoothing': 0.0}
    >>> changes(parse({"epochs": 5}))
    {}

    Args:
        hyperparameters: Those of the job, ``preset`` among them.
        defaults: Canonical name -> default of the model; None takes the schema's.
    """
    default = Hyperparameters.model_validate(defaults or {})
    found: dict[str, object] = {}
    # What the first sets decides what the others are.
    for step in _STEPS[hyperparameters.preset]:
        given = hyperparameters.model_copy(update=found)
        found |= {
            name: value
            for name, value in step(given).items()
            if getattr(given, name) == getattr(default, name) != value
        }
    return found


def _top_alone(_: Hyperparameters) -> dict[str, object]:
    return {"train_only_on_top": True}


def _solved(given: Hyperparameters) -> dict[str, object]:
    """The solver, where the features of an image stay the same.

    Label smoothing changes the accuracy of what it finds by less than the spread, and makes every
    probability too small.
    """
    stay = given.train_only_on_top and not given.augmentation and given.feature_cache == "auto"
    return {"head_solver": "converged", "label_smoothing": 0.0} if stay else {}


def _whole(given: Hyperparameters) -> dict[str, object]:
    """A whole network: in inference mode, at a low rate that falls to nothing, two epochs more.

    The best of what was screened (docs/measurements/training.md), where the images are like those
    of the pretraining; whether they are, the first epoch tells.
    """
    if given.train_only_on_top:
        return {}
    schedule = {"learning_rate_schedule": "cosine", "warmup_ratio": 0.1}
    return {"epochs": 7, **schedule, "batch_norm_statistics": "auto"}


_STEPS = {"jumpstart": (), "quick": (_top_alone, _solved), "best": (_solved, _whole)}
