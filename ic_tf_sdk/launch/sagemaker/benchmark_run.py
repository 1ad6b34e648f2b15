"""The tuning jobs of a benchmark, started a few at a time and waited for; none is started twice."""

import json
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from ic_tf_sdk import extras, s3
from ic_tf_sdk.contract import file_access, output_files
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.sagemaker import published_content
from ic_tf_sdk.launch.sagemaker.benchmark_job import BenchmarkJob

__all__ = ["recorded", "run", "started"]

_ENDED = ("Completed", "Failed", "Stopped", "DeleteFailed")


def run(
    jobs: Sequence[BenchmarkJob],
    record: Path,
    *,
    publish: bool,
    on_line: Callable[[str], None],
    at_once: int,
    seconds: float,
) -> None:
    """Start the jobs and wait until each has ended.

    Args:
        jobs: What to run.
        record: The JSON file that says which were started.
        publish: Whether to publish what is missing.
        on_line: Called with a line for each that begins or ends.
        at_once: How many run at a time at most.
        seconds: How often SageMaker is asked.

    Raises:
        UserError: The record is of another benchmark, or content is missing.
        StorageError: AWS refuses, or is not there.
        MissingExtraError: boto3 is not installed.
    """
    extras.require("boto3")
    jobs = recorded(jobs, record) if record.exists() else jobs
    for job in {str(job.training.model_uri): job for job in jobs}.values():
        published_content.ensure(job.training, publish=publish)
    with file_access.refusals(record):
        # Before anything is sent: what is started is always known.
        output_files.write_json(record, [_entry(job) for job in jobs])
    waiting, running = list(jobs), list[BenchmarkJob]()
    while waiting or running:
        while waiting and len(running) < at_once:
            job = waiting.pop(0)
            on_line(f"{job.name}: {job.model_id} on {job.dataset}, {_start(job)}")
            running.append(job)
        for job in list(running):
            status = _status(job)
            if status in _ENDED:
                running.remove(job)
                on_line(f"{job.name}: {status}")
        if running:
            time.sleep(seconds)


def recorded(jobs: Sequence[BenchmarkJob], record: Path) -> list[BenchmarkJob]:
    """The jobs under the names that a record has for them.

    Args:
        jobs: What the benchmark consists of.
        record: The file of ``run``.

    Raises:
        UserError: It cannot be read, or is of other models or data sets.
    """
    try:
        entries = json.loads(record.read_bytes())
        names = {(one["model_id"], one["dataset"]): str(one["name"]) for one in entries}
    except OSError as error:
        raise UserError(f"{record} cannot be read: {error.strerror}. A run writes it.") from error
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(f"{record} is no record of a benchmark; give the file of a run.") from error
    if set(names) != {(job.model_id, job.dataset) for job in jobs}:
        raise UserError(
            f"{record} is of a benchmark of other models or data sets; give another file."
        )
    return [_named(job, names[job.model_id, job.dataset]) for job in jobs]


def _named(job: BenchmarkJob, name: str) -> BenchmarkJob:
    request = json.loads(json.dumps(job.request).replace(job.name, name))
    return job._replace(request=request)


def _entry(job: BenchmarkJob) -> dict[str, str]:
    entry = {"model_id": job.model_id, "dataset": job.dataset, "name": job.name}
    return {**entry, "region": job.region}


def _start(job: BenchmarkJob) -> str:
    """Start a job, unless it was; what has become of it, for people."""
    client = s3.service("sagemaker", job.region)
    if described := started(client, job.name):
        return f"which was started before ({described['HyperParameterTuningJobStatus']})"
    with s3.sentences(f"SageMaker did not take the tuning job {job.name}"):
        client.create_hyper_parameter_tuning_job(**job.request)
    return "started"


def _status(job: BenchmarkJob) -> str:
    client = s3.service("sagemaker", job.region)
    described = started(client, job.name)
    return "Failed" if described is None else str(described["HyperParameterTuningJobStatus"])


def started(client: Any, name: str) -> dict[str, Any] | None:
    """What SageMaker says of a tuning job; None where there is none.

    Args:
        client: boto3's, of SageMaker.
        name: The job's name.

    Raises:
        StorageError: It refuses, or is not there.
    """
    with s3.sentences(f"The tuning job {name} cannot be asked for"), suppress(KeyError):
        try:
            answer: dict[str, Any] = client.describe_hyper_parameter_tuning_job(
                HyperParameterTuningJobName=name
            )
        except Exception as error:
            if s3.refusal_code(error) not in ("ResourceNotFound", "ValidationException"):
                raise
            return None
        return answer
    return None
