"""The ``ic-tf`` group: finds a command's module by name and turns errors into a sentence.

Exit codes: 0 done, 1 the input cannot be used, 2 the command line cannot be read (click's own),
3 an internal error, 128 and a signal's number when that ended it: 130 Ctrl-C, 143 SIGTERM.
"""

import importlib
import io
import os
import sys
import traceback
import warnings
from contextlib import suppress

import click
from click.shell_completion import CompletionItem

from ic_tf_sdk._version import __version__
from ic_tf_sdk.cli import failure
from ic_tf_sdk.cli.output import say
from ic_tf_sdk.contract.plain_text import visible_lines
from ic_tf_sdk.errors import IcTfSdkError, JobFailedError, did_you_mean, nearest
from ic_tf_sdk.launch.local import stop_signals

__all__ = ["INTERNAL_ERROR", "USER_ERROR", "main"]

USER_ERROR = 1
INTERNAL_ERROR = 3

# Command name -> its help line. The module is ic_tf_sdk.cli.<name with underscores>, its click
# command the function of the same name. The line stands here so that `ic-tf --help` imports none.
COMMANDS = {
    "models": "List the models of the catalogue.",
    "describe": "Show everything known about one model.",
    "export-catalog": "Write the catalogue for the unmodified SageMaker SDK.",
    "hyperparameters": "Show a model's default hyperparameters, or check yours.",
    "sample-data": "Draw a labelled set of pictures to try things on.",
    "import-data": "Make a folder of class folders of data in another form.",
    "check-data": "Check a folder of images before training on it.",
    "select": "Find the backbone that suits a folder of images.",
    "tune": "Find hyperparameters that suit a folder of images.",
    "fit": "Fine-tune a model on a folder of class folders, here.",
    "predict": "Classify images with a fine-tuned model.",
    "evaluate": "Measure a model on labelled images, alone or beside another one.",
    "compare": "Lay several trainings side by side.",
    "serve": "Serve a fine-tuned model as a SageMaker endpoint would, here.",
    "export": "Convert a fine-tuned model for devices (LiteRT, ONNX) and browsers.",
    "mirror": "Download pretrained models and pack them for training.",
    "publish": "Put the training package, the catalogue and models into your bucket.",
    "check": "Check a SageMaker job before it costs anything.",
    "benchmark": "Compare models on SageMaker, each tuned on each data set.",
    "launch": "Start a training job on SageMaker, or print its request.",
    "status": "Show how a training job or an endpoint on SageMaker is.",
    "logs": "Print the lines of a training job or an endpoint on SageMaker.",
    "wait": "Wait until a training job has ended, or an endpoint is in service.",
    "stop": "Stop a training job on SageMaker, or delete an endpoint.",
    "deploy": "Make an endpoint on SageMaker of a trained model, or print its requests.",
    "cache": "Show or clear the features that trainings share.",
    "env": "Show versions, devices and settings, for a report of a fault.",
}


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called, not when help is shown."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The commands in the order in which they are used."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        name = cmd_name.replace("-", "_")
        command: click.Command = getattr(importlib.import_module(f"ic_tf_sdk.cli.{name}"), name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, but an unknown command is told the nearest one."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            close = did_you_mean(nearest(args[0], COMMANDS, 1))
            ctx.fail(f"No such command {args[0]!r}.{close}")
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, and note whether JSON is asked for."""
        failure.note_json(ctx, args)
        return super().parse_args(ctx, args)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Names and help lines of commands, without importing them, and options."""
        commands = [
            CompletionItem(name, help=line)
            for name, line in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return commands + click.Command.shell_complete(self, ctx, incomplete)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Names and help lines, without importing the modules."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def __call__(self, *given: object, **named: object) -> object:
        """Be a process's command line."""
        # Else TensorFlow imports Keras 3, and scikit-learn with it, which no command uses.
        os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
        return super().__call__(*given, **named)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; an error becomes a sentence and an exit code, a warning a sentence."""
        for stream in (sys.stdout, sys.stderr):
            # A file's name need not be valid UTF-8; in JSON, too, it is then an escape.
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="backslashreplace")
        try:
            with warnings.catch_warnings(), stop_signals.raising():
                # Python's own form has the path and a line of the source.
                warnings.showwarning = _show_warning
                return super().invoke(ctx)
        except KeyboardInterrupt as interrupt:
            # Here every command has removed what it was writing.
            code = 128 + stop_signals.number_of(interrupt)
            with suppress(OSError):
                say("Stopped.", err=True)
                failure.report_json("Stopped", "Stopped.", code)
            sys.exit(code)
        except IcTfSdkError as error:
            code = INTERNAL_ERROR if isinstance(error, JobFailedError) else USER_ERROR
            failure.report(failure.title(type(error)), str(error), code)
            sys.exit(code)
        except BrokenPipeError:
            # `ic-tf models | head` closes the pipe; that is no error.
            sys.stderr.close()
            sys.exit(0)
        except click.ClickException as error:
            # A shell's `*` has put names of files on the command line.
            text = visible_lines(error.message)
            failure.report_json("UsageError", text, error.exit_code)
            error.message = f"{text}\n{failure.help_line('Exit code 2')}"  # type: ignore[misc]
            raise
        except (click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            sys.exit(_unexpected(error))


def _unexpected(error: Exception) -> int:
    """Say what no part of the package foresaw; the exit code."""
    # Not before: most commands never need it.
    from ic_tf_sdk.contract import file_access

    if file_access.is_refusal(error):
        failure.report("FileAccessError", file_access.sentence(error), USER_ERROR)
        return USER_ERROR
    say(traceback.format_exc(), err=True)
    failure.report("InternalError", f"{type(error).__name__}: {error}", INTERNAL_ERROR)
    return INTERNAL_ERROR


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    say(f"Warning: {message}", err=True)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ic-tf")
def main() -> None:
    """SageMaker's Image Classification - TensorFlow, open and runnable anywhere."""
