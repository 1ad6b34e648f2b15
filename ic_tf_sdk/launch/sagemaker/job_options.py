"""The options of a SageMaker training job, once for every function that makes one."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import Field, TypeAdapter, ValidationError
from typing_extensions import TypedDict

from ic_tf_sdk.launch import argument_names, argument_values
from ic_tf_sdk.launch.open_values import Count, Flag, Text
from ic_tf_sdk.launch.tag_list import Tags

__all__ = ["DEFAULTS", "InputMode", "JobArguments", "JobOptions", "validated"]

JobName = Annotated[str, Field(max_length=36, pattern="^[A-Za-z0-9][A-Za-z0-9-]*$")]

InputMode: TypeAlias = Literal["File", "FastFile"]
"""How a job gets its images."""


class JobOptions(TypedDict, total=False):
    """What may be said of a job beside its model, role and output.

    Values that SageMaker alone reads may be pipeline variables of the SDK; what is looked up here
    (the model, region, bucket and name) may not, and an instance type goes by its default value.

    Attributes:
        model_version: Exact, or ``"*"`` for the newest.
        region: AWS region; None takes the session's, or the environment's.
        bucket: The bucket that ``ic-tf publish`` filled; None asks the settings and the
            environment, and without them takes AWS's public content and AWS's own script.
        model_uri: S3 URI of an earlier job's ``model.tar.gz``, to train it further.
        hyperparameters: What differs from the model's defaults; any accepted spelling.
        instance_type: None takes the model's.
        instance_count: Hosts that train together; AWS's own script trains on one.
        volume_size_gb: Size of each host's volume in GB.
        max_run_seconds: None takes the model's 360000, a hundred hours.
        spot: Whether to train on spare capacity, with checkpoints.
        max_wait_seconds: With ``spot``, the limit of waiting and running together; None takes
            twice ``max_run_seconds``.
        checkpoint_s3_uri: Where checkpoints are kept; with ``spot`` None takes a new folder below
            ``output_path``.
        base_job_name: Beginning of the job's name, at most 36 characters; None makes it of the
            model id.
        network_isolation: Whether the job runs without network.
        encrypt_inter_container_traffic: Whether hosts talk to each other encrypted.
        tags: Name -> value of each tag of the job; or the SDK's list of
            ``{"Key": ..., "Value": ...}``.
        subnets: Ids of the subnets of a VPC that the job runs in.
        security_group_ids: Ids of its security groups.
        kms_key: KMS key of the volume and of the output.
        environment: Name -> value of variables in the container's environment; no secrets.
        keep_alive_period_in_seconds: How long to keep the machines for a next job that is alike, a
            warm pool; they cost as long.
        input_mode: How the job gets its images: ``File`` copies all of them before it starts,
            ``FastFile`` opens each in S3 when it is read. The model comes as a file.

    Example:
        >>> ours: JobOptions = {"instance_count": 1, "tags": {"team": "vision"}}
        >>> launch.training_job(model_id, role=role, output_path="s3://my-bucket/o", **ours).tags
        {'team': 'vision'}
    """

    model_version: str
    region: str | None
    bucket: str | None
    model_uri: Text | None
    hyperparameters: Mapping[str, object] | None
    instance_type: Text | None
    instance_count: Count
    volume_size_gb: Count
    max_run_seconds: Count | None
    spot: Flag
    max_wait_seconds: Count | None
    checkpoint_s3_uri: Text | None
    base_job_name: JobName | None
    network_isolation: Flag
    encrypt_inter_container_traffic: Flag
    tags: Tags
    subnets: tuple[Text, ...]
    security_group_ids: tuple[Text, ...]
    kms_key: Text | None
    environment: Mapping[str, Text]
    keep_alive_period_in_seconds: Count | None
    input_mode: InputMode


DEFAULTS: JobOptions = {
    "model_version": "*",
    "region": None,
    "bucket": None,
    "model_uri": None,
    "hyperparameters": None,
    "instance_type": None,
    "instance_count": 1,
    "volume_size_gb": 30,
    "max_run_seconds": None,
    "spot": False,
    "max_wait_seconds": None,
    "checkpoint_s3_uri": None,
    "base_job_name": None,
    "network_isolation": True,
    "encrypt_inter_container_traffic": True,
    "tags": {},
    "subnets": (),
    "security_group_ids": (),
    "kms_key": None,
    "environment": {},
    "keep_alive_period_in_seconds": None,
    "input_mode": "File",
}


class JobArguments(JobOptions):
    """The options, and what every job must be told.

    Attributes:
        role: ARN or name of the execution role.
        output_path: S3 URI below which ``<job name>/output/model.tar.gz`` is written.
    """

    role: Text
    output_path: Text


def validated(arguments: Mapping[str, Any]) -> JobArguments:
    """The arguments, completed by the defaults.

    Args:
        arguments: As they were given; every name is one of ``JobArguments``.

    Raises:
        UserError: With every value that is of a wrong kind or out of its range.
    """
    try:
        return _adapter().validate_python({**DEFAULTS, **arguments})
    except ValidationError as error:
        problems = argument_values.sentences(error)
    argument_names.refuse(problems)
    raise AssertionError(problems)


@cache
def _adapter() -> "TypeAdapter[JobArguments]":
    # Made when the first job is: `import ic_tf_sdk.launch` does not wait for it.
    return TypeAdapter(JobArguments)
