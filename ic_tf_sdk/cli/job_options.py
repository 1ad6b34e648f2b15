"""Options of a SageMaker job, for the command that checks one and the one that starts it.

Each is called as the argument of ``launch`` is, so that who knows the one knows the other.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any, get_args

import click

from ic_tf_sdk.cli.options import pairs, region_option, settings_option
from ic_tf_sdk.launch.sagemaker.job_options import DEFAULTS, InputMode

__all__ = ["job_options"]

_Command = Callable[..., Any]
_COUNT = click.IntRange(min=1)


def _ids(_: click.Context, __: click.Parameter, words: Sequence[str]) -> tuple[str, ...]:
    """Ids, each by itself or several with commas between, as the AWS CLI has them."""
    return tuple(item for word in words for item in word.split(",") if item)


def _named(option: str, what: str) -> Callable[[_Command], _Command]:
    return click.option(option, multiple=True, metavar="NAME=VALUE", callback=pairs, help=what)


_OF_REQUEST = (
    click.option("--role", required=True, help="ARN of the execution role."),
    click.option("--training", required=True, help="S3 URI of the training images; ends in /."),
    click.option("--validation", help="S3 URI of images to pick the best epoch on; ends in /."),
    click.option("--test", help="S3 URI of images to evaluate the result on; ends in /."),
)
_OF_JOB = (
    click.option("--model-version", help="Exact, or a prefix with *. Default: the newest."),
    click.option("--bucket", help="The bucket that `ic-tf publish` filled."),
    region_option(),
    click.option("--instance-type", help="Default: the model's."),
    click.option("--instance-count", type=_COUNT, default=1, show_default=True),
    click.option("--model-uri", help="S3 URI of an earlier model.tar.gz, to train it further."),
    settings_option,
    click.option(
        "--volume-size-gb", type=_COUNT, default=30, show_default=True, help="Of each host."
    ),
    click.option("--max-run-seconds", type=_COUNT, help="Default: a hundred hours."),
    click.option("--spot", is_flag=True, help="Train on spare capacity, with checkpoints."),
    click.option(
        "--max-wait-seconds",
        type=_COUNT,
        help="With --spot: waiting and running together. Default: twice --max-run-seconds.",
    ),
    click.option("--checkpoint-s3-uri", help="Where checkpoints are kept."),
    click.option(
        "--keep-alive-period-in-seconds",
        type=_COUNT,
        help="Keep the machines so long for a next job that is alike.",
    ),
    click.option(
        "--input-mode",
        type=click.Choice(get_args(InputMode)),
        default=DEFAULTS["input_mode"],
        show_default=True,
        help="Copy all images before the job starts, or open each in S3 when it is read.",
    ),
    _named("--environment", "A variable of the container's environment; may be repeated."),
    _named("--tags", "A tag of the job; may be repeated."),
    click.option(
        "--subnets",
        multiple=True,
        metavar="ID",
        callback=_ids,
        help="A subnet of a VPC to run in; may be repeated.",
    ),
    click.option(
        "--security-group-ids",
        multiple=True,
        metavar="ID",
        callback=_ids,
        help="A security group of it; may be repeated.",
    ),
    click.option("--kms-key", help="KMS key of the volume and of the output."),
    click.option("--base-job-name", help="Beginning of the job's name. Default: of the model id."),
    click.option(
        "--network-isolation/--no-network-isolation",
        default=True,
        show_default=True,
        help="Run the job without network.",
    ),
    click.option(
        "--encrypt-inter-container-traffic/--no-encrypt-inter-container-traffic",
        default=True,
        show_default=True,
        help="Encrypt what hosts tell each other.",
    ),
)


def job_options(command: _Command) -> _Command:
    """The options of a job: ``role``, ``channels`` (name -> S3 URI), and ``options``.

    ``options`` is what ``launch.JobOptions`` names, less what was not given.
    """

    @functools.wraps(command)
    def call(**given: Any) -> Any:
        options = {name: given.pop(name) for name in DEFAULTS if name in given}
        uris = {name: given.pop(name) for name in ("training", "validation", "test")}
        return command(
            **given,
            channels={name: uri for name, uri in uris.items() if uri is not None},
            options={name: value for name, value in options.items() if value is not None},
        )

    wrapped: _Command = call
    for option in reversed((*_OF_REQUEST, *_OF_JOB)):
        wrapped = option(wrapped)
    return wrapped
