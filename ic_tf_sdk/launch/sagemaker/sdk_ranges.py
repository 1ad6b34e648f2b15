"""Ranges of a tuning job as either line of the SageMaker SDK takes them."""

from collections.abc import Mapping
from typing import Any

from ic_tf_sdk.launch.sagemaker import tuning
from ic_tf_sdk.launch.sagemaker.tuning import Categorical, Integer, Range

__all__ = ["sdk_ranges"]


def sdk_ranges(sdk: Any, ranges: Mapping[str, Range] | None) -> dict[str, Any]:
    """The ranges as objects of the SDK.

    Args:
        sdk: Where ``IntegerParameter``, ``ContinuousParameter`` and ``CategoricalParameter`` are.
        ranges: Hyperparameter -> what it is tuned over; None takes the documented ones of batch
            size, learning rate and optimizer.

    Raises:
        HyperparameterError: A range is wider than what the hyperparameter allows.
    """
    checked = tuning.checked(tuning.DEFAULT if ranges is None else ranges)
    return {name: _parameter(sdk, span) for name, span in checked.items()}


def _parameter(sdk: Any, span: Range) -> Any:
    if isinstance(span, Categorical):
        return sdk.CategoricalParameter(list(span.values))
    kind = sdk.IntegerParameter if isinstance(span, Integer) else sdk.ContinuousParameter
    return kind(span.low, span.high, scaling_type=span.scaling)
