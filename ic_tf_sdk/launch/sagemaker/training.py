"""From a model id to a SageMaker training job: every value looked up and checked before it costs.

::

    from ic_tf_sdk import launch

    estimator = launch.estimator(model_id, role=role, hyperparameters={"epochs": 5})
    estimator.fit({"training": launch.sample_dataset_uri("us-west-2")})
"""

import warnings
from collections.abc import Mapping
from typing import Any, cast

from typing_extensions import Unpack

from ic_tf_sdk import s3
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.job_names import base_name, job_name
from ic_tf_sdk.launch.keywords import explicit
from ic_tf_sdk.launch.sagemaker import hyperparameter_names
from ic_tf_sdk.launch.sagemaker.gpu_memory import memory_warning
from ic_tf_sdk.launch.sagemaker.job import SageMakerJob
from ic_tf_sdk.launch.sagemaker.job_options import DEFAULTS, JobArguments, JobOptions, validated
from ic_tf_sdk.launch.sagemaker.living_instances import default_instance_type, warn_of_retired
from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs import source as content
from ic_tf_sdk.specs.container_images import image_uri
from ic_tf_sdk.specs.model_spec import ModelSpec
from ic_tf_sdk.specs.regions import chosen_region
from ic_tf_sdk.specs.source import JUMPSTART, ContentSource

__all__ = ["sample_dataset_uri", "training_job"]

# What the job has as it was given.
_AS_GIVEN = (
    "role",
    "output_path",
    "instance_count",
    "volume_size_gb",
    "spot",
    "network_isolation",
    "encrypt_inter_container_traffic",
    "tags",
    "subnets",
    "security_group_ids",
    "kms_key",
)


@explicit(JobOptions, DEFAULTS)
def training_job(
    model_id: str, *, role: str, output_path: str, **options: Unpack[JobOptions]
) -> SageMakerJob:
    """A training job of a model of the catalogue, with everything looked up and checked.

    Args:
        model_id: For example ``"tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"``.
        role: ARN of the execution role, or its name for a job through the SDK.
        output_path: S3 URI below which ``<job name>/output/model.tar.gz`` is written.
        **options: As of ``launch.JobOptions``.

    Raises:
        UserError: One of its subclasses in :mod:`ic_tf_sdk.errors`; every wrong name and every
            wrong value at once.
        HyperparameterError: With every problem of ``hyperparameters``.

    Example:
        >>> job = training_job(
        ...     "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4",
        ...     role="arn:aws:iam::123456789012:role/training",
        ...     output_path="s3://my-bucket/output",
        ...     hyperparameters={"epochs": 5},
        ... )
        >>> job.instance_type, job.hyperparameters["epochs"]
        ('ml.g4dn.xlarge', '5')
    """
    arguments = validated({"role": role, "output_path": output_path, **options})
    if arguments["bucket"] is not None:
        s3.bucket_name(arguments["bucket"])
    region = chosen_region(arguments["region"])
    source = content.of_bucket(arguments["bucket"])
    record = catalogue.record(model_id, arguments["model_version"])
    machine = arguments["instance_type"] or default_instance_type(source, "training")
    values = hyperparameter_names.for_script(
        source, arguments["hyperparameters"] or {}, record.hyperparameters
    )
    _check(source, record, machine, arguments["instance_count"], values)
    _require_s3(arguments)
    return SageMakerJob(
        model_id=record.model_id,
        model_version=record.version,
        region=region,
        image_uri=image_uri(source, record, region, machine, "training"),
        **_artifacts(arguments, source, record, region),
        hyperparameters=values,
        instance_type=machine,
        **_limits(arguments, source, record),
        metric_definitions=tuple(_metrics()),
        **_as_given(arguments),
    )


def sample_dataset_uri(region: str | None = None) -> str:
    """AWS's public copy of tf_flowers, five classes of photos, in a region's content bucket.

    Args:
        region: AWS region; None takes the environment's.

    Raises:
        UnknownRegionError: JumpStart is not in the region.

    Example:
        >>> sample_dataset_uri("eu-west-1")
        's3://jumpstart-cache-prod-eu-west-1/training-datasets/tf_flowers/'
    """
    return f"s3://jumpstart-cache-prod-{chosen_region(region)}/training-datasets/tf_flowers/"


def _check(
    source: ContentSource,
    record: ModelSpec,
    instance_type: str,
    instance_count: int,
    values: Mapping[str, str],
) -> None:
    if instance_count > 1 and source.name == JUMPSTART:
        raise UserError(
            f"instance_count cannot be {instance_count}: AWS's own script trains on one instance. "
            "Take 1 and a larger instance type, or publish this package's script (`ic-tf publish`) "
            "and give its bucket."
        )
    known = source.instance_types("training")
    if not warn_of_retired(source, instance_type, "training") and instance_type not in known:
        warnings.warn(
            f"{instance_type} is not among the instance types that the spec of "
            f"{record.model_id} lists: {', '.join(known)}.",
            stacklevel=4,
        )
    trains_all = values.get("train_only_on_top", values.get("train_only_top_layer")) != "True"
    warning = memory_warning(record.parameters_millions, instance_type) if trains_all else None
    if warning:
        warnings.warn(f"{record.model_id}: {warning}", stacklevel=4)


def _as_given(arguments: JobArguments) -> dict[str, Any]:
    values = cast("dict[str, Any]", arguments)
    return {name: values[name] for name in _AS_GIVEN}


def _artifacts(
    arguments: JobArguments, source: ContentSource, record: ModelSpec, region: str
) -> dict[str, str]:
    """Where the job's script and model are."""
    bucket = arguments["bucket"]
    script = source.script_uri(record, region, "training")
    model = source.model_uri(record, region, "training")
    return {
        "source_uri": _in_bucket(bucket, script),
        "model_uri": arguments["model_uri"] or _in_bucket(bucket, model),
    }


def _limits(arguments: JobArguments, source: ContentSource, record: ModelSpec) -> dict[str, Any]:
    """The job's name, its limits of time, and where it keeps its checkpoints."""
    name = arguments["base_job_name"] or base_name(record.model_id)
    seconds = arguments["max_run_seconds"] or source.body["estimator_kwargs"]["max_run"]
    spot, checkpoints = arguments["spot"], arguments["checkpoint_s3_uri"]
    if spot and checkpoints is None:
        # Never one that another training may use: a job resumes from what it finds.
        checkpoints = f"{arguments['output_path'].rstrip('/')}/checkpoints/{job_name(name)}"
    return {
        "base_job_name": name,
        "max_run_seconds": seconds,
        "max_wait_seconds": (arguments["max_wait_seconds"] or 2 * seconds) if spot else None,
        "checkpoint_s3_uri": checkpoints,
    }


def _require_s3(arguments: JobArguments) -> None:
    uris = {
        "output_path": arguments["output_path"],
        "model_uri": arguments["model_uri"],
        "checkpoint_s3_uri": arguments["checkpoint_s3_uri"],
    }
    problems = [(name, s3.problem(uri)) for name, uri in uris.items() if uri is not None]
    texts = [f"{name} must be an S3 URI: {text}" for name, text in problems if text]
    if texts:
        raise UserError("\n".join(texts))


def _in_bucket(bucket: str | None, uri: str) -> str:
    return uri if bucket is None else f"s3://{bucket}/{uri.split('/', 3)[3]}"


def _metrics() -> list[dict[str, str]]:
    # Their patterns read what AWS's script prints as well.
    from ic_tf_sdk.contract.metric_lines import METRIC_DEFINITIONS

    return [dict(item) for item in METRIC_DEFINITIONS]
