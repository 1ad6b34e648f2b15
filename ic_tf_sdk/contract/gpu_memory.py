"""How much of a GPU's memory a process on the user's own machine takes.

TensorFlow takes nearly all of it when it starts: 79 of 80 GB where a training needs 5 and an
endpoint one. In SageMaker's container the process is alone; on a desk it is not.
"""

from collections.abc import Mapping

__all__ = ["VARIABLE", "variables"]

VARIABLE = "TF_FORCE_GPU_ALLOW_GROWTH"


def variables(environment: Mapping[str, str]) -> dict[str, str]:
    """What to add to the environment before TensorFlow looks for GPUs: memory as it is needed.

    Nothing where the user has said how.

    Args:
        environment: The process's.

    Example:
        >>> variables({})
        {'TF_FORCE_GPU_ALLOW_GROWTH': 'true'}
    """
    return {} if VARIABLE in environment else {VARIABLE: "true"}
