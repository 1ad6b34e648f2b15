"""The ranges of a tuning job as Optuna's engine asks for values of them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from ic_tf_sdk.errors import HyperparameterError
from ic_tf_sdk.launch.tuning import Categorical, Integer, Range, Real
from ic_tf_sdk.specs import hyperparameters as schema

if TYPE_CHECKING:
    import optuna

__all__ = ["check", "starting", "suggested"]

# From here on a range is spread by its orders of magnitude, where nothing is said.
_WIDE = 100.0
_REVERSED = "1 - {}"


def check(ranges: Mapping[str, Range]) -> None:
    """Refuse what no value could be drawn from.

    Args:
        ranges: Hyperparameter -> what it is tuned over, each within what it allows.

    Raises:
        HyperparameterError: With every problem at once.
    """
    problems = []
    for name, span in ranges.items():
        if isinstance(span, Categorical):
            continue
        low, high = _bounds(span)
        if span.scaling == "Logarithmic" and low <= 0:
            problems.append(f"The range of {name!r} begins at {low:g}; logarithms begin above 0.")
        if span.scaling == "ReverseLogarithmic" and not (low >= 0 and high < 1):
            problems.append(f"The range of {name!r} is not from 0 to below 1, as its scaling asks.")
    if problems:
        raise HyperparameterError(problems)


def suggested(trial: "optuna.trial.Trial", ranges: Mapping[str, Range]) -> dict[str, str]:
    """Values for one trial, as they are sent.

    Args:
        trial: Optuna's.
        ranges: Hyperparameter -> what it is tuned over.
    """
    return {name: str(_value(trial, name, span)) for name, span in ranges.items()}


def _value(trial: "optuna.trial.Trial", name: str, span: Range) -> object:
    if isinstance(span, Categorical):
        return trial.suggest_categorical(name, [str(value) for value in span.values])
    if isinstance(span, Integer):
        least, most = map(int, _bounds(span))
        return trial.suggest_int(name, least, most, log=_is_log(span))
    low, high = _bounds(span)
    if span.scaling == "ReverseLogarithmic":
        return 1 - trial.suggest_float(_REVERSED.format(name), 1 - high, 1 - low, log=True)
    return trial.suggest_float(name, low, high, log=_is_log(span))


def starting(ranges: Mapping[str, Range], values: Mapping[str, str]) -> dict[str, object]:
    """What a first trial with the values of no tuning would have been asked; partly, or nothing.

    Args:
        ranges: Hyperparameter -> what it is tuned over.
        values: All hyperparameters as they are sent.
    """
    found: dict[str, object] = {}
    for name, span in ranges.items():
        value = values.get(name, schema.default_text(name))
        if isinstance(span, Categorical):
            if value in map(str, span.values):
                found[name] = value
            continue
        low, high = _bounds(span)
        if not low <= float(value) <= high:
            continue
        if span.scaling == "ReverseLogarithmic":
            found[_REVERSED.format(name)] = 1 - float(value)
        else:
            found[name] = int(value) if isinstance(span, Integer) else float(value)
    return found


def _bounds(span: Integer | Real) -> tuple[float, float]:
    # A pipeline variable has no value here; ``tuning.checked`` was told to refuse it.
    return float(cast("float", span.low)), float(cast("float", span.high))


def _is_log(span: Integer | Real) -> bool:
    low, high = _bounds(span)
    if span.scaling == "Auto":
        return low > 0 and high / low >= _WIDE
    return span.scaling == "Logarithmic"
