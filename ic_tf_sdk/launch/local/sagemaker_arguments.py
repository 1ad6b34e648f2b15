"""Arguments of the SageMaker SDK's ``Estimator`` that mean nothing on this machine."""

from collections.abc import Collection, Mapping

from ic_tf_sdk.errors import UserError, did_you_mean, nearest
from ic_tf_sdk.launch import argument_names

__all__ = ["ON_DEPLOY_ONLY", "ON_SAGEMAKER_ONLY", "check"]

ON_SAGEMAKER_ONLY = frozenset((
    "role", "image_uri", "source_dir", "entry_point", "dependencies", "git_config", "code_location",
    "instance_count", "instance_type", "instance_groups", "keep_alive_period_in_seconds",
    "volume_size", "max_run", "max_wait", "max_retry_attempts", "use_spot_instances",
    "checkpoint_s3_uri", "checkpoint_local_path", "metric_definitions", "enable_sagemaker_metrics",
    "tags", "subnets", "security_group_ids", "volume_kms_key", "output_kms_key",
    "sagemaker_session", "enable_network_isolation", "encrypt_inter_container_traffic", "rules",
    "debugger_hook_config", "tensorboard_output_config", "profiler_config", "disable_profiler",
    "environment", "container_log_level", "container_entry_point", "container_arguments",
    "input_mode", "model_channel_name", "training_repository_access_mode",
    "training_repository_credentials_provider_arn", "disable_output_compression",
    "enable_infra_check", "enable_remote_debug", "enable_session_tag_chaining", "training_plan",
    "instance_placement_config",
))  # fmt: skip
"""Arguments of ``sagemaker.estimator.Estimator`` that a notebook may go on passing: they decide
about machines, roles and images, which a run on this machine has none of."""

ON_DEPLOY_ONLY = ON_SAGEMAKER_ONLY | frozenset((
    "serializer", "deserializer", "accelerator_type", "use_compiled_model", "wait", "model_name",
    "kms_key", "data_capture_config", "serverless_inference_config", "async_inference_config",
    "model_data_download_timeout", "container_startup_health_check_timeout",
    "inference_recommendation_id", "explainer_config", "predictor_cls", "vpc_config_override",
    "name", "env", "vpc_config", "model_kms_key", "image_config", "accept_eula",
    "endpoint_logging", "resources", "endpoint_type", "managed_instance_scaling",
    "inference_component_name", "routing_config", "model_reference_arn", "inference_ami_version",
    "update_endpoint", "additional_model_data_sources",
))  # fmt: skip
"""Likewise of ``Estimator.deploy``, and of the ``Model`` that it makes and deploys."""


def check(
    function: str,
    arguments: Mapping[str, object],
    ignored: frozenset[str],
    *,
    beside: Collection[str],
) -> None:
    """Let a notebook pass what has no effect here, and refuse what it misspells.

    Args:
        function: Name of the function, as it was called.
        arguments: Further arguments of the call, by name.
        ignored: Names that may be given, and have no effect.
        beside: Names that the function has besides; a misspelt name may mean one of them.

    Raises:
        UserError: With every name that is unknown, or an instance count other than 1.
    """
    known = sorted({*ignored, *beside})
    argument_names.refuse(
        [
            f"{function} has no argument {name!r}.{did_you_mean(nearest(name, known, 1))}"
            for name in arguments
            if name not in ignored
        ]
    )
    if arguments.get("instance_count", 1) != 1:
        raise UserError("There is one machine here: the instance count must be 1.")
