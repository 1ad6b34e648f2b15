"""Everything that can be found out about a job before it costs anything, all at once."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from ic_tf_sdk.contract import folder_names, image_names
from ic_tf_sdk.contract.image_names import ChannelNames
from ic_tf_sdk.errors import DatasetError, HyperparameterError, IcTfSdkError, MissingExtraError
from ic_tf_sdk.launch.sagemaker.job import SageMakerJob
from ic_tf_sdk.launch.sagemaker.training import training_job
from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs import hyperparameters as schema
from ic_tf_sdk.specs import source as content

__all__ = ["Finding", "preflight"]

_ROLE = re.compile(r"arn:aws[a-z\-]*:iam::\d{12}:role/[\w+=,.@/\-]+")

# Enough to see every class of a large set; a listing costs about a cent per 200,000 keys.
_MOST_KEYS = 200_000


@dataclass(frozen=True)
class Finding:
    """One thing to know before the job starts.

    Attributes:
        severity: ``error``: the job would fail. ``warning``: it may run, but look.
        subject: What it is about: ``role``, ``training``, ``hyperparameters`` and so on.
        text: What is wrong, and what to do.
    """

    severity: Literal["error", "warning"]
    subject: str
    text: str


def preflight(
    model_id: str,
    *,
    role: str,
    channels: Mapping[str, str],
    hyperparameters: Mapping[str, object] | None = None,
    today: date | None = None,
    **arguments: Any,
) -> list[Finding]:
    """Look at a job's role, data, URIs, hyperparameters, images and instance type.

    Args:
        model_id: The model to train.
        role: ARN of the execution role.
        channels: Channel name -> S3 URI of a folder of class folders, with ``/`` at its end; or
            such a folder on this machine, a path or a ``file://`` URI, before it is uploaded.
        hyperparameters: What differs from the model's defaults.
        today: For the images' ends of patches; default: now.
        **arguments: Further arguments of ``launch.training_job``, less ``output_path``.

    Returns:
        Every finding, errors first; empty where nothing speaks against the job.

    Raises:
        UnknownModelError: There is no such model.
        MissingExtraError: boto3 is not installed.
    """
    catalogue.record(model_id, arguments.get("model_version", "*"))
    given = dict(hyperparameters or {})
    found = [*_role(role), *_hyperparameters(given)]
    job, problems = _job(model_id, role, given, arguments)
    found += problems
    found += _images(arguments.get("bucket"), today or date.today())  # noqa: DTZ011
    listing = _Listing()
    found += _channels(listing, channels, given)
    if "training" not in channels:
        found.append(Finding("error", "training", "A job needs a training channel."))
    if job is not None:
        found += _exists(listing, "script", job.source_uri)
        found += _exists(listing, "model", job.model_uri)
    return sorted(found, key=lambda item: item.severity)


class _Listing:
    """Keys below a URI, by boto3."""

    def __init__(self) -> None:
        try:
            import boto3
        except ImportError as error:
            raise MissingExtraError("boto3", "aws") from error
        self._client: Any = boto3.client("s3")

    def keys(self, uri: str) -> Iterator[str]:
        """What follows the prefix in each key below it."""
        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=bucket, Prefix=prefix, PaginationConfig={"MaxItems": _MOST_KEYS}
        )
        for page in pages:
            for item in page.get("Contents", []):
                yield item["Key"][len(prefix) :]


def _role(role: str) -> Iterator[Finding]:
    if not _ROLE.fullmatch(role):
        example = "arn:aws:iam::123456789012:role/service-role/NAME"
        yield Finding("error", "role", f"{role!r} is not a role's ARN; it is like {example}.")


def _hyperparameters(given: Mapping[str, object]) -> Iterator[Finding]:
    for problem in schema.problems(given):
        yield Finding("error", "hyperparameters", problem)


def _job(
    model_id: str, role: str, given: Mapping[str, object], arguments: Mapping[str, Any]
) -> tuple[SageMakerJob | None, list[Finding]]:
    """The job as it would be sent, with what building it says; bad hyperparameters left aside."""
    import warnings

    usable = {} if schema.problems(given) else given
    found: list[Finding] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            made: SageMakerJob | None = training_job(
                model_id,
                role=role,
                output_path="s3://not-looked-at",
                hyperparameters=usable,
                **arguments,
            )
        except HyperparameterError as error:
            made = None
            found += [Finding("error", "hyperparameters", text) for text in error.problems]
        except IcTfSdkError as error:
            made = None
            found.append(Finding("error", "job", str(error)))
    found += [Finding("warning", "job", str(item.message)) for item in caught]
    return made, found


def _images(bucket: str | None, today: date) -> Iterator[Finding]:
    source = content.of_bucket(bucket)
    # What is trained by AWS's own script is served by AWS's image; dates of those are not known.
    for scope, end in source.facts["end_of_patch"].items():
        if end and date.fromisoformat(end) < today:
            text = f"The {scope} image gets no more security patches since {end}."
            yield Finding("warning", f"{scope} image", text)


def _guarded(subject: str, uri: str, look: Callable[[], list[Finding]]) -> list[Finding]:
    """What looking found, or the reason why S3 did not let it."""
    from botocore.exceptions import BotoCoreError, ClientError

    if not uri.startswith("s3://"):
        return [Finding("error", subject, f"{uri!r} is not an S3 URI: s3://bucket/folder/.")]
    try:
        return look()
    except (BotoCoreError, ClientError) as error:
        return [Finding("error", subject, f"{uri} cannot be read: {error}")]


def _exists(listing: _Listing, subject: str, uri: str) -> list[Finding]:
    def look() -> list[Finding]:
        if next(listing.keys(uri), None) is not None:
            return []
        text = f"Nothing is at {uri}; `ic-tf publish` puts this package's content into a bucket."
        return [Finding("error", subject, text)]

    return _guarded(subject, uri, look)


def _channels(
    listing: _Listing, channels: Mapping[str, str], given: Mapping[str, object]
) -> Iterator[Finding]:
    """What speaks against each channel's names, by the rule that training itself goes by."""
    labels: tuple[str, ...] | None = None
    # The training channel first: the other channels' classes must be among its own.
    for channel in sorted(channels, key=lambda name: name != "training"):
        location = channels[channel]
        names, findings = _names(listing, channel, location)
        yield from findings
        if names is None:
            continue
        if channel == "training":
            labels = names.labels
        known = None if channel == "training" else labels or names.labels
        problems = image_names.problems(names, location, labels=known)
        if channel == "training" and not problems and str(given.get("binary_mode")) == "True":
            problems = [image_names.binary_problem(names.labels, location) or ""]
        yield from (Finding("error", channel, text) for text in problems if text)
        passed_over = image_names.passed_over(names.ignored, names.strays)
        if passed_over:
            yield Finding("warning", channel, passed_over)


def _names(
    listing: _Listing, channel: str, location: str
) -> tuple[ChannelNames | None, list[Finding]]:
    """The names below a location, or None where they cannot be known, and what is said of it."""
    folder = _local_folder(location)
    if folder is not None:
        text = f"{folder} is on this machine; a job reads S3. Upload it, and check its URI."
        try:
            names = image_names.read(folder_names.below(folder))
        except DatasetError as error:
            return None, [Finding("error", channel, str(error))]
        return names, [Finding("warning", channel, text)]
    keys: list[str] = []

    def look() -> list[Finding]:
        keys.extend(key for key in listing.keys(location.rstrip("/") + "/") if key)
        if not keys:
            return [Finding("error", channel, f"Nothing is below {location}.")]
        if location.endswith("/"):
            return []
        text = f"{location} must end in '/': else its last name is taken for a class or cut off."
        return [Finding("error", channel, text)]

    findings = _guarded(channel, location, look)
    return image_names.read(keys) if keys else None, findings


def _local_folder(location: str) -> Path | None:
    path = Path(location)
    if location.startswith("file://"):
        # It brings http and ssl along.
        from urllib.request import url2pathname

        path = Path(url2pathname(urlsplit(location).path))
    return path if path.is_dir() else None
