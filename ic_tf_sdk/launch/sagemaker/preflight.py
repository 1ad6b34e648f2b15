"""Everything that can be found out about a job before it costs anything, all at once."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from typing_extensions import Unpack

from ic_tf_sdk.errors import HyperparameterError, IcTfSdkError, MissingExtraError
from ic_tf_sdk.launch.keywords import explicit
from ic_tf_sdk.launch.sagemaker.job import SageMakerJob
from ic_tf_sdk.launch.sagemaker.job_options import DEFAULTS, JobOptions, validated
from ic_tf_sdk.launch.sagemaker.training import training_job
from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs import hyperparameters as schema
from ic_tf_sdk.specs import source as content

__all__ = ["Finding", "preflight"]

_ROLE = re.compile(r"arn:aws[a-z\-]*:iam::\d{12}:role/[\w+=,.@/\-]+")
# A job must have one; nothing is written there.
_OUTPUT = "s3://not-looked-at"
_IMAGES = (".jpg", ".jpeg", ".png")

# Enough to see every class of a large set; a listing costs about a cent per 200,000 keys.
_MOST_KEYS = 200_000


@dataclass(frozen=True)
class Finding:
    """One thing to know before the job starts.

    Attributes:
        severity: ``error``: the job would fail. ``warning``: it may run, but look.
        subject: What it is about: ``role``, ``training``, ``hyperparameters`` and so on.
        text: What is wrong, and what to do.

    Example:
        >>> finding = Finding("warning", "training", "3 files are no pictures: notes.txt ...")
        >>> f"{finding.severity}: {finding.subject}"
        'warning: training'
    """

    severity: Literal["error", "warning"]
    subject: str
    text: str


@explicit(JobOptions, DEFAULTS)
def preflight(
    model_id: str,
    *,
    role: str,
    channels: Mapping[str, str],
    today: date | None = None,
    **options: Unpack[JobOptions],
) -> list[Finding]:
    """Look at a job's role, data, URIs, hyperparameters, images and instance type, all at once.

    Args:
        model_id: The model to train.
        role: ARN of the execution role.
        channels: Channel name -> S3 URI of a folder of class folders, with ``/`` at its end.
        today: Day to hold against the images' ends of patches; None is today.
        **options: As of ``launch.JobOptions``.

    Returns:
        Every finding, errors first; empty where nothing speaks against the job.

    Raises:
        UnknownModelError: There is no such model.
        UserError: An option has a wrong name, or a value of a wrong kind.
        MissingExtraError: boto3 is not installed.

    Example:
        >>> channels = {"training": "s3://my-bucket/flowers/"}
        >>> findings = preflight(model_id, role="training", channels=channels)
        >>> findings[0].severity, findings[0].subject
        ('error', 'role')
        >>> findings[0].text[:34]
        "'training' is not a role's ARN; it"
    """
    validated({"role": role, "output_path": _OUTPUT, **options})
    catalogue.record(model_id, options.get("model_version", "*"))
    hyperparameters = dict(options.get("hyperparameters") or {})
    findings = [*_role(role), *_hyperparameters(hyperparameters)]
    job, problems = _job(model_id, role, hyperparameters, options)
    findings += problems
    findings += _images(options.get("bucket"), today or date.today())  # noqa: DTZ011
    listing = _Listing()
    for name, uri in channels.items():
        findings += _channel(listing, name, uri, hyperparameters)
    if "training" not in channels:
        findings.append(Finding("error", "training", "A job needs a training channel."))
    if job is not None:
        findings += _exists(listing, "script", job.source_uri)
        findings += _exists(listing, "model", job.model_uri)
    return sorted(findings, key=lambda item: item.severity)


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


def _hyperparameters(hyperparameters: Mapping[str, object]) -> Iterator[Finding]:
    for problem in schema.problems(hyperparameters):
        yield Finding("error", "hyperparameters", problem)


def _job(
    model_id: str, role: str, hyperparameters: Mapping[str, object], options: JobOptions
) -> tuple[SageMakerJob | None, list[Finding]]:
    """The job as it would be sent, with what building it says; bad hyperparameters left aside."""
    import warnings

    usable: JobOptions = {**options}
    usable["hyperparameters"] = {} if schema.problems(hyperparameters) else hyperparameters
    findings: list[Finding] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            job: SageMakerJob | None = training_job(
                model_id,
                role=role,
                output_path=_OUTPUT,
                **usable,
            )
        except HyperparameterError as error:
            job = None
            findings += [Finding("error", "hyperparameters", text) for text in error.problems]
        except IcTfSdkError as error:
            job = None
            findings.append(Finding("error", "job", str(error)))
    findings += [Finding("warning", "job", str(item.message)) for item in caught]
    return job, findings


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


def _channel(listing: _Listing, name: str, uri: str, given: Mapping[str, object]) -> list[Finding]:
    def look() -> list[Finding]:
        found = []
        if not uri.endswith("/"):
            text = f"{uri} must end in '/': else its last name is taken for a class or cut off."
            found.append(Finding("error", name, text))
        return found + list(_pictures(name, uri, [*listing.keys(uri.rstrip("/") + "/")], given))

    return _guarded(name, uri, look)


def _pictures(
    name: str, uri: str, keys: list[str], given: Mapping[str, object]
) -> Iterator[Finding]:
    files = [key for key in keys if key and not key.endswith("/")]
    if not files:
        yield Finding("error", name, f"Nothing is below {uri}.")
        return
    images = [key for key in files if key.lower().endswith(_IMAGES) and key.count("/") == 1]
    classes = Counter(key.split("/")[0] for key in images)
    if len(classes) < 2:
        text = f"{uri} has {len(classes)} class folders with images; it needs at least two."
        yield Finding("error", name, text)
    elif str(given.get("binary_mode")) == "True" and len(classes) != 2:
        text = f"binary_mode needs exactly two classes; {uri} has {len(classes)}."
        yield Finding("error", name, text)
    others = sorted(set(files) - set(images))
    if others:
        shown = ", ".join(others[:3]) + (" ..." if others[3:] else "")
        text = f"{len(others)} files are no .jpg, .jpeg or .png in a class folder: {shown}."
        yield Finding("warning", name, text)
