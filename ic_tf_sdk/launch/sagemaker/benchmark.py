"""Several models on several data sets: a tuning job of SageMaker for each pair.

What AWS's notebook *JumpStart - Image Classification Benchmarking and Model Selection* does: each
model is tuned on each data set, its learning rate being the model's own or a fifth of it, and the
best training jobs are compared on the test images.

::

    from ic_tf_sdk import launch

    flowers = {
        name: f"s3://my-bucket/flowers/{name}/" for name in ("training", "validation", "test")
    }
    plan = launch.benchmark(
        model_ids, {"flowers": flowers}, role=role, output_path="s3://my-bucket/output"
    )
    print(plan.cost)
    results = plan.run("benchmark.json")
    results["flowers"]
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from typing_extensions import Unpack

from ic_tf_sdk.launch import tuning
from ic_tf_sdk.launch.keywords import explicit
from ic_tf_sdk.launch.sagemaker import benchmark_run, job_checks
from ic_tf_sdk.launch.sagemaker.benchmark_job import BenchmarkJob
from ic_tf_sdk.launch.sagemaker.job_checks import Problem
from ic_tf_sdk.launch.sagemaker.job_options import DEFAULTS, JobOptions
from ic_tf_sdk.launch.sagemaker.training import checked_options, training_job
from ic_tf_sdk.launch.sagemaker.tuning_request import TuningPlan, create_tuning_job
from ic_tf_sdk.launch.selection import Selection
from ic_tf_sdk.launch.tuning import Categorical, Range, Strategy
from ic_tf_sdk.specs import hyperparameters as schema

__all__ = ["HYPERPARAMETERS", "Benchmark", "BenchmarkData", "benchmark"]

HYPERPARAMETERS: Mapping[str, str] = {
    "epochs": "5",
    "early_stopping": "True",
    "early_stopping_patience": "3",
    "early_stopping_min_delta": "0.0",
}
"""What AWS's notebook sets for every job."""

_PARALLEL_TUNING_JOBS = 8
_LONGEST_NAME = 32


class BenchmarkData(NamedTuple):
    """A data set in S3.

    Attributes:
        channels: Channel name -> S3 URI of a folder, with ``/`` at its end: ``training`` and
            ``test``, and ``validation``. The models are compared on ``test``.
        hyperparameters: Those of this data set, for example ``binary_mode``.

    Example:
        >>> channels = {name: f"s3://my-bucket/ants/{name}/" for name in ("training", "test")}
        >>> BenchmarkData(channels, {"binary_mode": "True"}).hyperparameters
        {'binary_mode': 'True'}
    """

    channels: Mapping[str, str]
    hyperparameters: Mapping[str, object] = {}


class Benchmark(NamedTuple):
    """Tuning jobs, not yet sent.

    Attributes:
        jobs: One for each model and data set.

    Example:
        >>> Benchmark(()).requests
        []
    """

    jobs: tuple[BenchmarkJob, ...]

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The parameters of boto3's ``create_hyper_parameter_tuning_job``, for each job."""
        return [job.request for job in self.jobs]

    @property
    def cost(self) -> str:
        """What is paid: how many training jobs, on which instances, for how long at most."""
        machines = {job.instance_type for job in self.jobs}
        trainings = sum(job.max_jobs for job in self.jobs)
        parallel = sum(sorted((job.max_parallel_jobs for job in self.jobs), reverse=True)[:8])
        hours = max((job.max_seconds for job in self.jobs), default=0) / 3600
        return (
            f"{len(self.jobs)} tuning jobs of {trainings} training jobs in all, on "
            f"{', '.join(sorted(machines))}, each of {hours:g} hours at most, {parallel} at a time "
            "at most. What an hour of an instance costs: https://aws.amazon.com/sagemaker/pricing/"
        )

    def run(
        self,
        record: str | Path,
        *,
        publish: bool = False,
        on_line: Callable[[str], None] = print,
        seconds_between_looks: float = 30.0,
    ) -> dict[str, Selection]:
        """Start the tuning jobs, at most eight at a time, wait for them, and compare the models.

        It costs money. A run that was interrupted leaves its jobs running; with the same record the
        next one waits for those, starts the others, and starts none twice.

        Args:
            record: A JSON file that says which jobs were started; made where it is missing.
            publish: Whether to publish this package's content that is missing, as of
                ``launch.estimator``; else it is refused.
            on_line: Called with a line for each job that begins or ends.
            seconds_between_looks: How often SageMaker is asked.

        Returns:
            Data set -> its comparison, as of ``results``.

        Raises:
            UserError: The record is of another benchmark, or content is missing.
            StorageError: AWS refuses, or is not there.
        """
        benchmark_run.run(
            self.jobs,
            Path(record),
            publish=publish,
            on_line=on_line,
            at_once=_PARALLEL_TUNING_JOBS,
            seconds=seconds_between_looks,
        )
        return self.results(record)

    def results(self, record: str | Path) -> dict[str, Selection]:
        """Data set -> the models by their accuracy on its test images, and which one is picked.

        What has failed, was never started or has not ended is in ``failures``, with the reason.

        Args:
            record: The file of ``run``.

        Raises:
            UserError: The record cannot be read, or is of another benchmark.
            StorageError: AWS refuses, or is not there.
        """
        from ic_tf_sdk.launch.sagemaker import benchmark_results

        return benchmark_results.read(benchmark_run.recorded(self.jobs, Path(record)))


@explicit(JobOptions, DEFAULTS)
def benchmark(
    models: Sequence[str],
    datasets: Mapping[str, BenchmarkData | Mapping[str, str]],
    *,
    role: str,
    output_path: str,
    ranges: Mapping[str, Range] | None = None,
    objective: str = tuning.OBJECTIVE,
    max_jobs: int = 2,
    max_parallel_jobs: int = 2,
    strategy: Strategy = "Bayesian",
    **options: Unpack[JobOptions],
) -> Benchmark:
    """The tuning jobs that compare models on data sets; nothing is sent.

    As in AWS's notebook a job has five epochs and early stopping; ``hyperparameters`` change that.

    Args:
        models: Model ids of the catalogue.
        datasets: Name -> its data; the channels alone will do.
        role: ARN of the execution role.
        output_path: S3 URI below which results go.
        ranges: What each tuning job tunes over; None takes the learning rate, of the values that
            the job would have and a fifth of it, as AWS's notebook does.
        objective: Name of a metric, by which the best training job of each tuning job is picked.
        max_jobs: Training jobs of each tuning job.
        max_parallel_jobs: Of those, at a time.
        strategy: How the next values are picked.
        **options: As of ``launch.JobOptions``.

    Raises:
        UserError: One of its subclasses in :mod:`ic_tf_sdk.errors`; every wrong name and every
            wrong value at once.

    Example:
        >>> channels = {name: f"s3://my-bucket/ants/{name}/" for name in ("training", "test")}
        >>> plan = benchmark(
        ...     [model_id], {"ants": channels}, role=role, output_path="s3://my-bucket/output"
        ... )
        >>> [request] = plan.requests
        >>> ranges = request["HyperParameterTuningJobConfig"]["ParameterRanges"]
        >>> ranges["CategoricalParameterRanges"]
        [{'Name': 'learning_rate', 'Values': ['0.001', '0.0002']}]
    """
    data = {name: _data(given) for name, given in datasets.items()}
    _check(models, data, role, max_jobs, max_parallel_jobs)
    checked_options(None, role=role, output_path=output_path, **options)
    plan = TuningPlan(ranges or {}, objective, max_jobs, max_parallel_jobs, strategy)
    arguments: Any = {**options, "role": role, "output_path": output_path}
    ending = secrets.token_hex(3)
    pairs = enumerate((model_id, name) for model_id in models for name in data)
    return Benchmark(
        tuple(
            _job(f"bm-{number:03d}-", ending, (model_id, name), data[name], plan, arguments)
            for number, (model_id, name) in pairs
        )
    )


def _job(
    start: str,
    ending: str,
    pair: tuple[str, str],
    data: BenchmarkData,
    plan: TuningPlan,
    arguments: Mapping[str, Any],
) -> BenchmarkJob:
    """The tuning job of a model on a data set.

    Args:
        start: Beginning of its name.
        ending: End of its name.
        pair: The model and the data set's name.
        data: The data set.
        plan: What it is after; without ranges the learning rate is tuned.
        arguments: Those of ``training_job``.
    """
    given: dict[str, object] = {**HYPERPARAMETERS, **data.hyperparameters}
    given = _over(given, arguments.get("hyperparameters") or {})
    job = training_job(pair[0], **{**arguments, "hyperparameters": given})
    if not plan.ranges:
        plan = plan._replace(ranges=_learning_rates(job.hyperparameters))
    name = _name(start, job.base_job_name, ending)
    request = create_tuning_job(job, plan, job_name=name, channels=data.channels)
    return BenchmarkJob(job.model_id, pair[1], job.region, request, job)


def _data(given: BenchmarkData | Mapping[str, str]) -> BenchmarkData:
    return given if isinstance(given, BenchmarkData) else BenchmarkData(given)


def _over(given: Mapping[str, object], more: Mapping[str, object]) -> dict[str, object]:
    """Hyperparameters, and others that take their place under whatever spelling."""
    names = set(map(schema.canonical_name, more))
    return {n: v for n, v in given.items() if schema.canonical_name(n) not in names} | dict(more)


def _learning_rates(hyperparameters: Mapping[str, Any]) -> dict[str, Range]:
    rate = float(hyperparameters["learning_rate"])
    return {"learning_rate": Categorical((f"{rate:g}", f"{rate / 5:g}"))}


def _name(start: str, base: str, ending: str) -> str:
    """A name that no other tuning job has, of at most 32 characters."""
    middle = base.removeprefix("imagenet-")[: _LONGEST_NAME - len(start) - len(ending) - 1]
    return f"{start}{middle.strip('-')}-{ending}"


def _check(
    models: Sequence[str],
    data: Mapping[str, BenchmarkData],
    role: str,
    max_jobs: int,
    max_parallel_jobs: int,
) -> None:
    """Refuse what no comparison could be made of, all of it at once."""
    problems = []
    if isinstance(models, str) or not models or not data:
        text = "A benchmark takes a list of model ids, and data sets by their names: one or more."
        problems.append(Problem("models", text))
    if len(set(models)) < len(models):
        problems.append(Problem("models", "A model is named twice; name each once."))
    if not 1 <= max_parallel_jobs <= max_jobs:
        text = (
            f"max_jobs is 1 or more, and max_parallel_jobs as many at most; not {max_jobs} and "
            f"{max_parallel_jobs}."
        )
        problems.append(Problem("max_jobs", text))
    for name, one in data.items():
        subject = f"The data set {name!r}"
        if "test" not in one.channels:
            text = (
                "give a test channel: the models are compared on images that picked none of them."
            )
            problems.append(Problem(subject, text))
        of_data = job_checks.of_request(role, one.channels)
        problems += [Problem(subject, f"{subject}: {found.sentence()}") for found in of_data]
    job_checks.refuse(problems)
