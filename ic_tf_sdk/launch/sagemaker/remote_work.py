"""A training job or an endpoint of SageMaker by its name: how it is, its end, and stopping it."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from ic_tf_sdk import s3
from ic_tf_sdk.errors import IcTfSdkError, UserError, did_you_mean, nearest
from ic_tf_sdk.specs.regions import chosen_region

__all__ = ["RemoteWork"]

_LISTED = 100


class _Kind(NamedTuple):
    """What the API calls one kind of work."""

    noun: str
    argument: str
    status: str
    arn: str
    describe: str
    stop: str
    waiter: str
    listing: tuple[str, str]
    done: tuple[str, ...]
    under_way: tuple[str, ...]
    logs: str


_JOB = _Kind(
    "training job", "TrainingJobName", "TrainingJobStatus", "TrainingJobArn",
    "describe_training_job", "stop_training_job", "training_job_completed_or_stopped",
    ("list_training_jobs", "TrainingJobSummaries"), ("Completed",), ("InProgress", "Stopping"),
    "/aws/sagemaker/TrainingJobs",
)  # fmt: skip
_ENDPOINT = _Kind(
    "endpoint", "EndpointName", "EndpointStatus", "EndpointArn",
    "describe_endpoint", "delete_endpoint", "endpoint_in_service",
    ("list_endpoints", "Endpoints"), ("InService",), ("Creating", "Updating", "SystemUpdating"),
    "/aws/sagemaker/Endpoints/{name}",
)  # fmt: skip


class RemoteWork:
    """A training job or an endpoint.

    Args:
        name: Its name, or its ARN.
        endpoint: Whether it is an endpoint.
        region: AWS region; None asks the environment, or takes the ARN's.

    Raises:
        MissingExtraError: boto3 is not installed.
        UserError: The name is an ARN of something else.

    Attributes:
        name: Its name.
        region: The AWS region.
        noun: ``"training job"`` or ``"endpoint"``.
        log_group: The CloudWatch log group of its lines.
    """

    def __init__(self, name: str, *, endpoint: bool = False, region: str | None = None) -> None:
        self._kind = _ENDPOINT if endpoint else _JOB
        if name.startswith("arn:"):
            name, region = _of_arn(name, self._kind, region)
        self.name, self.region = name, chosen_region(region)
        self.noun = self._kind.noun
        self.log_group = self._kind.logs.format(name=name)
        self._client = s3.service("sagemaker", self.region)

    def describe(self) -> dict[str, Any]:
        """What SageMaker says of it.

        Raises:
            UserError: There is none of this name; the nearest names are told.
            StorageError: AWS refuses, or is not there.
        """
        with s3.sentences(f"SageMaker did not describe the {self.noun} {self.name!r}"):
            try:
                return dict(getattr(self._client, self._kind.describe)(**self._named()))
            except Exception as error:
                if not _says_unknown(error):
                    raise
        raise UserError(self._unknown())

    def status(self, described: Mapping[str, Any]) -> str:
        """Its state in a word, of what ``describe`` returned."""
        return str(described.get(self._kind.status, "Unknown"))

    def is_done(self, described: Mapping[str, Any]) -> bool:
        """Whether it is as it should be: completed, or in service."""
        return self.status(described) in self._kind.done

    def is_under_way(self, described: Mapping[str, Any]) -> bool:
        """Whether its state will change by itself."""
        return self.status(described) in self._kind.under_way

    def wait(self, *, seconds: int, between: int) -> dict[str, Any]:
        """Wait until its state changes no more by itself.

        Args:
            seconds: How long at most.
            between: Seconds between two looks.

        Returns:
            What ``describe`` says then, also where the time is over.

        Raises:
            UserError: There is none of this name.
            StorageError: AWS refuses, or is not there.
        """
        described = self.describe()
        if not self.is_under_way(described):
            return described
        waiter = self._client.get_waiter(self._kind.waiter)
        config = {"Delay": between, "MaxAttempts": max(1, seconds // between)}
        with s3.sentences(f"SageMaker did not describe the {self.noun} {self.name!r}"):
            try:
                waiter.wait(**self._named(), WaiterConfig=config)
            except Exception as error:
                # It raises of work that failed, and of time that is over; how it is, is told below.
                answer = s3.answer_of(error)
                if answer is None or "Error" in answer:
                    raise
        return self.describe()

    def stop(self) -> None:
        """Stop the job, whose model so far is kept, or delete the endpoint.

        Raises:
            UserError: There is none of this name.
            StorageError: AWS refuses, or is not there.
        """
        with s3.sentences(f"SageMaker did not stop the {self.noun} {self.name!r}"):
            try:
                getattr(self._client, self._kind.stop)(**self._named())
            except Exception as error:
                if not _says_unknown(error):
                    raise
            else:
                return
        raise UserError(self._unknown())

    def _named(self) -> dict[str, str]:
        return {self._kind.argument: self.name}

    def _unknown(self) -> str:
        said = f"There is no {self.noun} {self.name!r} in {self.region}."
        method, key = self._kind.listing
        try:
            with s3.sentences("SageMaker did not list"):
                found = getattr(self._client, method)(MaxResults=_LISTED)[key]
        except IcTfSdkError:
            found = []
        names = [str(one[self._kind.argument]) for one in found]
        close = did_you_mean(nearest(self.name, names))
        return f"{said}{close or ' Another region may have it (--region).'}"


def _says_unknown(error: Exception) -> bool:
    answer = s3.answer_of(error) or {}
    text = str(answer.get("Error", {}).get("Message", "")).casefold()
    return "not found" in text or "could not find" in text or "does not exist" in text


def _of_arn(arn: str, kind: _Kind, region: str | None) -> tuple[str, str]:
    parts = arn.split(":")
    what, _, name = parts[-1].partition("/")
    if len(parts) != 6 or what != kind.noun.replace(" ", "-") or not name:
        article = "an" if kind is _ENDPOINT else "a"
        raise UserError(f"{arn} is not the ARN of {article} {kind.noun}; give its name or ARN.")
    return name, region or parts[3]
