"""A ``CreateProcessingJob`` request as a value, and what SageMaker's API refuses of it.

The limits are those of the API's own model.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from typing_extensions import TypedDict

from ic_tf_sdk import s3
from ic_tf_sdk.contract import image_names
from ic_tf_sdk.launch.sagemaker import job_checks
from ic_tf_sdk.launch.sagemaker.job_checks import Problem
from ic_tf_sdk.launch.tag_list import Tags, as_list, by_name

__all__ = [
    "DEFAULTS",
    "JOB_NAME",
    "LONGEST_VARIABLE",
    "MOST",
    "ProcessingOptions",
    "refuse",
    "request",
]

_MOUNT = "/opt/ml/processing"
JOB_NAME = re.compile(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", re.ASCII)
MOST = {"instance_count": 100, "volume_size_gb": 16_384, "max_run_seconds": 9 * 24 * 3600}
LONGEST_VARIABLE = 256


class ProcessingOptions(TypedDict, total=False):
    """What may be said of a processing job beside its name, role, inputs and output.

    Attributes:
        instance_type: What the job runs on.
        instance_count: How many of them, 1 to 100.
        volume_size_gb: Size of each one's volume in GB.
        max_run_seconds: At most nine days; None leaves it to SageMaker, which takes one.
        region: AWS region; None asks the environment.
        environment: Name -> value of variables in the container's environment; no secrets.
        tags: Name -> value of each tag; or the SDK's list of ``{"Key": ..., "Value": ...}``.
        subnets: Ids of the subnets of a VPC that the job runs in.
        security_group_ids: Ids of its security groups.
        encrypt_inter_container_traffic: Whether several instances talk to each other encrypted.
        kms_key: KMS key of the volume and of the output.
    """

    instance_type: str
    instance_count: int
    volume_size_gb: int
    max_run_seconds: int | None
    region: str | None
    environment: Mapping[str, str]
    tags: Tags
    subnets: tuple[str, ...]
    security_group_ids: tuple[str, ...]
    encrypt_inter_container_traffic: bool
    kms_key: str | None


DEFAULTS: ProcessingOptions = {
    "instance_type": "ml.m5.xlarge",
    "instance_count": 1,
    "volume_size_gb": 30,
    "max_run_seconds": None,
    "region": None,
    "environment": {},
    "tags": {},
    "subnets": (),
    "security_group_ids": (),
    "encrypt_inter_container_traffic": False,
    "kms_key": None,
}


def request(
    name: str,
    image_uri: str,
    role: str,
    inputs: Mapping[str, tuple[str, str]],
    output: tuple[str, str],
    options: ProcessingOptions,
) -> dict[str, Any]:
    """The ``CreateProcessingJob`` request of a container without arguments.

    Args:
        name: The job's.
        image_uri: The container's image.
        role: ARN of the execution role.
        inputs: What the container calls an input -> its S3 URI, and its folder below the inputs.
        output: What the container calls its output, and the S3 prefix that it is copied to.
        options: Every option.
    """
    cluster = {
        "InstanceType": options["instance_type"],
        "InstanceCount": options["instance_count"],
        "VolumeSizeInGB": options["volume_size_gb"],
        "VolumeKmsKeyId": options["kms_key"],
    }
    seconds = options["max_run_seconds"]
    return _known({
        "ProcessingJobName": name,
        "ProcessingResources": {"ClusterConfig": _known(cluster)},
        "AppSpecification": {"ImageUri": image_uri},
        "RoleArn": role,
        "ProcessingInputs": [_input(name, *place) for name, place in inputs.items()],
        "ProcessingOutputConfig": _known({
            "Outputs": [_output(*output)],
            "KmsKeyId": options["kms_key"],
        }),
        "Environment": dict(options["environment"]) or None,
        "NetworkConfig": _network(options),
        "StoppingCondition": None if seconds is None else {"MaxRuntimeInSeconds": seconds},
        "Tags": as_list(by_name(options["tags"])) or None,
    })  # fmt: skip


def refuse(name: str, role: str, places: Mapping[str, str], options: ProcessingOptions) -> None:
    """Refuse a job for all that speaks against it.

    Args:
        name: The job's.
        role: ARN of its role.
        places: Argument -> S3 URI; ``images`` is a folder's or an image's.
        options: Every option.

    Raises:
        UserError: Something does; it names all of it.
    """
    problems = [*_places(places), *job_checks.of_role(role), *_counts(options)]
    if not JOB_NAME.fullmatch(name):
        text = "a name has 1 to 63 letters and digits, and hyphens between them."
        problems.append(Problem("job_name", f"job_name cannot be {name!r}: {text}"))
    problems += job_checks.of_environment(options["environment"], LONGEST_VARIABLE)
    problems += job_checks.of_tags(options["tags"])
    problems += job_checks.of_kms_key(options["kms_key"])
    network = options["subnets"], options["security_group_ids"]
    job_checks.refuse([*problems, *job_checks.of_vpc(*network)])


def _places(places: Mapping[str, str]) -> Iterator[Problem]:
    for name, uri in places.items():
        folder = name == "images" and not image_names.is_image(uri)
        if text := s3.problem(uri, folder=folder):
            yield Problem(name, text)


def _counts(options: ProcessingOptions) -> Iterator[Problem]:
    for name, most in MOST.items():
        value: Any = options[name]  # type: ignore[literal-required]
        if value is not None and not 1 <= value <= most:
            text = f"{name} cannot be {value}; it is a whole number from 1 to {most}."
            yield Problem(name, text)


def _input(name: str, uri: str, folder: str) -> dict[str, Any]:
    place = {
        "S3Uri": uri,
        "LocalPath": f"{_MOUNT}/input/{folder}",
        "S3DataType": "S3Prefix",
        "S3InputMode": "File",
        "S3DataDistributionType": "FullyReplicated",
        "S3CompressionType": "None",
    }
    return {"InputName": name, "AppManaged": False, "S3Input": place}


def _output(name: str, uri: str) -> dict[str, Any]:
    place = {"S3Uri": uri, "LocalPath": f"{_MOUNT}/output", "S3UploadMode": "Continuous"}
    return {"OutputName": name, "AppManaged": False, "S3Output": place}


def _network(options: ProcessingOptions) -> dict[str, Any] | None:
    network: dict[str, Any] = {"EnableNetworkIsolation": False}
    if options["encrypt_inter_container_traffic"]:
        network["EnableInterContainerTrafficEncryption"] = True
    if options["subnets"]:
        groups = list(options["security_group_ids"])
        network["VpcConfig"] = {"SecurityGroupIds": groups, "Subnets": list(options["subnets"])}
    return network if len(network) > 1 else None


def _known(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
