"""Ranges of a tuning job as either line of the SageMaker SDK takes them."""

from collections.abc import Iterable, Mapping
from typing import Any

from ic_tf_sdk.launch import tuning
from ic_tf_sdk.launch.tuning import Categorical, Integer, Range
from ic_tf_sdk.specs.hyperparameters import canonical_name

__all__ = ["sdk_ranges"]


def sdk_ranges(
    sdk: Any, ranges: Mapping[str, Range] | None, beside: Iterable[str] = ()
) -> dict[str, Any]:
    """The ranges as objects of the SDK.

    Args:
        sdk: Where ``IntegerParameter``, ``ContinuousParameter`` and ``CategoricalParameter`` are.
        ranges: Hyperparameter -> what it is tuned over; None takes the documented ones of batch
            size, learning rate and optimizer.
        beside: Hyperparameters of the jobs, as their script spells them. A range takes that name:
            under another both would be sent, and the script would have to guess.

    Raises:
        HyperparameterError: A range is wider than what the hyperparameter allows.
    """
    checked = tuning.checked(tuning.DEFAULT if ranges is None else ranges)
    names = {canonical_name(name): name for name in beside}
    return {
        names.get(canonical_name(name), name): _parameter(sdk, span)
        for name, span in checked.items()
    }


def _parameter(sdk: Any, span: Range) -> Any:
    if isinstance(span, Categorical):
        return sdk.CategoricalParameter(list(span.values))
    kind = sdk.IntegerParameter if isinstance(span, Integer) else sdk.ContinuousParameter
    return kind(span.low, span.high, scaling_type=span.scaling)
