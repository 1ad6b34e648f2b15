"""Everything that can be found out about a job before it costs anything, all at once."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from typing_extensions import Unpack

from ic_tf_sdk import s3
from ic_tf_sdk.contract import class_counts, folder_names, image_names
from ic_tf_sdk.contract.image_names import ChannelNames
from ic_tf_sdk.errors import (
    DatasetError,
    HyperparameterError,
    IcTfSdkError,
    StorageError,
    UserError,
)
from ic_tf_sdk.launch.keywords import explicit
from ic_tf_sdk.launch.open_values import Text
from ic_tf_sdk.launch.sagemaker import job_checks
from ic_tf_sdk.launch.sagemaker.job import SageMakerJob
from ic_tf_sdk.launch.sagemaker.job_checks import Problem
from ic_tf_sdk.launch.sagemaker.job_options import (
    DEFAULTS,
    JobArguments,
    JobOptions,
    validated,
)
from ic_tf_sdk.launch.sagemaker.training import longest_run, training_job
from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs import hyperparameters as schema
from ic_tf_sdk.specs import source as content
from ic_tf_sdk.specs.pipeline_variable import is_pipeline_variable

__all__ = ["Finding", "preflight"]

# A job must have one; nothing is written there.
_OUTPUT = "s3://not-looked-at"

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
    role: Text,
    channels: Mapping[str, Text],
    today: date | None = None,
    **options: Unpack[JobOptions],
) -> list[Finding]:
    """Look at a job's role, data, URIs, hyperparameters, images and instance type, all at once.

    Args:
        model_id: The model to train.
        role: ARN of the execution role.
        channels: Channel name -> S3 URI of a folder of class folders, with ``/`` at its end; or
            such a folder on this machine, a path or a ``file://`` URI, before it is uploaded.
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
        >>> findings[0].text[:26]
        "role cannot be 'training':"
    """
    arguments = validated({"role": role, "output_path": _OUTPUT, **options})
    defaults = catalogue.record(model_id, options.get("model_version", "*")).hyperparameters
    given = dict(options.get("hyperparameters") or {})
    wrong = [Problem("hyperparameters", text) for text in _problems(given, defaults)]
    illegal = _illegal(arguments, channels)
    findings = [Finding("error", *problem) for problem in (*illegal, *wrong)]
    hyperparameters = _usable(given, defaults)
    legal = cast("JobOptions", job_checks.without(options, illegal))
    job, problems = _job(model_id, role, hyperparameters, legal)
    findings += problems
    findings += _left_open("role") if is_pipeline_variable(role) else []
    findings += _images(options.get("bucket"), today or date.today())  # noqa: DTZ011
    client = s3.Client(region=options.get("region"))
    known = {n: value for n, value in hyperparameters.items() if not is_pipeline_variable(value)}
    findings += _channels(client, channels, known)
    if job is not None:
        findings += _exists(client, "script", job.source_uri)
        if not is_pipeline_variable(job.model_uri):
            findings += _exists(client, "model", job.model_uri)
    return sorted(dict.fromkeys(findings), key=lambda item: item.severity)


def _illegal(arguments: JobArguments, channels: Mapping[str, Text]) -> list[Problem]:
    """What the API refuses; of a folder on this machine it is said where the folder is read."""
    remote = {n: uri if _local_folder(uri) is None else None for n, uri in channels.items()}
    options = job_checks.of_options(cast("Mapping[str, Any]", arguments), longest_run())
    request = job_checks.of_request(arguments["role"], remote)
    return list(dict.fromkeys([*options, *request]))


def _left_open(subject: str) -> list[Finding]:
    text = "It is a pipeline variable: nothing can be said of it before the pipeline runs."
    return [Finding("warning", subject, text)]


def _usable(values: Mapping[str, object], defaults: Mapping[str, str]) -> dict[str, Any]:
    """What can be used of the hyperparameters: other findings do not wait until all are right."""
    usable = {n: value for n, value in values.items() if not _problems({n: value}, defaults)}
    return {} if _problems(usable, defaults) else schema.texts(usable, defaults)


def _problems(values: Mapping[str, object], defaults: Mapping[str, str]) -> list[str]:
    return schema.problems(values, defaults, open_values=True)


def _job(
    model_id: str, role: Text, hyperparameters: Mapping[str, object], options: JobOptions
) -> tuple[SageMakerJob | None, list[Finding]]:
    """The job as it would be sent, with what building it says; bad hyperparameters left aside."""
    import warnings

    usable: JobOptions = {**options, "hyperparameters": hyperparameters}
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


def _guarded(
    subject: str, uri: str, look: Callable[[s3.S3Uri], Iterator[Finding]]
) -> list[Finding]:
    """The findings of looking at a URI, and the reason why S3 did not let it."""
    findings: list[Finding] = []
    try:
        findings.extend(look(s3.parse(uri)))
    except UserError as error:
        findings.append(Finding("error", subject, str(error)))
    except StorageError as error:
        if error.kind == "credentials":
            # The same for each URI, and no fault of any.
            return [Finding("error", "credentials", str(error))]
        findings.append(Finding("error", subject, f"{uri} cannot be read: {error}"))
    return findings


def _exists(client: s3.Client, subject: str, uri: str) -> list[Finding]:
    def look(place: s3.S3Uri) -> Iterator[Finding]:
        if next(client.entries(place, most=1), None) is None:
            text = f"Nothing is at {uri}; `ic-tf publish` puts this package's content there."
            yield Finding("error", subject, text)

    return _guarded(subject, uri, look)


def _channels(
    client: s3.Client, channels: Mapping[str, Text], hyperparameters: Mapping[str, object]
) -> Iterator[Finding]:
    """What speaks against each channel's names, by the rule that training itself goes by."""
    binary = str(hyperparameters.get("binary_mode")) == "True"
    labels: tuple[str, ...] | None = None
    # The training channel first: the other channels' classes must be among its own.
    for channel in sorted(channels, key=lambda name: name != "training"):
        location = channels[channel]
        if is_pipeline_variable(location):
            yield from _left_open(channel)
            continue
        if _local_folder(location) is None and s3.problem(location):
            # Said already, and there is nothing to list.
            continue
        names, findings = _names(client, channel, location)
        yield from findings
        if names is None:
            continue
        if channel == "training":
            labels = names.labels
        known = None if channel == "training" else labels or names.labels
        problems = image_names.problems(names, location, labels=known)
        if channel == "training" and not problems and binary:
            problems = [image_names.binary_problem(names.labels, location) or ""]
        if channel == "training" and not any(problems) and "validation" not in channels:
            problems = [_unsplittable(names, location, hyperparameters) or ""]
        yield from (Finding("error", channel, text) for text in problems if text)
        passed_over = image_names.passed_over(names.ignored, names.strays)
        if passed_over:
            yield Finding("warning", channel, passed_over)


def _unsplittable(
    names: ChannelNames, location: str, hyperparameters: Mapping[str, object]
) -> str | None:
    """Why training could not split validation images off, as far as the names tell."""
    counts = {label: len(images) for label, images in names.classes.items()}
    # Of a listing that was cut short the last class is not known.
    if (
        schema.parse(hyperparameters).validation_split_ratio == 0
        or sum(counts.values()) >= _MOST_KEYS
    ):
        return None
    return class_counts.unsplittable(counts, location)


def _names(
    client: s3.Client, channel: str, location: str
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

    def look(place: s3.S3Uri) -> Iterator[Finding]:
        folder = place.as_folder()
        listed = (e.uri.key[len(folder.key) :] for e in client.entries(folder, most=_MOST_KEYS))
        keys.extend(key for key in listed if key)
        if not keys:
            yield Finding("error", channel, f"Nothing is below {location}.")

    findings = _guarded(channel, location, look)
    return image_names.read(keys) if keys else None, findings


def _local_folder(location: Text) -> Path | None:
    if is_pipeline_variable(location):
        return None
    path = Path(location)
    if location.startswith("file://"):
        # It brings http and ssl along.
        from urllib.request import url2pathname

        path = Path(url2pathname(urlsplit(location).path))
    return path if path.is_dir() else None
