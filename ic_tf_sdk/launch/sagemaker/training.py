"""From a model id to a SageMaker training job: every value looked up and checked before it costs.

::

    from ic_tf_sdk import launch

    estimator = launch.estimator(model_id, role=role, hyperparameters={"epochs": 5})
    estimator.fit({"training": launch.sample_dataset_uri("us-west-2")})
"""

from collections.abc import Mapping
from typing import Any, cast

from typing_extensions import Unpack

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.callers_warning import warn
from ic_tf_sdk.launch.job_names import base_name, job_name
from ic_tf_sdk.launch.keywords import explicit
from ic_tf_sdk.launch.open_values import Count, Text
from ic_tf_sdk.launch.sagemaker import hyperparameter_names, job_checks
from ic_tf_sdk.launch.sagemaker.gpu_memory import memory_warning
from ic_tf_sdk.launch.sagemaker.job import SageMakerJob
from ic_tf_sdk.launch.sagemaker.job_options import DEFAULTS, JobArguments, JobOptions, validated
from ic_tf_sdk.launch.sagemaker.living_instances import default_instance_type, warn_of_retired
from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs import source as content
from ic_tf_sdk.specs.container_images import image_uri
from ic_tf_sdk.specs.model_spec import ModelSpec
from ic_tf_sdk.specs.pipeline_variable import is_pipeline_variable, refusal, value_now
from ic_tf_sdk.specs.regions import chosen_region
from ic_tf_sdk.specs.source import JUMPSTART, ContentSource

__all__ = ["checked_options", "longest_run", "sample_dataset_uri", "training_job"]

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
    "environment",
    "keep_alive_period_in_seconds",
    "input_mode",
)


@explicit(JobOptions, DEFAULTS)
def training_job(
    model_id: str, *, role: Text, output_path: Text, **options: Unpack[JobOptions]
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
    if is_pipeline_variable(model_id):
        raise UserError(refusal("model_id", model_id))
    arguments = checked_options(None, role=role, output_path=output_path, **options)
    region = chosen_region(arguments["region"])
    source = content.of_bucket(arguments["bucket"])
    record = catalogue.record(model_id, arguments["model_version"])
    machine = arguments["instance_type"] or default_instance_type(source, "training")
    values = hyperparameter_names.for_script(
        source, arguments["hyperparameters"] or {}, record.hyperparameters
    )
    machine_now = value_now("instance_type", machine)
    _check(source, record, machine_now, arguments["instance_count"], values)
    return SageMakerJob(
        model_id=record.model_id,
        model_version=record.version,
        region=region,
        image_uri=image_uri(source, record, region, machine_now, "training"),
        **_artifacts(arguments, source, record, region),
        hyperparameters=values,
        instance_type=machine,
        **_limits(arguments, record),
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


def checked_options(channels: Mapping[str, Text] | None, **arguments: Any) -> JobArguments:
    """The arguments of a job, completed, if the API takes them.

    Args:
        channels: Channel name -> S3 URI, for what is sent without an SDK; None where they come
            later.
        **arguments: As of ``training_job``.

    Raises:
        UserError: With every value that is of a wrong kind; or with all that the API refuses.
    """
    complete = validated(arguments)
    problems = job_checks.of_options(cast("Mapping[str, Any]", complete), longest_run())
    if channels is not None:
        problems += job_checks.of_request(complete["role"], channels)
    job_checks.refuse(list(dict.fromkeys(problems)))
    return complete


def longest_run() -> int:
    """The seconds that a job may run where nothing is said."""
    seconds: int = content.named(JUMPSTART).body["estimator_kwargs"]["max_run"]
    return seconds


def _check(
    source: ContentSource,
    record: ModelSpec,
    instance_type: str,
    instance_count: Count,
    values: Mapping[str, Text],
) -> None:
    hosts = getattr(instance_count, "default_value", instance_count)
    if isinstance(hosts, int) and hosts > 1 and source.name == JUMPSTART:
        raise UserError(
            f"instance_count cannot be {hosts}: AWS's own script trains on one instance. "
            "Take 1 and a larger instance type, or publish this package's script (`ic-tf publish`) "
            "and give its bucket."
        )
    known = source.instance_types("training")
    if not warn_of_retired(source, instance_type, "training") and instance_type not in known:
        warn(
            f"{instance_type} is not among the instance types that the spec of "
            f"{record.model_id} lists: {', '.join(known)}."
        )
    trains_all = "False" in (values.get(n) for n in ("train_only_on_top", "train_only_top_layer"))
    warning = memory_warning(record.parameters_millions, instance_type) if trains_all else None
    if warning:
        warn(f"{record.model_id}: {warning}")


def _as_given(arguments: JobArguments) -> dict[str, Any]:
    values = cast("dict[str, Any]", arguments)
    return {name: values[name] for name in _AS_GIVEN}


def _artifacts(
    arguments: JobArguments, source: ContentSource, record: ModelSpec, region: str
) -> dict[str, Text]:
    """Where the job's script and model are."""
    bucket = arguments["bucket"]
    script = source.script_uri(record, region, "training")
    model = source.model_uri(record, region, "training")
    return {
        "source_uri": _in_bucket(bucket, script),
        "model_uri": arguments["model_uri"] or _in_bucket(bucket, model),
    }


def _limits(arguments: JobArguments, record: ModelSpec) -> dict[str, Any]:
    """The job's name, its limits of time, and where it keeps its checkpoints."""
    name = arguments["base_job_name"] or base_name(record.model_id)
    seconds = arguments["max_run_seconds"] or longest_run()
    spot, checkpoints = arguments["spot"], arguments["checkpoint_s3_uri"]
    if spot and checkpoints is None:
        # Never one that another training may use: a job resumes from what it finds.
        output = _known("output_path", arguments["output_path"], "checkpoint_s3_uri")
        checkpoints = f"{output.rstrip('/')}/checkpoints/{job_name(name)}"
    wait = arguments["max_wait_seconds"] if spot else None
    if spot and wait is None:
        wait = 2 * _known("max_run_seconds", seconds, "max_wait_seconds")
    return {
        "base_job_name": name,
        "max_run_seconds": seconds,
        "max_wait_seconds": wait,
        "checkpoint_s3_uri": checkpoints,
    }


def _known(name: str, value: Any, instead: str) -> Any:
    """A value of which another is made with `spot`."""
    if is_pipeline_variable(value):
        raise UserError(
            f"With spot, {instead} is made of {name}, which is a pipeline variable "
            f"({type(value).__name__}); give {instead}, too."
        )
    return value


def _in_bucket(bucket: str | None, uri: str) -> str:
    return uri if bucket is None else f"s3://{bucket}/{uri.split('/', 3)[3]}"


def _metrics() -> list[dict[str, str]]:
    # Their patterns read what AWS's script prints as well.
    from ic_tf_sdk.contract.metric_lines import METRIC_DEFINITIONS

    return [dict(item) for item in METRIC_DEFINITIONS]
