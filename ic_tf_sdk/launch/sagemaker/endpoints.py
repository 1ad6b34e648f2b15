"""Requests that make a model and an endpoint of each kind, for boto3 or to look at.

::

    from ic_tf_sdk.launch import endpoints

    client = boto3.client("sagemaker")
    client.create_model(**endpoints.create_model(data, model_id, name="flowers", role=role))
    config = endpoints.create_endpoint_config("flowers", serverless=endpoints.Serverless())
    client.create_endpoint_config(**config)
    client.create_endpoint(EndpointName="flowers", EndpointConfigName="flowers")
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ic_tf_sdk import s3
from ic_tf_sdk.launch.keywords import explicit
from ic_tf_sdk.launch.sagemaker import job_checks
from ic_tf_sdk.launch.sagemaker.job_checks import Problem
from ic_tf_sdk.launch.sagemaker.living_instances import warn_of_retired
from ic_tf_sdk.launch.sagemaker.serving_image import serving_image
from ic_tf_sdk.launch.tag_list import Tags, as_list, by_name
from ic_tf_sdk.specs import source

__all__ = ["Asynchronous", "Serverless", "create_endpoint_config", "create_model"]

_MEMORY = range(1024, 6145, 1024)
_MOST_AT_A_TIME = 200
_MOST_INVOCATIONS = 1000


@dataclass(frozen=True)
class Serverless:
    """An endpoint without machines of its own, paid by the request.

    Attributes:
        memory_size_in_mb: 1024, 2048 and so on, to 6144; half of it holds the model.
        max_concurrency: Requests at a time, 1 to 200.

    Example:
        >>> Serverless(memory_size_in_mb=4096).max_concurrency
        5
    """

    memory_size_in_mb: int = 2048
    max_concurrency: int = 5

    def problems(self) -> Iterator[Problem]:
        """What speaks against it: a number that is out of its range."""
        if self.memory_size_in_mb not in _MEMORY:
            text = f"it is one of {', '.join(map(str, _MEMORY))}."
            yield Problem(
                "serverless", f"memory_size_in_mb cannot be {self.memory_size_in_mb}; {text}"
            )
        if not 1 <= self.max_concurrency <= _MOST_AT_A_TIME:
            text = f"it is 1 to {_MOST_AT_A_TIME}."
            yield Problem("serverless", f"max_concurrency cannot be {self.max_concurrency}; {text}")

    def request(self) -> dict[str, int]:
        """As the API takes it."""
        return {"MemorySizeInMB": self.memory_size_in_mb, "MaxConcurrency": self.max_concurrency}


@dataclass(frozen=True)
class Asynchronous:
    """An endpoint that reads each image from S3 and writes its answer there.

    Attributes:
        output_path: S3 URI below which the answers are written.
        failure_path: S3 URI below which what failed is described; None writes nothing.
        max_concurrent_invocations: Images that one machine is sent at a time; None leaves it to
            SageMaker.

    Example:
        >>> Asynchronous("s3://my-bucket/answers").failure_path is None
        True
    """

    output_path: str
    failure_path: str | None = None
    max_concurrent_invocations: int | None = None

    def problems(self) -> Iterator[Problem]:
        """What speaks against it: a path that is no S3 URI, or fewer than one image at a time."""
        for name in ("output_path", "failure_path"):
            path = getattr(self, name)
            if path is not None and (text := s3.problem(path)):
                yield Problem("asynchronous", f"{name}: {text}")
        most = self.max_concurrent_invocations
        if most is not None and not 1 <= most <= _MOST_INVOCATIONS:
            text = f"max_concurrent_invocations cannot be {most}; it is 1 to {_MOST_INVOCATIONS}."
            yield Problem("asynchronous", text)

    def request(self) -> dict[str, Any]:
        """As the API takes it."""
        paths = {"S3OutputPath": self.output_path, "S3FailurePath": self.failure_path}
        known = {name: path for name, path in paths.items() if path is not None}
        client = {"MaxConcurrentInvocationsPerInstance": self.max_concurrent_invocations}
        given = {name: value for name, value in client.items() if value is not None}
        return {"OutputConfig": known} | ({"ClientConfig": given} if given else {})


@explicit()
def create_model(
    model_data: str,
    model_id: str,
    *,
    name: str,
    role: str,
    instance_type: str = "ml.m5.xlarge",
    model_version: str = "*",
    region: str | None = None,
    multi_model: bool = False,
    environment: Mapping[str, str] | None = None,
    subnets: Sequence[str] = (),
    security_group_ids: Sequence[str] = (),
    network_isolation: bool = True,
) -> dict[str, Any]:
    """Parameters of boto3's ``create_model``: what the SDK sends for ``launch.model``.

    Args:
        model_data: S3 URI of a job's ``model.tar.gz``; with ``multi_model`` of a folder of them.
        model_id: The model that was trained.
        name: Name of the SageMaker model.
        role: ARN of the execution role.
        instance_type: What it will run on: it decides for the CPU or the GPU image. A serverless
            endpoint has no GPU.
        model_version: Exact, or ``"*"`` for the newest.
        region: AWS region; None asks the environment.
        multi_model: Whether one container holds every archive below ``model_data``, each loaded
            when it is first asked for: ``invoke_endpoint(TargetModel="flowers.tar.gz", ...)``.
        environment: Name -> value of the container's environment variables.
        subnets: Ids of the subnets of a VPC that it runs in.
        security_group_ids: Ids of its security groups.
        network_isolation: Whether it runs without network.

    Raises:
        UserError: One of its subclasses in :mod:`ic_tf_sdk.errors`; all that is wrong at once.

    Example:
        >>> request = create_model(
        ...     "s3://my-bucket/models/", model_id, name="garden", role=role, multi_model=True
        ... )
        >>> request["PrimaryContainer"]["Mode"]
        'MultiModel'
    """
    place = s3.problem(model_data, folder=multi_model)
    problems = [job_checks.Problem("model_data", place)] if place else []
    network = job_checks.of_vpc(subnets, security_group_ids)
    job_checks.refuse([*problems, *job_checks.of_role(role), *network])
    container = {
        "Image": serving_image(model_id, model_version, region, instance_type),
        "Environment": dict(environment or {}),
        "ModelDataUrl": model_data,
    }
    if multi_model:
        container["Mode"] = "MultiModel"
    request: dict[str, Any] = {"ModelName": name, "ExecutionRoleArn": role}
    request["PrimaryContainer"] = container
    if subnets:
        groups = list(security_group_ids)
        request["VpcConfig"] = {"Subnets": list(subnets), "SecurityGroupIds": groups}
    return request | ({"EnableNetworkIsolation": True} if network_isolation else {})


@explicit()
def create_endpoint_config(
    model_name: str,
    *,
    name: str | None = None,
    instance_type: str | None = None,
    instance_count: int = 1,
    serverless: Serverless | None = None,
    asynchronous: Asynchronous | None = None,
    kms_key: str | None = None,
    tags: Tags | None = None,
) -> dict[str, Any]:
    """Parameters of boto3's ``create_endpoint_config``.

    Args:
        model_name: Name of the SageMaker model.
        name: Name of the configuration; None takes the model's.
        instance_type: What it runs on; left out with ``serverless``.
        instance_count: How many of them.
        serverless: For an endpoint without machines of its own.
        asynchronous: For one that reads images from S3.
        kms_key: KMS key of the machines' volumes.
        tags: Name -> value of each tag; or the SDK's list of them.

    Raises:
        UserError: Neither machines nor serverless, or both; or a value out of its range; all that
            is wrong at once.

    Example:
        >>> config = create_endpoint_config("flowers", serverless=Serverless())
        >>> config["ProductionVariants"][0]["ServerlessConfig"]["MemorySizeInMB"]
        2048
    """
    job_checks.refuse([
        *_kind_problems(instance_type, serverless, asynchronous),
        *_count_problems(instance_count),
        *job_checks.of_kms_key(kms_key),
        *job_checks.of_tags(tags or {}),
    ])  # fmt: skip
    if instance_type is not None:
        warn_of_retired(source.named(source.PUBLISHED), instance_type, "hosting")
    variant: dict[str, Any] = {
        "VariantName": "AllTraffic",
        "ModelName": model_name,
        "InitialVariantWeight": 1,
    }
    if serverless is not None:
        variant["ServerlessConfig"] = serverless.request()
    else:
        variant |= {"InitialInstanceCount": instance_count, "InstanceType": instance_type}
    request: dict[str, Any] = {
        "EndpointConfigName": name or model_name,
        "ProductionVariants": [variant],
    }
    if asynchronous is not None:
        request["AsyncInferenceConfig"] = asynchronous.request()
    if kms_key is not None:
        request["KmsKeyId"] = kms_key
    if tags:
        request["Tags"] = as_list(by_name(tags))
    return request


def _kind_problems(
    instance_type: str | None, serverless: Serverless | None, asynchronous: Asynchronous | None
) -> Iterator[Problem]:
    """What speaks against the kind of an endpoint, and against what it was given of each."""
    if (instance_type is None) == (serverless is None):
        text = "Give instance_type, or serverless: an endpoint has machines or has none."
        yield Problem("instance_type", text)
    if serverless and asynchronous:
        text = "An asynchronous endpoint has machines: give instance_type, not serverless."
        yield Problem("asynchronous", text)
    if serverless:
        yield from serverless.problems()
    if asynchronous:
        yield from asynchronous.problems()


def _count_problems(instance_count: int) -> Iterator[Problem]:
    if instance_count < 1:
        text = f"instance_count cannot be {instance_count}; it is 1 or more."
        yield Problem("instance_count", text)
