"""Which hyperparameters are worth tuning, and over what: AWS's documented ranges.

>>> from ic_tf_sdk.launch import tuning
>>> ranges = {"learning_rate": tuning.Real(0.0001, 0.1), "batch_size": tuning.Integer(8, 64)}
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from ic_tf_sdk._quoted import quoted
from ic_tf_sdk.errors import HyperparameterError
from ic_tf_sdk.specs import hyperparameter_spellings
from ic_tf_sdk.specs import hyperparameters as schema
from ic_tf_sdk.specs.pipeline_variable import PipelineVariable, is_pipeline_variable

__all__ = [
    "DEFAULT",
    "DOCUMENTED",
    "OBJECTIVE",
    "Categorical",
    "Integer",
    "Range",
    "Real",
    "Scaling",
    "Strategy",
    "base_name",
    "checked",
]

OBJECTIVE = "validation:accuracy"
"""The documented objective, to maximise."""

Scaling: TypeAlias = Literal["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"]
"""How the numbers of a range are spread."""

Strategy: TypeAlias = Literal["Bayesian", "Random", "Hyperband", "Grid"]
"""How a tuning job picks the next values."""


@dataclass(frozen=True)
class Integer:
    """Whole numbers from ``low`` to ``high``, both included; a bound may be a pipeline variable.

    Example:
        >>> Integer(8, 64)
        Integer(low=8, high=64, scaling='Auto')
    """

    low: int | PipelineVariable
    high: int | PipelineVariable
    scaling: Scaling = "Auto"


@dataclass(frozen=True)
class Real:
    """Numbers from ``low`` to ``high``; a bound may be a pipeline variable.

    Example:
        >>> Real(0.0001, 0.1, scaling="Logarithmic")
        Real(low=0.0001, high=0.1, scaling='Logarithmic')
    """

    low: float | PipelineVariable
    high: float | PipelineVariable
    scaling: Scaling = "Auto"


@dataclass(frozen=True)
class Categorical:
    """One of some values, of which each may be a pipeline variable.

    Example:
        >>> Categorical(("adam", "sgd"))
        Categorical(values=('adam', 'sgd'))
    """

    values: tuple[str | PipelineVariable, ...]


Range: TypeAlias = Integer | Real | Categorical
"""What one hyperparameter is tuned over."""

DOCUMENTED: Mapping[str, Range] = {
    "batch_size": Integer(8, 512),
    "beta_1": Real(1e-6, 0.999),
    "beta_2": Real(1e-6, 0.999),
    "epsilon": Real(1e-8, 1.0),
    "learning_rate": Real(1e-6, 0.5),
    "momentum": Real(0.0, 0.999),
    "optimizer": Categorical(("sgd", "adam", "rmsprop", "nesterov", "adagrad", "adadelta")),
    "regularizers_l2": Real(0.0, 0.999),
    "train_only_on_top": Categorical(("True", "False")),
}
"""AWS's page on tuning Image Classification - TensorFlow, every row of it."""

DEFAULT = {name: DOCUMENTED[name] for name in ("batch_size", "learning_rate", "optimizer")}
"""What a tuning job takes when nothing is said."""


def checked(ranges: Mapping[str, Range]) -> dict[str, Range]:
    """The ranges, if every value in them is one that the hyperparameter allows.

    Args:
        ranges: Hyperparameter -> what it is tuned over.

    Raises:
        HyperparameterError: With every problem at once.

    Example:
        >>> checked({"batch_size": Integer(8, 64)})
        {'batch_size': Integer(low=8, high=64, scaling='Auto')}
        >>> checked({"batch_size": Integer(64, 8)})
        Traceback (most recent call last):
        ...
        ic_tf_sdk.errors.HyperparameterError: The range of 'batch_size' is empty: 64 to 8.
    """
    problems = [text for name, span in ranges.items() for text in _problems(name, span)]
    problems += hyperparameter_spellings.conflicts(ranges, schema.canonical_name)
    if problems:
        raise HyperparameterError(problems)
    return dict(ranges)


def _problems(name: str, span: object) -> list[str]:
    if not isinstance(span, get_args(Range)):
        right = "tuning.Integer(low, high), tuning.Real(low, high) or tuning.Categorical((value,))"
        return [f"The range of {name!r} is {quoted(span)}; give {right}."]
    if isinstance(span, Categorical):
        return _refused(name, *span.values)
    problems = _refused(name, span.low, span.high)
    low, high = span.low, span.high
    left_open = is_pipeline_variable(low) or is_pipeline_variable(high)
    if not problems and not left_open and low >= high:
        problems.append(f"The range of {name!r} is empty: {low:g} to {high:g}.")
    if span.scaling not in get_args(Scaling):
        scalings = ", ".join(get_args(Scaling))
        problems.append(
            f"The scaling of {name!r} is {quoted(span.scaling)}; it is one of {scalings}."
        )
    return problems


def _refused(name: str, *values: object) -> list[str]:
    """What is wrong with values that a hyperparameter might take, each for itself."""
    texts = [text for value in values for text in schema.problems({name: value}, open_values=True)]
    # Whether binary_mode is on stands elsewhere.
    return [text for text in texts if "only with binary_mode" not in text]


def base_name(base: str) -> str:
    """How a tuning job is called before its time, which the SDK adds only to the minute.

    Args:
        base: Beginning of the training jobs' names.

    Returns:
        At most 19 characters, six of them random: a tuning job's name has room for no more.

    Example:
        >>> len(base_name("imagenet-mobilenet-v2"))
        19
    """
    return f"{base[:12].strip('-')}-{secrets.token_hex(3)}"
