"""An endpoint as the three requests that make it, and what it costs and how it is deleted."""

import shlex
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ic_tf_sdk import s3
from ic_tf_sdk.errors import IcTfSdkError, UserError
from ic_tf_sdk.launch.sagemaker.endpoints import Serverless, create_endpoint_config, create_model
from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs.instance_families import family_of
from ic_tf_sdk.specs.regions import chosen_region

__all__ = ["Deployment", "deployment"]

# The order in which they are sent, and what takes each back.
_DELETE = {
    "create_model": ("delete_model", "ModelName"),
    "create_endpoint_config": ("delete_endpoint_config", "EndpointConfigName"),
    "create_endpoint": ("delete_endpoint", "EndpointName"),
}
_CPU = "ml.m5.xlarge"


class Deployment(NamedTuple):
    """Requests that make an endpoint, in their order.

    Attributes:
        name: Of the model, the configuration and the endpoint.
        region: The AWS region.
        requests: Name of boto3's method -> its parameters.
    """

    name: str
    region: str
    requests: dict[str, dict[str, Any]]

    @property
    def costs(self) -> str:
        """What is paid for, in a sentence without prices."""
        variant = self.requests["create_endpoint_config"]["ProductionVariants"][0]
        serverless: Mapping[str, int] | None = variant.get("ServerlessConfig")
        if serverless is not None:
            return (
                f"Serverless, {serverless['MemorySizeInMB']} MB: paid by the requests and by how "
                "long they take, nothing while there are none."
            )
        kind, count = variant["InstanceType"], variant["InitialInstanceCount"]
        family = family_of(kind)
        of = "" if family is None else f" (family {family.name}{_accelerator(family.accelerator)})"
        machines = "machine" if count == 1 else "machines"
        return (
            f"{count} {machines} of {kind}{of}: paid by the hour each, asked or not, until the "
            "endpoint is deleted. https://aws.amazon.com/sagemaker/pricing/ has the prices."
        )

    @property
    def delete_commands(self) -> tuple[str, ...]:
        """The command lines that take all of it back; the first ends the costs."""
        region = ["--region", self.region]
        commands = [shlex.join(["ic-tf", "stop", self.name, "--endpoint", *region])]
        for kind, option in (
            ("delete-endpoint-config", "--endpoint-config-name"),
            ("delete-model", "--model-name"),
        ):
            commands.append(shlex.join(["aws", "sagemaker", kind, option, self.name, *region]))
        return tuple(commands)

    def create(self) -> str:
        """Send the requests; where one is refused, what the others made is deleted again.

        Returns:
            The ARN of the endpoint, which starts for some minutes.

        Raises:
            StorageError: AWS refuses, or is not there.
            MissingExtraError: boto3 is not installed.
        """
        client = s3.service("sagemaker", self.region)
        made: list[str] = []
        answer: dict[str, Any] = {}
        try:
            for method, parameters in self.requests.items():
                with s3.sentences(f"SageMaker did not do {method}"):
                    answer = getattr(client, method)(**parameters)
                made.append(method)
        except IcTfSdkError as error:
            left = [name for name in reversed(made) if not _deleted(client, name, self.name)]
            if left:
                kept = ", ".join(left)
                raise type(error)(
                    f"{error} What {kept} made is still there and could not be deleted: "
                    f"{'; '.join(self.delete_commands[1:])}."
                ) from error
            raise
        arn: str = answer["EndpointArn"]
        return arn


def deployment(
    model_data: str,
    *,
    name: str,
    role: str,
    region: str | None = None,
    instance_type: str | None = None,
    instance_count: int = 1,
    serverless: Serverless | None = None,
) -> Deployment:
    """The requests for an endpoint of a trained model.

    Args:
        model_data: S3 URI of a job's ``model.tar.gz``.
        name: Of the model, the configuration and the endpoint.
        role: ARN of the execution role.
        region: AWS region; None asks the environment.
        instance_type: What it runs on; None without ``serverless`` takes ``ml.m5.xlarge``.
        instance_count: How many of them.
        serverless: For an endpoint without machines of its own.

    Raises:
        UserError: Something of it cannot be; all that is wrong at once.
    """
    chosen = chosen_region(region)
    machine = instance_type or (None if serverless else _CPU)
    wrong: list[str] = []
    model = _or_problem(
        wrong,
        create_model,
        model_data,
        # One image serves the models of all ids.
        catalogue.model_ids()[0],
        name=name,
        role=role,
        instance_type=machine or _CPU,
        region=chosen,
    )
    config = _or_problem(
        wrong,
        create_endpoint_config,
        name,
        instance_type=machine,
        instance_count=instance_count,
        serverless=serverless,
    )
    if wrong:
        raise UserError("\n".join(wrong))
    requests = {"create_model": model, "create_endpoint_config": config}
    requests["create_endpoint"] = {"EndpointName": name, "EndpointConfigName": name}
    return Deployment(name, chosen, requests)


def _or_problem(
    wrong: list[str], make: Callable[..., dict[str, Any]], *given: str, **named: Any
) -> dict[str, Any]:
    """A request; where it cannot be, the reason goes to the others."""
    try:
        return make(*given, **named)
    except UserError as error:
        wrong.append(str(error))
        return {}


def _accelerator(accelerator: str | None) -> str:
    return ", no accelerator" if accelerator is None else f", {accelerator}"


def _deleted(client: Any, method: str, name: str) -> bool:
    delete, argument = _DELETE[method]
    try:
        with s3.sentences(f"SageMaker did not do {delete}"):
            getattr(client, delete)(**{argument: name})
    except IcTfSdkError:
        return False
    return True
