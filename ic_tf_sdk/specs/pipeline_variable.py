"""Pipeline variables of the SageMaker SDK: values that are known when a pipeline runs, not now."""

__all__ = ["is_pipeline_variable", "refusal"]


def is_pipeline_variable(value: object) -> bool:
    """Whether it is a ``PipelineVariable`` of either line of the SDK, which need not be there.

    >>> is_pipeline_variable("ml.m5.xlarge")
    False
    """
    return any(kind.__name__ == "PipelineVariable" for kind in type(value).__mro__)


def refusal(what: str, value: object) -> str:
    """The sentence about a pipeline variable where a value is checked now.

    Args:
        what: What it was given for, at the beginning of the sentence: ``"instance_type"``.
        value: The variable.
    """
    return (
        f"{what} cannot be a pipeline variable ({type(value).__name__}), whose value is known only "
        "when the pipeline runs: everything is looked up and checked here before it costs. Give a "
        "value here, and set the variable on the estimator that comes back, for example with "
        "set_hyperparameters."
    )
