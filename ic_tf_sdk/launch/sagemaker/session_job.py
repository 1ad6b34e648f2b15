"""A job as a session of the SageMaker SDK makes it, of either line: its region and its bucket."""

from collections.abc import Mapping
from typing import Any

from ic_tf_sdk.launch.job_names import base_name
from ic_tf_sdk.launch.open_values import Text
from ic_tf_sdk.launch.sagemaker import published_content
from ic_tf_sdk.launch.sagemaker.job import SageMakerJob
from ic_tf_sdk.launch.sagemaker.pipeline_session import (
    builds_pipeline,
    checkpoints_of_each_execution,
)
from ic_tf_sdk.launch.sagemaker.training import training_job

__all__ = ["session_job"]


def session_job(
    model_id: str,
    session: Any,
    *,
    role: Text,
    output_path: Text | None,
    publish: bool,
    options: Mapping[str, Any],
) -> SageMakerJob:
    """The job, its content in place.

    Args:
        model_id: The model to train.
        session: A session of either line of the SDK.
        role: ARN or name of the execution role.
        output_path: None takes ``output`` in the session's default bucket.
        publish: Whether to publish this package's content that is missing; else it is refused.
        options: Those of ``JobOptions`` that were given.

    Raises:
        UserError: One of its subclasses in :mod:`ic_tf_sdk.errors`.
        StorageError: S3 refuses what is published.
    """
    chosen: dict[str, Any] = {**options}
    chosen["region"] = chosen.get("region") or session.boto_region_name
    if publish:
        chosen["bucket"] = published_content.target(chosen.get("bucket"), session)
    output = output_path or f"s3://{session.default_bucket()}/output"
    if builds_pipeline(session) and chosen.get("spot") and not chosen.get("checkpoint_s3_uri"):
        base = chosen.get("base_job_name") or base_name(model_id)
        chosen["checkpoint_s3_uri"] = checkpoints_of_each_execution(session, output, base)
    job = training_job(model_id, role=role, output_path=output, **chosen)
    published_content.ensure(job, publish=publish)
    return job
