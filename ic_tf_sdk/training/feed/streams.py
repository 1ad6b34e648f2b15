"""How many batches pass a frozen backbone at a time, and the threads of an operation with it."""

from collections.abc import Mapping

from ic_tf_sdk.contract.usable_cores import usable_cores
from ic_tf_sdk.specs.hyperparameters import Hyperparameters

__all__ = ["STREAMS", "fill_the_cores", "variables"]

STREAMS = 3
"""Batches that pass a frozen backbone at a time. Between two layers, and at the end of each, one
batch leaves a core idle, which another's layer takes: on two cores 0.9 of the time of one after
another."""

_VARIABLE = "TF_NUM_INTRAOP_THREADS"


def fill_the_cores() -> bool:
    """Whether there are fewer cores than batches under way."""
    return usable_cores() < STREAMS


def variables(hyperparameters: Hyperparameters, environment: Mapping[str, str]) -> dict[str, str]:
    """What to add to the environment of a job, before TensorFlow looks for its devices.

    Where there are fewer cores than batches under way, each operation has one thread: to part it,
    and to wait for its parts, takes a twentieth of the time of the pass, and no core is idle.

    Args:
        hyperparameters: The job's.
        environment: The process's; what the user has chosen stays.
    """
    filled = fill_the_cores() and hyperparameters.caches_features
    return {_VARIABLE: "1"} if filled and _VARIABLE not in environment else {}
