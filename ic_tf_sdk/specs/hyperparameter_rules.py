"""Rules that join two hyperparameters, of the raw values, so that they join the other problems."""

from collections.abc import Mapping

from ic_tf_sdk._quoted import text
from ic_tf_sdk.specs.pipeline_variable import is_pipeline_variable

__all__ = ["broken"]

# What lets the features of an image change from epoch to epoch, so that none can be solved for.
_CHANGES_FEATURES = {"augmentation": "True", "feature_cache": "off"}


def broken(named: Mapping[str, object]) -> list[str]:
    """One sentence for each rule that values break.

    >>> top = {"head_solver": "converged", "train_only_on_top": "True"}
    >>> broken({**top, "augmentation": "True"})
    ["With train_only_on_top, 'head_solver' can be 'converged' only with augmentation 'False'."]

    Args:
        named: Canonical name -> value as it was given; what is not named breaks no rule, but for
            ``binary_mode``, which no model has by default.
    """
    return _metric(named) + _solver(named)


def _metric(named: Mapping[str, object]) -> list[str]:
    metric = text(named.get("eval_metric", "accuracy"))
    given = named.get("binary_mode", "False")
    binary = is_pipeline_variable(given) or text(given) == "True"
    if metric in ("precision", "recall", "auc", "prc") and not binary:
        return [
            (
                f"Hyperparameter 'eval_metric' can be {metric!r} only with binary_mode 'True'; "
                "use 'accuracy', or set binary_mode."
            )
        ]
    return []


def _solver(named: Mapping[str, object]) -> list[str]:
    solver = named.get("head_solver")
    if is_pipeline_variable(solver) or text(solver) != "converged":
        return []
    # A default of the model, which this preset changes.
    top = _text(named, "train_only_on_top") == "True" or _text(named, "preset") == "quick"
    if not top:
        # It is solved before the first epoch, which is then an ordinary one.
        return []
    needed = {"augmentation": "False", "feature_cache": "auto"}
    return [
        f"With train_only_on_top, 'head_solver' can be 'converged' only with {name} "
        f"{needed[name]!r}."
        for name, value in _CHANGES_FEATURES.items()
        if _text(named, name) == value
    ]


def _text(named: Mapping[str, object], name: str) -> str:
    value = named.get(name, "")
    return "" if is_pipeline_variable(value) else text(value)
