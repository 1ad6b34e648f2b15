"""Hyperparameters that are not the algorithm's: SageMaker adds them to a job for its own use."""

from collections.abc import Mapping
from typing import TypeVar

__all__ = ["is_sagemakers", "of_algorithm"]

_Value = TypeVar("_Value")


def is_sagemakers(name: str) -> bool:
    """Whether SageMaker, its SDK or its tuner sets this name.

    >>> is_sagemakers("sagemaker_program"), is_sagemakers("_tuning_objective_metric")
    (True, True)
    >>> is_sagemakers("epochs")
    False
    """
    # A tuner adds the second to every job, and so to what describes its best one.
    return name.startswith("sagemaker_") or name == "_tuning_objective_metric"


def of_algorithm(values: Mapping[str, _Value]) -> dict[str, _Value]:
    """The hyperparameters that the algorithm must know, those of SageMaker left aside.

    Args:
        values: Name -> value, in any spelling.
    """
    return {name: value for name, value in values.items() if not is_sagemakers(name)}
