"""Jobs and endpoints through the SageMaker SDK v3.

::

    from ic_tf_sdk.launch import sample_dataset_uri, sdk_v3

    trainer = sdk_v3.model_trainer(model_id, role=role, hyperparameters={"epochs": 5})
    trainer.train(sdk_v3.inputs({"training": sample_dataset_uri()}))
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from typing_extensions import Unpack

from ic_tf_sdk.launch import tuning
from ic_tf_sdk.launch.keywords import explicit
from ic_tf_sdk.launch.open_values import Count, Flag, Text
from ic_tf_sdk.launch.sagemaker import job_checks, sdk_v3_trainer
from ic_tf_sdk.launch.sagemaker.image_predictor import builder_class
from ic_tf_sdk.launch.sagemaker.job import SageMakerJob
from ic_tf_sdk.launch.sagemaker.job_options import DEFAULTS, JobOptions
from ic_tf_sdk.launch.sagemaker.sdk_ranges import sdk_ranges
from ic_tf_sdk.launch.sagemaker.sdk_v3_names import sdk_v3_names
from ic_tf_sdk.launch.sagemaker.serving_image import serving_image
from ic_tf_sdk.launch.sagemaker.session_job import session_job
from ic_tf_sdk.launch.tag_list import as_list
from ic_tf_sdk.launch.tuning import Range, Strategy
from ic_tf_sdk.specs.pipeline_variable import is_pipeline_variable

if TYPE_CHECKING:
    from sagemaker.core.helper.session_helper import Session
    from sagemaker.core.training.configs import InputData
    from sagemaker.serve import ModelBuilder
    from sagemaker.train import ModelTrainer
    from sagemaker.train.tuner import HyperparameterTuner

__all__ = ["from_job", "inputs", "model_builder", "model_trainer", "tuner"]


@explicit(JobOptions, DEFAULTS)
def model_trainer(
    model_id: str,
    *,
    role: Text,
    output_path: Text | None = None,
    session: "Session | None" = None,
    publish: bool = False,
    **options: Unpack[JobOptions],
) -> "ModelTrainer":
    """SDK v3's ``ModelTrainer`` of a model, ready for ``train(inputs({"training": ...}))``.

    Args:
        model_id: For example ``"tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"``.
        role: ARN or name of the execution role.
        output_path: S3 URI of the results; None takes ``output`` in the session's default bucket.
        session: A ``Session`` of ``sagemaker.core.helper.session_helper``; None makes one.
        publish: Whether to publish what is missing, as of ``launch.estimator``.
        **options: As of ``launch.JobOptions``.

    Raises:
        MissingExtraError: The SageMaker SDK v3 is not installed.
        UserError: One of its subclasses in :mod:`ic_tf_sdk.errors`; every wrong name and every
            wrong value at once.
        StorageError: S3 refuses what is published.

    Example:
        >>> trainer = model_trainer(
        ...     model_id, role=role, session=session, hyperparameters={"epochs": 5}
        ... )
        >>> trainer.hyperparameters["epochs"]
        '5'
    """
    session = session or sdk_v3_names().Session()
    job = session_job(
        model_id, session, role=role, output_path=output_path, publish=publish, options=options
    )
    return from_job(job, session)


@explicit()
def from_job(job: SageMakerJob, session: "Session | None" = None) -> "ModelTrainer":
    """SDK v3's ``ModelTrainer`` of a job.

    Args:
        job: What to train.
        session: A ``Session`` of ``sagemaker.core.helper.session_helper``; None makes one.

    Raises:
        MissingExtraError: The SageMaker SDK v3 is not installed.

    Example:
        >>> from_job(job, session).training_image == job.image_uri
        True
    """
    return sdk_v3_trainer.driver_trainer(job, session)


@explicit()
def inputs(channels: Mapping[str, Text]) -> "list[InputData]":
    """The channels of a job as ``ModelTrainer.train`` takes them.

    Args:
        channels: Channel name -> S3 URI: ``training``, and ``validation`` and ``test``.

    Raises:
        MissingExtraError: The SageMaker SDK v3 is not installed.

    Example:
        >>> [item] = inputs({"training": "s3://my-bucket/flowers/"})
        >>> item.channel_name
        'training'
    """
    make = sdk_v3_names().configs.InputData
    return [make(channel_name=name, data_source=uri) for name, uri in channels.items()]


@explicit()
def model_builder(
    model_data: Text,
    model_id: str,
    *,
    role: Text,
    instance_type: Text,
    model_version: str = "*",
    region: str | None = None,
    session: "Session | None" = None,
    environment: Mapping[str, Text] | None = None,
    subnets: Sequence[Text] = (),
    security_group_ids: Sequence[Text] = (),
    network_isolation: Flag = True,
) -> "ModelBuilder":
    """SDK v3's ``ModelBuilder`` of a job's ``model.tar.gz``, for ``build()`` and ``deploy()``.

    Args and errors are those of ``launch.model``, with a session of SDK v3; the name is given to
    ``build``. The endpoint's ``invoke`` takes an image's bytes; its ``body`` is the answer's.

    Example:
        >>> data = "s3://my-bucket/output/job/output/model.tar.gz"
        >>> builder = model_builder(
        ...     data, model_id, role=role, instance_type="ml.m5.large", session=session
        ... )
        >>> builder.image_uri.rpartition("/")[2]
        'tensorflow-inference:2.20-cpu-py312'
    """
    sdk_v3_trainer.refuse_open({"role": role, "network_isolation": network_isolation})
    job_checks.refuse(job_checks.of_vpc(subnets, security_group_ids))
    sdk = sdk_v3_names()
    session = session or sdk.Session()
    image = serving_image(
        model_id, model_version, region or session.boto_region_name, instance_type
    )
    vpc = {"subnets": list(subnets), "security_group_ids": list(security_group_ids)}
    return builder_class(sdk)(
        image_uri=image,
        **_of_archive(model_data),
        role_arn=role,
        sagemaker_session=session,
        env_vars=dict(environment or {}),
        compute=sdk.configs.Compute(instance_type=instance_type, instance_count=1),
        network=sdk.configs.Networking(
            enable_network_isolation=network_isolation, **(vpc if subnets else {})
        ),
    )


def _of_archive(model_data: Text) -> dict[str, Text]:
    # The SDK asks a path how it begins; what a pipeline's step leaves it takes by another name.
    name = "s3_model_data_url" if is_pipeline_variable(model_data) else "model_path"
    return {name: model_data}


@explicit(JobOptions, DEFAULTS)
def tuner(
    model_id: str,
    *,
    role: Text,
    ranges: Mapping[str, Range] | None = None,
    objective: Text = tuning.OBJECTIVE,
    max_jobs: Count = 20,
    max_parallel_jobs: Count = 2,
    strategy: Strategy = "Bayesian",
    early_stopping: bool = False,
    output_path: Text | None = None,
    session: "Session | None" = None,
    publish: bool = False,
    **options: Unpack[JobOptions],
) -> "HyperparameterTuner":
    """SDK v3's ``HyperparameterTuner`` over the documented ranges, ready for ``tune({...})``.

    A tuning job has no entry point of its own: its jobs run the container's training toolkit, as
    those of SDK v2 do. Errors are those of :func:`model_trainer` and of ``tuning.checked``.

    Args:
        model_id: For example ``"tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"``.
        role: ARN or name of the execution role.
        ranges: Hyperparameter -> ``tuning.Real``, ``tuning.Integer`` or ``tuning.Categorical``;
            None takes the documented ones of batch size, learning rate and optimizer.
        objective: Name of one of the metrics, to maximise.
        max_jobs: Jobs in all.
        max_parallel_jobs: Jobs at a time.
        strategy: How the next values are picked.
        early_stopping: Whether SageMaker may stop a job that cannot become the best.
        output_path: As of :func:`model_trainer`, like ``session`` and ``publish``.
        session: A ``Session`` of ``sagemaker.core.helper.session_helper``; None makes one.
        publish: Whether to publish what is missing.
        **options: As of ``launch.JobOptions``.

    Example:
        >>> tuner(model_id, role=role, session=session, max_jobs=4).max_jobs
        4
    """
    counts = {"max_jobs": max_jobs, "max_parallel_jobs": max_parallel_jobs}
    sdk_v3_trainer.refuse_open(counts)
    sdk = sdk_v3_names()
    # Before anything is published: a wrong range costs nothing.
    sdk_ranges(sdk.tuning, ranges)
    session = session or sdk.Session()
    job = session_job(
        model_id, session, role=role, output_path=output_path, publish=publish, options=options
    )
    return _tuner_class(sdk, job)(
        sdk_v3_trainer.toolkit_trainer(job, session),
        objective_metric_name=objective,
        hyperparameter_ranges=sdk_ranges(sdk.tuning, ranges, job.hyperparameters),
        strategy=strategy,
        max_jobs=max_jobs,
        max_parallel_jobs=max_parallel_jobs,
        early_stopping_type="Auto" if early_stopping else "Off",
        **_of_job(job),
    )


def _of_job(job: SageMakerJob) -> dict[str, Any]:
    """What a tuner takes from the job that it repeats."""
    return {
        "metric_definitions": [dict(item) for item in job.metric_definitions],
        "objective_type": "Maximize",
        "base_tuning_job_name": tuning.base_name(job.base_job_name),
        "tags": as_list(job.tags) or None,
    }


def _tuner_class(sdk: Any, job: SageMakerJob) -> Any:
    class Tuner(sdk.tuning.HyperparameterTuner):  # type: ignore[misc]
        """The SDK's tuner, which drops a trainer's isolation, encryption and volume key."""

        def _build_training_job_definition(self, inputs: Any) -> Any:
            definition = super()._build_training_job_definition(inputs)
            definition.enable_network_isolation = job.network_isolation
            encrypted = job.encrypt_inter_container_traffic
            definition.enable_inter_container_traffic_encryption = encrypted
            sdk_v3_trainer.set_input_mode(definition.input_data_config, job.input_mode)
            if job.keep_alive_period_in_seconds:
                kept = job.keep_alive_period_in_seconds
                definition.resource_config.keep_alive_period_in_seconds = kept
            if job.kms_key:
                definition.resource_config.volume_kms_key_id = job.kms_key
            return definition

    return Tuner
