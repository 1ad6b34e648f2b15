"""Sessions of the SageMaker SDK, of either line, and those that build a pipeline's steps."""

from typing import Any

from ic_tf_sdk import extras
from ic_tf_sdk.launch.job_names import job_name
from ic_tf_sdk.launch.open_values import Text
from ic_tf_sdk.specs.pipeline_variable import is_pipeline_variable

__all__ = ["builds_pipeline", "checkpoints_of_each_execution", "sdk_module"]


def builds_pipeline(session: object) -> bool:
    """Whether it is a ``PipelineSession``: nothing is started, arguments of steps come back."""
    return any(kind.__name__ == "PipelineSession" for kind in type(session).__mro__)


def sdk_module(session: object, name: str) -> Any:
    """A module of the SDK's line that a session is of.

    Args:
        session: A session of either line.
        name: The module's name below ``sagemaker`` in v2, below ``sagemaker.core`` in v3.
    """
    v3 = any(kind.__module__.startswith("sagemaker.core") for kind in type(session).__mro__)
    return extras.load(f"sagemaker.core.{name}" if v3 else f"sagemaker.{name}")


def checkpoints_of_each_execution(session: object, output_path: Text, base: str) -> Text:
    """Where each execution of a pipeline keeps checkpoints: a job resumes from any that it finds.

    Args:
        session: A pipeline session of either line.
        output_path: S3 URI of the results, or a pipeline variable for it.
        base: Beginning of the job's name.

    Returns:
        The SDK's ``Join``, with the execution's id at its end.
    """
    join = sdk_module(session, "workflow.functions").Join
    variables = sdk_module(session, "workflow.execution_variables").ExecutionVariables
    output = output_path if is_pipeline_variable(output_path) else output_path.rstrip("/")
    parts = [output, "checkpoints", job_name(base), variables.PIPELINE_EXECUTION_ID]
    joined: Text = join(on="/", values=parts)
    return joined
