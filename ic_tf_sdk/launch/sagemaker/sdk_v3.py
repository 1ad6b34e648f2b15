"""Jobs and endpoints through the SageMaker SDK v3.

::

    from ic_tf_sdk.launch import sample_dataset_uri, sdk_v3

    trainer = sdk_v3.model_trainer(model_id, role=role, hyperparameters={"epochs": 5})
    trainer.train(sdk_v3.inputs({"training": sample_dataset_uri()}))
"""

import secrets
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from ic_tf_sdk import extras
from ic_tf_sdk.launch.sagemaker import published_content, tuning
from ic_tf_sdk.launch.sagemaker.job import CHECKPOINTS, CONTAINER_CODE, ENTRY_POINT, SageMakerJob
from ic_tf_sdk.launch.sagemaker.serving_image import serving_image
from ic_tf_sdk.launch.sagemaker.training import training_job

__all__ = ["from_job", "inputs", "model_builder", "model_trainer", "tuner"]


def model_trainer(
    model_id: str,
    *,
    role: str,
    output_path: str | None = None,
    session: Any = None,
    publish: bool = False,
    **arguments: Any,
) -> Any:
    """SDK v3's ``ModelTrainer`` of a model, ready for ``train(inputs({"training": ...}))``.

    Args:
        model_id: For example ``"tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"``.
        role: ARN or name of the execution role.
        output_path: Default: ``output`` in the session's default bucket.
        session: A ``Session`` of ``sagemaker.core.helper.session_helper``; None makes one.
        publish: As of :func:`ic_tf_sdk.launch.estimator`.
        **arguments: As of :func:`ic_tf_sdk.launch.training_job`.

    Raises:
        MissingExtraError: The SageMaker SDK v3 is not installed.
        UserError: One of its subclasses in :mod:`ic_tf_sdk.errors`.
    """
    session, job = _job(model_id, role, output_path, session, publish=publish, arguments=arguments)
    return from_job(job, session)


def from_job(job: SageMakerJob, session: Any = None) -> Any:
    """SDK v3's ``ModelTrainer`` of a job.

    Args:
        job: What to train.
        session: A ``Session`` of ``sagemaker.core.helper.session_helper``; None makes one.
    """
    sdk = _sagemaker()
    code = sdk.configs.SourceCode(source_dir=job.source_uri, entry_script=ENTRY_POINT)
    return _trainer(job, session, source_code=code, hyperparameters=dict(job.hyperparameters))


def inputs(channels: Mapping[str, str]) -> list[Any]:
    """The channels of a job as ``ModelTrainer.train`` takes them.

    Args:
        channels: Channel name -> S3 URI: ``training``, and ``validation`` and ``test``.
    """
    make = _sagemaker().configs.InputData
    return [make(channel_name=name, data_source=uri) for name, uri in channels.items()]


def model_builder(
    model_data: str,
    model_id: str,
    *,
    role: str,
    instance_type: str,
    model_version: str = "*",
    region: str | None = None,
    session: Any = None,
    **arguments: Any,
) -> Any:
    """SDK v3's ``ModelBuilder`` of a job's ``model.tar.gz``, for ``build()`` and ``deploy()``.

    The archive holds its own handler, so nothing is repacked and the model runs isolated.

    Args:
        model_data: S3 URI of the ``model.tar.gz``.
        model_id: The model that was trained.
        role: ARN or name of the execution role.
        instance_type: What it will run on: it decides for the CPU or the GPU image.
        model_version: Exact, or ``"*"`` for the newest.
        region: AWS region; None takes the session's.
        session: A ``Session`` of ``sagemaker.core.helper.session_helper``; None makes one.
        **arguments: Further arguments of ``ModelBuilder``.
    """
    sdk = _sagemaker()
    session = session or sdk.Session()
    image = serving_image(
        model_id,
        model_version=model_version,
        region=region or session.boto_region_name,
        instance_type=instance_type,
    )
    made: Any = sdk.ModelBuilder(
        image_uri=image,
        model_path=model_data,
        role_arn=role,
        sagemaker_session=session,
        compute=sdk.configs.Compute(instance_type=instance_type, instance_count=1),
        network=sdk.configs.Networking(enable_network_isolation=True),
        **arguments,
    )
    return made


def tuner(
    model_id: str,
    *,
    role: str,
    ranges: Mapping[str, Any] | None = None,
    objective: str = tuning.OBJECTIVE,
    max_jobs: int = 20,
    max_parallel_jobs: int = 2,
    output_path: str | None = None,
    session: Any = None,
    publish: bool = False,
    **arguments: Any,
) -> Any:
    """SDK v3's ``HyperparameterTuner`` over the documented ranges, ready for ``tune({...})``.

    A tuning job has no entry point of its own: its jobs run the container's training toolkit, as
    those of SDK v2 do.

    Args:
        model_id: For example ``"tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"``.
        role: ARN or name of the execution role.
        ranges: Names -> ``tuning.Real``, ``tuning.Integer`` or ``tuning.Categorical``; default:
            the documented ones of batch size, learning rate and optimizer.
        objective: Name of one of the metrics, to maximise.
        max_jobs: Jobs in all.
        max_parallel_jobs: Jobs at a time.
        output_path: Default: ``output`` in the session's default bucket.
        session: A ``Session`` of ``sagemaker.core.helper.session_helper``; None makes one.
        publish: As of :func:`ic_tf_sdk.launch.estimator`.
        **arguments: As of :func:`ic_tf_sdk.launch.training_job`.

    Raises:
        HyperparameterError: A range is wider than what the hyperparameter allows.
        UserError: One of its subclasses in :mod:`ic_tf_sdk.errors`.
    """
    session, job = _job(model_id, role, output_path, session, publish=publish, arguments=arguments)
    sdk = _sagemaker()
    makers = {
        "integer": lambda r: sdk.tuning.IntegerParameter(r.low, r.high, scaling_type=r.scaling),
        "real": lambda r: sdk.tuning.ContinuousParameter(r.low, r.high, scaling_type=r.scaling),
        "categorical": lambda r: sdk.tuning.CategoricalParameter(list(r.values)),
    }
    checked = tuning.checked(ranges or tuning.DEFAULT)
    made: Any = _tuner_class(sdk, job)(
        _toolkit_trainer(job, session),
        objective_metric_name=objective,
        hyperparameter_ranges={n: makers[r.kind](r) for n, r in checked.items()},
        metric_definitions=[dict(item) for item in job.metric_definitions],
        objective_type="Maximize",
        max_jobs=max_jobs,
        max_parallel_jobs=max_parallel_jobs,
        base_tuning_job_name=tuning.base_name(job.base_job_name),
        tags=[{"Key": key, "Value": value} for key, value in job.tags.items()] or None,
    )
    return made


def _job(
    model_id: str,
    role: str,
    output_path: str | None,
    session: Any,
    *,
    publish: bool,
    arguments: dict[str, Any],
) -> tuple[Any, SageMakerJob]:
    session = session or _sagemaker().Session()
    arguments.setdefault("region", session.boto_region_name)
    output = output_path or f"s3://{session.default_bucket()}/output"
    if publish:
        arguments["bucket"] = published_content.target(arguments.get("bucket"), session)
    job = training_job(model_id, role=role, output_path=output, **arguments)
    published_content.ensure(job, publish=publish)
    return session, job


def _trainer(job: SageMakerJob, session: Any, **options: Any) -> Any:
    sdk = _sagemaker()
    channels = [_channel(sdk, "model", job.model_uri, content_type="application/x-sagemaker-model")]
    channels += options.pop("channels", [])
    made = sdk.ModelTrainer(
        training_image=job.image_uri,
        role=job.role,
        # The SDK adds the time, to the second, and cuts the name off at 63 characters.
        base_job_name=f"{job.base_job_name}-{secrets.token_hex(3)}",
        sagemaker_session=session,
        compute=_compute(sdk, job),
        networking=sdk.configs.Networking(
            enable_network_isolation=job.network_isolation,
            enable_inter_container_traffic_encryption=job.encrypt_inter_container_traffic,
            **({"subnets": list(job.subnets)} if job.subnets else {}),
            **({"security_group_ids": list(job.security_group_ids)} if job.subnets else {}),
        ),
        stopping_condition=_stopping_condition(sdk, job),
        output_data_config=sdk.configs.OutputDataConfig(
            s3_output_path=job.output_path, kms_key_id=job.kms_key
        ),
        checkpoint_config=_checkpoint_config(sdk, job),
        input_data_config=channels,
        tags=[sdk.configs.Tag(key=key, value=value) for key, value in job.tags.items()] or None,
        **options,
    )
    metric = sdk.configs.MetricDefinition
    metrics = [metric(name=m["Name"], regex=m["Regex"]) for m in job.metric_definitions]
    made.with_metric_definitions(metrics)
    return made


def _toolkit_trainer(job: SageMakerJob, session: Any) -> Any:
    """A trainer without v3's driver: the container's own ``train`` runs the script."""
    code = CONTAINER_CODE if job.network_isolation else job.source_uri
    toolkit = {
        "sagemaker_program": ENTRY_POINT,
        "sagemaker_submit_directory": code,
        "sagemaker_container_log_level": "20",
        "sagemaker_region": job.region,
    }
    channels = [_channel(_sagemaker(), "code", job.source_uri)] if job.network_isolation else []
    return _trainer(
        job, session, channels=channels, hyperparameters={**job.hyperparameters, **toolkit}
    )


def _compute(sdk: Any, job: SageMakerJob) -> Any:
    given = {
        "instance_type": job.instance_type,
        "instance_count": job.instance_count,
        "volume_size_in_gb": job.volume_size_gb,
        "volume_kms_key_id": job.kms_key,
        "enable_managed_spot_training": job.spot or None,
    }
    return sdk.configs.Compute(**{name: v for name, v in given.items() if v is not None})


def _stopping_condition(sdk: Any, job: SageMakerJob) -> Any:
    limits = {"max_runtime_in_seconds": job.max_run_seconds}
    if job.max_wait_seconds is not None:
        limits["max_wait_time_in_seconds"] = job.max_wait_seconds
    return sdk.configs.StoppingCondition(**limits)


def _checkpoint_config(sdk: Any, job: SageMakerJob) -> Any:
    if job.checkpoint_s3_uri is None:
        return None
    return sdk.configs.CheckpointConfig(s3_uri=job.checkpoint_s3_uri, local_path=CHECKPOINTS)


def _channel(sdk: Any, name: str, uri: str, **options: Any) -> Any:
    source = sdk.configs.S3DataSource(
        s3_data_type="S3Prefix", s3_uri=uri, s3_data_distribution_type="FullyReplicated"
    )
    data = sdk.configs.DataSource(s3_data_source=source)
    return sdk.configs.Channel(channel_name=name, data_source=data, input_mode="File", **options)


def _tuner_class(sdk: Any, job: SageMakerJob) -> Any:
    class Tuner(sdk.tuning.HyperparameterTuner):  # type: ignore[misc]
        """The SDK's tuner, which drops a trainer's isolation, encryption and volume key."""

        def _build_training_job_definition(self, inputs: Any) -> Any:
            definition = super()._build_training_job_definition(inputs)
            definition.enable_network_isolation = job.network_isolation
            encrypted = job.encrypt_inter_container_traffic
            definition.enable_inter_container_traffic_encryption = encrypted
            if job.kms_key:
                definition.resource_config.volume_kms_key_id = job.kms_key
            return definition

    return Tuner


def _sagemaker() -> Any:
    """The names of SDK v3 that are used here."""
    shapes, configs = (
        extras.load("sagemaker.core.shapes"),
        extras.load("sagemaker.core.training.configs"),
    )
    parameter = extras.load("sagemaker.core.parameter")
    names = (
        "Channel",
        "DataSource",
        "MetricDefinition",
        "S3DataSource",
        "StoppingCondition",
        "Tag",
    )
    own = ("CheckpointConfig", "Compute", "InputData", "Networking", "OutputDataConfig")
    shaped = {name: getattr(shapes, name) for name in names}
    configured = {name: getattr(configs, name) for name in (*own, "SourceCode")}
    return SimpleNamespace(
        Session=extras.load("sagemaker.core.helper.session_helper").Session,
        ModelBuilder=extras.load("sagemaker.serve").ModelBuilder,
        ModelTrainer=extras.load("sagemaker.train").ModelTrainer,
        configs=SimpleNamespace(**shaped, **configured),
        tuning=SimpleNamespace(
            CategoricalParameter=parameter.CategoricalParameter,
            ContinuousParameter=parameter.ContinuousParameter,
            HyperparameterTuner=extras.load("sagemaker.train.tuner").HyperparameterTuner,
            IntegerParameter=parameter.IntegerParameter,
        ),
    )
