"""Options and arguments that several commands share, each with one spelling and one meaning."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from ic_tf_sdk.enums import SCOPES
from ic_tf_sdk.errors import UserError

__all__ = [
    "examples",
    "folder_channel_options",
    "job_options",
    "json_option",
    "label_file_option",
    "model_argument",
    "models_option",
    "region_option",
    "s3_channels",
    "scope_option",
    "settings_argument",
    "settings_option",
    "version_option",
]

_Command = TypeVar("_Command", bound=Callable[..., Any])
_Decorator = Callable[[_Command], _Command]


def examples(*calls: str) -> str:
    """The end of a command's help: calls of it, each on a line that click does not wrap.

    Args:
        calls: Command lines, without ``ic-tf``.
    """
    lines = "\n".join(f"  ic-tf {call}" for call in calls)
    return f"\b\nExamples:\n{lines}"


def json_option(what: str) -> _Decorator[Any]:
    """``--json``, as ``as_json``.

    Args:
        what: Help: what is printed then.
    """
    return click.option("--json", "as_json", is_flag=True, help=what)


def region_option(help: str = "AWS region. Default: the environment's.") -> _Decorator[Any]:  # noqa: A002
    """``--region``."""
    return click.option("--region", help=help)


version_option = click.option(
    "--version", default="*", show_default=True, help="Exact, or a prefix with *."
)
"""``--version`` of a model."""


def scope_option(help: str) -> _Decorator[Any]:  # noqa: A002
    """``--scope``, as ``scopes``: which of a model's two archives, one or both."""
    return click.option(
        "--scope",
        "scopes",
        type=click.Choice([*SCOPES, "both"]),
        default="both",
        show_default=True,
        callback=lambda _context, _option, word: SCOPES if word == "both" else (word,),
        help=help,
    )


def label_file_option(whose: str) -> _Decorator[Any]:
    """``--labels``: where a classifier's labels are.

    Args:
        whose: For the help: ``"the classifier's"``.
    """
    text = f"Path or URL of {whose} label file. Default: TF Hub's."
    return click.option("--labels", help=text)


models_option = click.option(
    "--models",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Folder of `ic-tf mirror`, where a model id is looked for first.",
)
"""``--models``: a folder that ``backbones.at_hand`` looks into."""


download_option = click.option(
    "--download", is_flag=True, help="Fetch the weights of a model id that is not here."
)
"""``--download``: ``cli.download.fetch`` does."""


def model_argument(command: _Command) -> _Command:
    """``MODEL``, ``--models`` and ``--download``; ``find_classifier.locate`` finds it."""
    return click.argument("model")(models_option(download_option(command)))


def folder_channel_options(folder: click.Path, *, validation: str, test: str) -> _Decorator[Any]:
    """``--validation`` and ``--test`` as folders.

    Args:
        folder: The type of both.
        validation: Help of the one.
        test: Help of the other.
    """

    def decorate(command: _Command) -> _Command:
        command = click.option("--test", type=folder, help=test)(command)
        return click.option("--validation", type=folder, help=validation)(command)

    return decorate


def settings_option(command: _Command) -> _Command:
    """``--set NAME=VALUE``, as ``hyperparameters``: a dictionary, name -> text."""
    return click.option(
        "--set",
        "-s",
        "hyperparameters",
        multiple=True,
        metavar="NAME=VALUE",
        callback=_parsed,
        help="A hyperparameter; may be repeated. `ic-tf hyperparameters MODEL_ID` lists them.",
    )(command)


def settings_argument(command: _Command) -> _Command:
    """``[NAME=VALUE]...``, as ``settings``: a dictionary, name -> text."""
    return click.argument("settings", nargs=-1, metavar="[NAME=VALUE]...", callback=_parsed)(
        command
    )


def _parsed(_: click.Context, parameter: click.Parameter, words: Sequence[str]) -> dict[str, str]:
    wrong = [word for word in words if "=" not in word]
    if wrong:
        name = "--set" if isinstance(parameter, click.Option) else "hyperparameters"
        shown = ", ".join(map(repr, wrong))
        raise UserError(f"{name} takes NAME=VALUE, for example epochs=10, not {shown}.")
    pairs = (word.partition("=") for word in words)
    return {name.strip(): value.strip() for name, _, value in pairs}


_JOB_OPTIONS = (
    click.option("--role", required=True, help="ARN of the execution role."),
    click.option("--training", required=True, help="S3 URI of the training images; ends in /."),
    click.option("--validation", help="S3 URI of images to pick the best epoch on; ends in /."),
    click.option("--test", help="S3 URI of images to evaluate the result on; ends in /."),
    click.option("--bucket", help="The bucket that `ic-tf publish` filled."),
    region_option(),
    click.option("--instance-type", help="Default: the model's."),
    click.option("--instance-count", type=click.IntRange(min=1), default=1, show_default=True),
    click.option("--model-uri", help="S3 URI of an earlier model.tar.gz, to train it further."),
    settings_option,
)


def job_options(command: _Command) -> _Command:
    """What decides a SageMaker job, for the command that checks one and the one that starts it."""
    for option in reversed(_JOB_OPTIONS):
        command = option(command)
    return command


def s3_channels(training: str, validation: str | None, test: str | None) -> dict[str, str]:
    """The channels of a job: channel name -> S3 URI of those that were given."""
    uris = {"training": training, "validation": validation, "test": test}
    return {name: uri for name, uri in uris.items() if uri is not None}
