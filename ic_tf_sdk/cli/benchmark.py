"""``ic-tf benchmark``: models compared on SageMaker, by a tuning job for each and each data set."""

from pathlib import Path
from typing import Any

import click

from ic_tf_sdk import extras
from ic_tf_sdk.cli import completion
from ic_tf_sdk.cli.local_path import LocalPath
from ic_tf_sdk.cli.options import examples, json_option, pairs, region_option, settings_option
from ic_tf_sdk.cli.output import print_json, print_table, say, tell
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch import selection, tuning

__all__ = ["benchmark"]

_FILE = LocalPath("It is a file on this machine.")
_CHANNELS = ("training", "validation", "test")
_JOB = (
    "benchmark tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4 "
    "tensorflow-ic-imagenet-inception-v3-classification-4 --role "
    "arn:aws:iam::123456789012:role/training --dataset flowers:training=s3://my-bucket/training/ "
    "--dataset flowers:test=s3://my-bucket/test/ --output s3://my-bucket/output"
)


@click.command(epilog=examples(f"{_JOB} --dry-run", f"{_JOB} --run"))
@click.argument("models", nargs=-1, required=True, shell_complete=completion.model_ids)
@click.option("--role", required=True, help="ARN of the execution role.")
@click.option(
    "--dataset",
    "datasets",
    multiple=True,
    required=True,
    metavar="NAME:CHANNEL=URI",
    callback=pairs,
    help="A channel of a data set: training, test and perhaps validation, each an S3 URI that ends "
    "in /; or NAME:HYPERPARAMETER=VALUE. May be repeated.",
)
@click.option("--output", "output_path", required=True, help="S3 URI below which results go.")
@click.option("--max-jobs", type=int, default=2, show_default=True, help="Of each tuning job.")
@click.option(
    "--max-parallel-jobs", type=int, default=2, show_default=True, help="Of those, at a time."
)
@click.option("--objective", default=tuning.OBJECTIVE, show_default=True, help="What is tuned for.")
@click.option("--bucket", help="The bucket that `ic-tf publish` filled.")
@region_option()
@click.option("--instance-type", help="Default: each model's.")
@click.option("--max-run-seconds", type=click.IntRange(min=1), help="Default: a hundred hours.")
@settings_option
@click.option(
    "--publish", is_flag=True, help="Put what is missing into the bucket first; else it is refused."
)
@click.option("--dry-run", is_flag=True, help="Print the requests as JSON; send nothing.")
@click.option("--run", "start", is_flag=True, help="Start the jobs, which cost money, and wait.")
@click.option(
    "--record",
    type=_FILE,
    default="benchmark.json",
    show_default=True,
    help="File that says which jobs were started; with it --run goes on.",
)
@json_option("Print the comparison, or of --dry-run the requests, as JSON.")
def benchmark(
    *,
    models: tuple[str, ...],
    role: str,
    datasets: dict[str, str],
    output_path: str,
    max_jobs: int,
    max_parallel_jobs: int,
    objective: str,
    hyperparameters: dict[str, str],
    publish: bool,
    dry_run: bool,
    start: bool,
    record: Path,
    as_json: bool,
    **options: Any,
) -> None:
    """Compare models on SageMaker, each tuned on each data set.

    What AWS's benchmarking notebook does: a tuning job for each of MODELS and each data set, whose
    best training jobs are compared on the test images. Without --run nothing is sent.
    """
    from ic_tf_sdk.launch.sagemaker.benchmark import benchmark as planned

    if dry_run and start:
        raise click.UsageError("--dry-run sends nothing, and --run does; give one of them.")
    plan = planned(
        models,
        _data(datasets),
        role=role,
        output_path=output_path,
        objective=objective,
        max_jobs=max_jobs,
        max_parallel_jobs=max_parallel_jobs,
        hyperparameters=hyperparameters,
        **{name: value for name, value in options.items() if value is not None},
    )
    if not start:
        print_json(plan.requests)
        tell(f"{plan.cost}\nNothing was sent; --run starts them.")
        return
    # Before the cost is told: without boto3 nothing costs.
    extras.require("boto3")
    tell(plan.cost)
    found = plan.run(record, publish=publish, on_line=tell)
    if as_json:
        print_json({name: one.as_dict() for name, one in found.items()})
        return
    for name, one in found.items():
        say(f"\n{name}")
        if one.candidates:
            print_table(selection.COLUMNS, one.rows())
            say(f"Picked: {one.best.model}. {one.why}")
        for model, reason in one.failures.items():
            say(f"No result: {model}: {reason}")


def _data(given: dict[str, str]) -> dict[str, Any]:
    """Data set -> its data, of ``NAME:CHANNEL`` -> URI and ``NAME:HYPERPARAMETER`` -> value."""
    from ic_tf_sdk.launch.sagemaker.benchmark import BenchmarkData

    if wrong := [name for name in given if not all(name.partition(":"))]:
        raise UserError(
            "--dataset takes NAME:CHANNEL=URI, for example flowers:training=s3://my-bucket/flowers/"
            f", not {', '.join(map(repr, wrong))}."
        )
    channels: dict[str, dict[str, str]] = {}
    settings: dict[str, dict[str, object]] = {}
    for text, value in given.items():
        name, _, what = text.partition(":")
        channels.setdefault(name, {})
        settings.setdefault(name, {})
        (channels if what in _CHANNELS else settings)[name][what] = value
    return {name: BenchmarkData(channels[name], settings[name]) for name in channels}
