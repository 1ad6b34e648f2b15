"""Which hyperparameters are worth tuning, and over what: AWS's documented ranges."""

import secrets
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from ic_tf_sdk.errors import HyperparameterError
from ic_tf_sdk.specs import hyperparameters as schema

__all__ = [
    "DEFAULT",
    "DOCUMENTED",
    "OBJECTIVE",
    "Categorical",
    "Integer",
    "Real",
    "base_name",
    "checked",
]

OBJECTIVE = "validation:accuracy"
"""The documented objective, to maximise."""


class _Range(BaseModel):
    model_config = ConfigDict(frozen=True)


class Integer(_Range):
    """Whole numbers from ``low`` to ``high``, both included."""

    kind: Literal["integer"] = "integer"
    low: int
    high: int
    scaling: Literal["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"] = "Auto"


class Real(_Range):
    """Numbers from ``low`` to ``high``."""

    kind: Literal["real"] = "real"
    low: float
    high: float
    scaling: Literal["Auto", "Linear", "Logarithmic", "ReverseLogarithmic"] = "Auto"


class Categorical(_Range):
    """One of some values."""

    kind: Literal["categorical"] = "categorical"
    values: tuple[str, ...]


DOCUMENTED: Mapping[str, Integer | Real | Categorical] = {
    "batch_size": Integer(low=8, high=512),
    "beta_1": Real(low=1e-6, high=0.999),
    "beta_2": Real(low=1e-6, high=0.999),
    "epsilon": Real(low=1e-8, high=1.0),
    "learning_rate": Real(low=1e-6, high=0.5),
    "momentum": Real(low=0.0, high=0.999),
    "optimizer": Categorical(values=("sgd", "adam", "rmsprop", "nesterov", "adagrad", "adadelta")),
    "regularizers_l2": Real(low=0.0, high=0.999),
    "train_only_on_top": Categorical(values=("True", "False")),
}
"""AWS's page on tuning Image Classification - TensorFlow, every row of it."""

DEFAULT = {name: DOCUMENTED[name] for name in ("batch_size", "learning_rate", "optimizer")}
"""What a tuning job takes when nothing is said."""


def checked(ranges: Mapping[str, Any]) -> dict[str, Any]:
    """The ranges, if every value in them is one that the hyperparameter allows.

    Raises:
        HyperparameterError: With every problem at once.
    """
    found = []
    for name, given in ranges.items():
        ends = given.values if isinstance(given, Categorical) else (given.low, given.high)
        for value in ends:
            found += [p for p in schema.problems({name: value}) if "only with binary_mode" not in p]
        if not isinstance(given, Categorical) and given.low >= given.high:
            found.append(f"The range of {name!r} is empty: {given.low:g} to {given.high:g}.")
    if found:
        raise HyperparameterError(found)
    return dict(ranges)


def base_name(base: str) -> str:
    """How a tuning job is called before its time, which the SDK adds only to the minute.

    Args:
        base: Of the training jobs.

    Returns:
        At most 19 characters, six of them random: a tuning job's name has room for no more.
    """
    return f"{base[:12].strip('-')}-{secrets.token_hex(3)}"
