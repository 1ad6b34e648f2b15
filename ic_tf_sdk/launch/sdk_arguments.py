"""Arguments of the SageMaker SDK, as far as the functions here must answer for them."""

__all__ = ["ON_DEPLOY_ONLY", "ON_SAGEMAKER_ONLY", "SDK_NAMES", "SDK_ONLY"]

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
    "training_input_mode": "input_mode",
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

ON_SAGEMAKER_ONLY = frozenset((
    "role", "image_uri", "source_dir", "entry_point", "dependencies", "git_config", "code_location",
    "instance_count", "instance_type", "instance_groups", "keep_alive_period_in_seconds",
    "volume_size", "max_run", "max_wait", "max_retry_attempts", "use_spot_instances",
    "checkpoint_s3_uri", "metric_definitions", "enable_sagemaker_metrics",
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
    "accelerator_type", "use_compiled_model", "wait", "model_name",
    "kms_key", "data_capture_config", "serverless_inference_config", "async_inference_config",
    "model_data_download_timeout", "container_startup_health_check_timeout",
    "inference_recommendation_id", "explainer_config", "predictor_cls", "vpc_config_override",
    "name", "env", "vpc_config", "model_kms_key", "image_config", "accept_eula",
    "endpoint_logging", "resources", "endpoint_type", "managed_instance_scaling",
    "inference_component_name", "routing_config", "model_reference_arn", "inference_ami_version",
    "update_endpoint", "additional_model_data_sources",
))  # fmt: skip
"""Likewise of ``Estimator.deploy``, and of the ``Model`` that it makes and deploys."""
