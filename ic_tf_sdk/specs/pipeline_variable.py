"""Pipeline variables of the SageMaker SDK: values that are known when a pipeline runs, not now."""

from typing import TYPE_CHECKING, Any, Protocol

from ic_tf_sdk.errors import UserError

if TYPE_CHECKING:
    # Not when it runs: it brings `inspect`, a tenth of what a retrieve function takes.
    from typing_extensions import TypeIs

__all__ = ["PipelineVariable", "is_pipeline_variable", "refusal", "value_now", "values_now"]


class PipelineVariable(Protocol):
    """A ``PipelineVariable`` of either line of the SDK: a parameter, a step's property, a join."""

    @property
    def expr(self) -> Any:
        """What stands for it in a pipeline's definition."""
        ...

    def to_string(self) -> "PipelineVariable":
        """The variable as text when the pipeline runs."""
        ...


def is_pipeline_variable(value: object) -> "TypeIs[PipelineVariable]":
    """Whether it is a ``PipelineVariable`` of either line of the SDK, which need not be there.

    >>> is_pipeline_variable("ml.m5.xlarge")
    False
    """
    return any(kind.__name__ == "PipelineVariable" for kind in type(value).__mro__)


def value_now(name: str, value: Any) -> Any:
    """What a lookup goes by: the value itself, or of a pipeline's parameter its default value.

    >>> value_now("instance_type", "ml.m5.xlarge")
    'ml.m5.xlarge'

    Args:
        name: The argument's name, for the message.
        value: What was given for it.

    Raises:
        UserError: It is a pipeline variable without a default value.
    """
    if not is_pipeline_variable(value):
        return value
    default = getattr(value, "default_value", None)
    if default is None:
        raise UserError(
            f"{name} is looked up now, and a pipeline variable ({type(value).__name__}) without a "
            "default value is known only when the pipeline runs. Give a parameter with a "
            "default_value, or the value itself."
        )
    return default


def values_now(**arguments: Any) -> list[Any]:
    """As :func:`value_now`, for several arguments in their order.

    >>> values_now(framework=None, region="us-west-2")
    [None, 'us-west-2']
    """
    return [value_now(name, value) for name, value in arguments.items()]


def refusal(what: str, value: object) -> str:
    """The sentence about a pipeline variable where a value must be known now.

    Args:
        what: What it was given for, at the beginning of the sentence: ``"region"``.
        value: The variable.
    """
    return (
        f"{what} cannot be a pipeline variable ({type(value).__name__}), whose value is known only "
        "when the pipeline runs, and this one is needed now. Give the value itself."
    )
