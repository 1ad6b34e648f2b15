"""Options and arguments that several commands share, each with one spelling and one meaning."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from ic_tf_sdk.cli import completion, output
from ic_tf_sdk.enums import SCOPES
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.inference.runtime import RUNTIMES

__all__ = [
    "cache_option",
    "examples",
    "folder_channel_options",
    "json_option",
    "label_file_option",
    "model_argument",
    "models_option",
    "pairs",
    "region_option",
    "runtime_option",
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
    """``--json``, as ``as_json``, and ``--quiet``, which ``output.tell`` knows: every command's.

    Args:
        what: Help of ``--json``: what is printed then.
    """

    def decorate(command: _Command) -> _Command:
        quiet = click.option(
            "--quiet",
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=lambda context, _option, value: output.set_quiet(context, value),
            help="Print the answer, warnings and errors alone: no progress, no log, no next steps.",
        )
        return click.option("--json", "as_json", is_flag=True, help=what)(quiet(command))

    return decorate


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


cache_option = click.option(
    "--no-cache",
    "cached",
    is_flag=True,
    flag_value=False,
    default=True,
    help="Neither read nor keep features of the images in the feature cache (`ic-tf cache`).",
)
"""``--no-cache``, as ``cached``: whether ``backbones.feature_cache`` is used."""


def model_argument(command: _Command) -> _Command:
    """``MODEL``, ``--models`` and ``--download``; ``find_classifier.locate`` finds it."""
    return click.argument("model", shell_complete=completion.model_ids_or_files)(
        models_option(download_option(command))
    )


runtime_option = click.option(
    "--runtime",
    type=click.Choice(RUNTIMES),
    default="auto",
    show_default=True,
    help="What computes the answers. onnx: ONNX Runtime, from the file that `ic-tf export` wrote "
    "beside MODEL. auto: that for an ONNX file and where TensorFlow is not installed.",
)
"""``--runtime``, one of ``inference.runtime.RUNTIMES``."""


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
        callback=pairs,
        help="A hyperparameter; may be repeated. `ic-tf hyperparameters MODEL_ID` lists them.",
    )(command)


def settings_argument(command: _Command) -> _Command:
    """``[NAME=VALUE]...``, as ``settings``: a dictionary, name -> text."""
    return click.argument("settings", nargs=-1, metavar="[NAME=VALUE]...", callback=pairs)(command)


def pairs(_: click.Context, parameter: click.Parameter, words: Sequence[str]) -> dict[str, str]:
    """Callback of what takes ``NAME=VALUE`` several times: a dictionary, name -> text."""
    wrong = [word for word in words if "=" not in word]
    if wrong:
        name = parameter.opts[0] if isinstance(parameter, click.Option) else "hyperparameters"
        example = "" if name in ("--environment", "--tags") else ", for example epochs=10"
        raise UserError(f"{name} takes NAME=VALUE{example}, not {', '.join(map(repr, wrong))}.")
    parted = (word.partition("=") for word in words)
    return {name.strip(): value.strip() for name, _, value in parted}
