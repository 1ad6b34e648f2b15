"""From a model id to a SageMaker training job: every value looked up and checked before it costs.

::

    from ic_tf_sdk import launch

    estimator = launch.estimator(model_id, role=role, hyperparameters={"epochs": 5})
    estimator.fit({"training": launch.sample_dataset_uri("us-west-2")})
"""

import warnings
from collections.abc import Mapping
from typing import Any

from ic_tf_sdk import s3
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.job_names import base_name, job_name
from ic_tf_sdk.launch.sagemaker import hyperparameter_names
from ic_tf_sdk.launch.sagemaker.gpu_memory import memory_warning
from ic_tf_sdk.launch.sagemaker.job import SageMakerJob
from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs import source as content
from ic_tf_sdk.specs.container_images import image_uri
from ic_tf_sdk.specs.model_spec import ModelSpec
from ic_tf_sdk.specs.regions import chosen_region
from ic_tf_sdk.specs.source import JUMPSTART, ContentSource

__all__ = ["sample_dataset_uri", "training_job"]


def training_job(
    model_id: str,
    *,
    role: str,
    output_path: str,
    model_version: str = "*",
    region: str | None = None,
    bucket: str | None = None,
    model_uri: str | None = None,
    hyperparameters: Mapping[str, object] | None = None,
    instance_type: str | None = None,
    instance_count: int = 1,
    spot: bool = False,
    max_wait_seconds: int | None = None,
    checkpoint_s3_uri: str | None = None,
    max_run_seconds: int | None = None,
    network_isolation: bool = True,
    **options: Any,
) -> SageMakerJob:
    """A training job of a model of the catalogue, with everything looked up.

    Args:
        model_id: For example ``"tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"``.
        role: ARN of the execution role.
        output_path: S3 URI below which ``<job name>/output/model.tar.gz`` is written.
        model_version: Exact, or ``"*"`` for the newest.
        region: AWS region; None takes the environment's.
        bucket: The bucket that ``ic-tf publish`` filled; None asks the settings and the
            environment, and without them takes AWS's public content and AWS's own script.
        model_uri: S3 URI of an earlier job's ``model.tar.gz``, to train it further.
        hyperparameters: What differs from the model's defaults; any accepted spelling.
        instance_type: Default: the model's.
        instance_count: Hosts that train together; AWS's own script trains on one.
        spot: Train on spare capacity, with checkpoints.
        max_wait_seconds: Spot: limit of waiting and running together; default twice
            ``max_run_seconds``.
        checkpoint_s3_uri: Where checkpoints are kept; with ``spot`` a new folder below
            ``output_path`` by default.
        max_run_seconds: Default: the model's 360000, a hundred hours.
        network_isolation: Whether the job runs without network.
        **options: Further fields of ``SageMakerJob``: ``tags``, ``subnets``, ``kms_key`` and so on.

    Raises:
        UserError: One of its subclasses in :mod:`ic_tf_sdk.errors`.
        HyperparameterError: With every problem of ``hyperparameters``.
    """
    if bucket is not None:
        s3.bucket_name(bucket)
    region = chosen_region(region)
    source = content.of_bucket(bucket)
    record = catalogue.record(model_id, model_version)
    instance_type = instance_type or source.default_instance_type("training")
    values = hyperparameter_names.checked(source, hyperparameters or {}, record.hyperparameters)
    _check(source, record, instance_type, instance_count, values)
    uris = {"output_path": output_path, "model_uri": model_uri, "checkpoint": checkpoint_s3_uri}
    _require_s3({name: uri for name, uri in uris.items() if uri is not None})
    base = base_name(record.model_id)
    if spot and checkpoint_s3_uri is None:
        # Never one that another training may use: a job resumes from what it finds.
        checkpoint_s3_uri = f"{output_path.rstrip('/')}/checkpoints/{job_name(base)}"
    limit = max_run_seconds or source.body["estimator_kwargs"]["max_run"]
    return SageMakerJob(
        model_id=record.model_id,
        model_version=record.version,
        region=region,
        role=role,
        image_uri=image_uri(source, record, region, instance_type, "training"),
        source_uri=_in_bucket(bucket, source.script_uri(record, region, "training")),
        model_uri=model_uri or _in_bucket(bucket, source.model_uri(record, region, "training")),
        hyperparameters=values,
        instance_type=instance_type,
        instance_count=instance_count,
        max_run_seconds=limit,
        max_wait_seconds=(max_wait_seconds or 2 * limit) if spot else None,
        spot=spot,
        checkpoint_s3_uri=checkpoint_s3_uri,
        output_path=output_path,
        base_job_name=base,
        network_isolation=network_isolation,
        metric_definitions=tuple(_metrics()),
        **options,
    )


def sample_dataset_uri(region: str | None = None) -> str:
    """AWS's public copy of tf_flowers, five classes of photos, in a region's content bucket.

    Args:
        region: AWS region; None takes the environment's.
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
    if instance_type not in known:
        warnings.warn(
            f"{instance_type} is not among the instance types that the spec of "
            f"{record.model_id} lists: {', '.join(known)}.",
            stacklevel=3,
        )
    trains_all = values.get("train_only_on_top", values.get("train_only_top_layer")) != "True"
    warning = memory_warning(record.parameters_millions, instance_type) if trains_all else None
    if warning:
        warnings.warn(f"{record.model_id}: {warning}", stacklevel=3)


def _require_s3(uris: Mapping[str, str]) -> None:
    problems = [(name, s3.problem(uri)) for name, uri in uris.items()]
    texts = [f"{name} must be an S3 URI: {text}" for name, text in problems if text]
    if texts:
        raise UserError("\n".join(texts))


def _in_bucket(bucket: str | None, uri: str) -> str:
    return uri if bucket is None else f"s3://{bucket}/{uri.split('/', 3)[3]}"


def _metrics() -> list[dict[str, str]]:
    # Their patterns read what AWS's script prints as well.
    from ic_tf_sdk.contract.metric_lines import METRIC_DEFINITIONS

    return [dict(item) for item in METRIC_DEFINITIONS]
