"""A job as SDK v3's ``ModelTrainer``: with v3's own driver, or with the container's toolkit."""

import secrets
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ic_tf_sdk.launch import argument_names
from ic_tf_sdk.launch.open_values import Text
from ic_tf_sdk.launch.sagemaker import job_checks
from ic_tf_sdk.launch.sagemaker.job import CHECKPOINTS, CONTAINER_CODE, ENTRY_POINT, SageMakerJob
from ic_tf_sdk.launch.sagemaker.job_options import InputMode
from ic_tf_sdk.launch.sagemaker.sdk_v3_names import sdk_v3_names
from ic_tf_sdk.specs.pipeline_variable import is_pipeline_variable

if TYPE_CHECKING:
    from sagemaker.train import ModelTrainer

__all__ = ["driver_trainer", "refuse_open", "set_input_mode", "toolkit_trainer"]

# What SDK v3's own classes take as plain values alone.
_NEEDED_NOW = (
    *("role", "volume_size_gb", "max_run_seconds", "max_wait_seconds", "spot"),
    *("network_isolation", "encrypt_inter_container_traffic"),
)


def refuse_open(values: Mapping[str, object]) -> None:
    """Refuse pipeline variables where SDK v3 takes none.

    Args:
        values: Argument -> what was given for it.

    Raises:
        UserError: With every one of them.
    """
    argument_names.refuse(
        [
            f"{name} cannot be a pipeline variable ({type(value).__name__}): SDK v3 takes the "
            "value itself here. Give it, or use SDK v2's launch.estimator."
            for name, value in values.items()
            if is_pipeline_variable(value)
        ]
    )


def driver_trainer(job: SageMakerJob, session: Any) -> "ModelTrainer":
    """A trainer whose job is started by v3's driver, as every job of ``ModelTrainer`` is.

    Args:
        job: What to train.
        session: A ``Session`` of ``sagemaker.core.helper.session_helper``; None makes one.
    """
    code = sdk_v3_names().configs.SourceCode(source_dir=job.source_uri, entry_script=ENTRY_POINT)
    return _trainer(job, session, source_code=code, hyperparameters=_texts(job))


def toolkit_trainer(job: SageMakerJob, session: Any) -> "ModelTrainer":
    """A trainer without v3's driver: the container's own ``train`` runs the script.

    Args:
        job: What to train.
        session: A ``Session`` of ``sagemaker.core.helper.session_helper``; None makes one.
    """
    code = CONTAINER_CODE if job.network_isolation else job.source_uri
    toolkit = {
        "sagemaker_program": ENTRY_POINT,
        "sagemaker_submit_directory": code,
        "sagemaker_container_log_level": "20",
        "sagemaker_region": job.region,
    }
    channels = [_channel("code", job.source_uri)] if job.network_isolation else []
    values = {**_texts(job), **toolkit}
    return _trainer(job, session, channels=channels, hyperparameters=values)


def _trainer(
    job: SageMakerJob, session: Any, *, channels: Sequence[Any] = (), **code: Any
) -> "ModelTrainer":
    refuse_open({name: getattr(job, name) for name in _NEEDED_NOW})
    sdk = sdk_v3_names()
    model = _channel("model", job.model_uri, content_type="application/x-sagemaker-model")
    trainer = _trainer_class(sdk, job)(
        training_image=job.image_uri,
        role=job.role,
        # The SDK adds the time, to the second, and cuts the name off at 63 characters.
        base_job_name=f"{job.base_job_name}-{secrets.token_hex(3)}",
        sagemaker_session=session,
        compute=_compute(sdk, job),
        networking=_networking(sdk, job),
        stopping_condition=_stopping_condition(sdk, job),
        output_data_config=sdk.configs.OutputDataConfig(
            s3_output_path=job.output_path, kms_key_id=job.kms_key
        ),
        checkpoint_config=_checkpoint_config(sdk, job),
        input_data_config=[model, *channels],
        training_input_mode=job.input_mode,
        environment=dict(job.environment) or None,
        tags=[sdk.configs.Tag(key=key, value=value) for key, value in job.tags.items()] or None,
        **code,
    )
    metric = sdk.configs.MetricDefinition
    metrics = [metric(name=m["Name"], regex=m["Regex"]) for m in job.metric_definitions]
    trainer.with_metric_definitions(metrics)
    return trainer


def _trainer_class(sdk: Any, job: SageMakerJob) -> Any:
    if job.input_mode == "File":
        return sdk.ModelTrainer

    class FastFileTrainer(sdk.ModelTrainer):  # type: ignore[misc]
        """The SDK's trainer, which makes each channel one of the mode File."""

        def create_input_data_channel(self, *args: Any, **options: Any) -> Any:
            channel = super().create_input_data_channel(*args, **options)
            set_input_mode([channel], job.input_mode)
            return channel

    return FastFileTrainer


def set_input_mode(channels: Sequence[Any], mode: InputMode) -> None:
    """Set how a job gets its images; the model and the script come as files always.

    Args:
        channels: Of the SDK's class ``Channel``.
        mode: The job's.
    """
    for channel in channels:
        if channel.channel_name in job_checks.CHANNELS:
            channel.input_mode = mode


def _texts(job: SageMakerJob) -> dict[str, Text]:
    """The hyperparameters, a pipeline's numbers as texts among them: the API takes nothing else."""
    return {
        name: value.to_string() if is_pipeline_variable(value) else value
        for name, value in job.hyperparameters.items()
    }


def _networking(sdk: Any, job: SageMakerJob) -> Any:
    vpc = {"subnets": list(job.subnets), "security_group_ids": list(job.security_group_ids)}
    return sdk.configs.Networking(
        enable_network_isolation=job.network_isolation,
        enable_inter_container_traffic_encryption=job.encrypt_inter_container_traffic,
        **(vpc if job.subnets else {}),
    )


def _compute(sdk: Any, job: SageMakerJob) -> Any:
    fields = {
        "instance_type": job.instance_type,
        "instance_count": job.instance_count,
        "volume_size_in_gb": job.volume_size_gb,
        "volume_kms_key_id": job.kms_key,
        "keep_alive_period_in_seconds": job.keep_alive_period_in_seconds,
        "enable_managed_spot_training": job.spot or None,
    }
    return sdk.configs.Compute(**{name: v for name, v in fields.items() if v is not None})


def _stopping_condition(sdk: Any, job: SageMakerJob) -> Any:
    limits = {"max_runtime_in_seconds": job.max_run_seconds}
    if job.max_wait_seconds is not None:
        limits["max_wait_time_in_seconds"] = job.max_wait_seconds
    return sdk.configs.StoppingCondition(**limits)


def _checkpoint_config(sdk: Any, job: SageMakerJob) -> Any:
    if job.checkpoint_s3_uri is None:
        return None
    return sdk.configs.CheckpointConfig(s3_uri=job.checkpoint_s3_uri, local_path=CHECKPOINTS)


def _channel(name: str, uri: Text, content_type: str | None = None) -> Any:
    configs = sdk_v3_names().configs
    source = configs.S3DataSource(
        s3_data_type="S3Prefix", s3_uri=uri, s3_data_distribution_type="FullyReplicated"
    )
    data = configs.DataSource(s3_data_source=source)
    kind = {} if content_type is None else {"content_type": content_type}
    return configs.Channel(channel_name=name, data_source=data, input_mode="File", **kind)
