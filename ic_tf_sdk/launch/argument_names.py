"""Names of arguments: one that a function does not have is answered with the one that was meant."""

from collections.abc import Iterable, Sequence

from ic_tf_sdk.errors import UserError, did_you_mean, nearest

__all__ = ["SDK_NAMES", "SDK_ONLY", "refuse", "unknown_name"]

SDK_NAMES = {
    "base_tuning_job_name": "base_job_name",
    "early_stopping_type": "early_stopping",
    "enable_managed_spot_training": "spot",
    "enable_network_isolation": "network_isolation",
    "enable_inter_container_traffic_encryption": "encrypt_inter_container_traffic",
    "env": "environment",
    "env_vars": "environment",
    "hyperparameter_ranges": "ranges",
    "initial_instance_count": "instance_count",
    "input_data_config": "channels",
    "inputs": "channels",
    "max_runtime_in_seconds": "max_run_seconds",
    "max_run": "max_run_seconds",
    "max_wait": "max_wait_seconds",
    "max_wait_time_in_seconds": "max_wait_seconds",
    "model_path": "model_data",
    "objective_metric_name": "objective",
    "output_kms_key": "kms_key",
    "role_arn": "role",
    "s3_output_path": "output_path",
    "sagemaker_session": "session",
    "train_instance_count": "instance_count",
    "train_instance_type": "instance_type",
    "train_max_run": "max_run_seconds",
    "train_max_wait": "max_wait_seconds",
    "train_use_spot_instances": "spot",
    "train_volume_kms_key": "kms_key",
    "train_volume_size": "volume_size_gb",
    "use_spot_instances": "spot",
    "volume_kms_key": "kms_key",
    "volume_size": "volume_size_gb",
    "volume_size_in_gb": "volume_size_gb",
}
"""Name of an argument in either line of the SageMaker SDK -> the name of the same thing here."""

_LOOKED_UP = "is looked up from the model"
_FIXED = "is decided by the script that the job runs"

SDK_ONLY = {
    "checkpoint_local_path": _FIXED,
    "compute": "is said by instance_type, instance_count and volume_size_gb",
    "debugger_hook_config": "is off in these jobs",
    "disable_profiler": "is set in these jobs",
    "entry_point": _FIXED,
    "image_uri": f"{_LOOKED_UP}, the region and the instance type",
    "input_mode": _FIXED,
    "metric_definitions": "comes with the job",
    "model_channel_name": _FIXED,
    "networking": "is said by subnets, security_group_ids and network_isolation",
    "objective_type": "is always Maximize; every metric here is better when it is larger",
    "predictor_cls": "is always the SDK's Predictor",
    "profiler_config": "is off in these jobs",
    "sagemaker_session": "is for the functions that work through the SageMaker SDK",
    "session": "is for the functions that work through the SageMaker SDK",
    "source_code": f"{_LOOKED_UP} and `bucket`",
    "source_dir": f"{_LOOKED_UP} and `bucket`",
    "stopping_condition": "is said by max_run_seconds and max_wait_seconds",
    "training_image": f"{_LOOKED_UP}, the region and the instance type",
    "vpc_config": "is said by subnets and security_group_ids",
}
"""Name of an argument of the SageMaker SDK that has no counterpart here -> why it needs none."""


def unknown_name(function: str, name: str, known: Iterable[str]) -> str:
    """The sentence about an argument that a function does not have.

    Args:
        function: Name of the function, as it was called.
        name: Name of the argument, as it was written.
        known: Names of the arguments that the function has.
    """
    names = list(known)
    if SDK_NAMES.get(name) in names:
        return f"{function} has no argument {name!r}; here it is called {SDK_NAMES[name]!r}."
    if name in SDK_ONLY:
        return f"{function} has no argument {name!r}: it {SDK_ONLY[name]}. Leave it out."
    hint = did_you_mean(nearest(name, names, 1)) or f" It has {', '.join(names)}."
    return f"{function} has no argument {name!r}.{hint}"


def refuse(problems: Sequence[str], error: type[UserError] = UserError) -> None:
    """Raise one error with every problem, each on a line of its own; nothing where there is none.

    Args:
        problems: One sentence each.
        error: The class to raise.
    """
    if len(problems) == 1:
        raise error(problems[0])
    if problems:
        lines = "".join(f"\n  - {problem}" for problem in problems)
        raise error(f"{len(problems)} arguments cannot be used:{lines}")
