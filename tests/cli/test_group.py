"""What ends a command: a sentence and an exit code, whatever it was."""

import errno
import io
import os
import signal
import warnings
from collections.abc import Callable

import click
import pytest
from click.testing import CliRunner, Result

from ic_tf_sdk.cli import main
from ic_tf_sdk.cli.failure import help_line
from ic_tf_sdk.cli.group import LazyGroup
from ic_tf_sdk.cli.output import say
from ic_tf_sdk.errors import JobFailedError, UserError
from ic_tf_sdk.launch.local.stop_signals import StopSignal

UNREADABLE = help_line("Exit code 2")


def ending(body: Callable[[], object]) -> Result:
    """How a command of the group ends that does this."""

    class Group(LazyGroup):
        def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command:
            return click.Command(cmd_name, callback=body)

    return CliRunner().invoke(Group("ic-tf"), ["fit"])


def raising(error: BaseException) -> Callable[[], object]:
    def body() -> None:
        raise error

    return body


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UserError("Not this."), 1, f"Error: Not this.\n{help_line('UserError')}\n"),
        (JobFailedError("It broke."), 3, f"Error: It broke.\n{help_line('JobFailedError')}\n"),
        (KeyboardInterrupt(), 130, "Stopped.\n"),
        (StopSignal(signal.SIGTERM), 143, "Stopped.\n"),
        (StopSignal(signal.SIGHUP), 129, "Stopped.\n"),
        (click.UsageError("No such word."), 2, f"Error: No such word.\n{UNREADABLE}\n"),
        (click.exceptions.Exit(7), 7, ""),
    ],
)
def test_what_ends_a_command_is_a_sentence_and_a_code(
    error: BaseException, code: int, said: str
) -> None:
    done = ending(raising(error))
    assert done.exit_code == code
    assert done.stderr.endswith(said)
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_a_file_system_that_refuses_is_no_internal_error() -> None:
    done = ending(raising(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/full/disk")))
    assert done.exit_code == 1
    assert done.stderr.startswith("Error: ")
    assert "/full/disk" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_nobody_foresaw_is_told_with_where_it_was() -> None:
    done = ending(raising(ZeroDivisionError("by nought\x1b[31m")))
    assert done.exit_code == 3
    assert done.stderr.startswith("Traceback")
    said = f"Internal error: ZeroDivisionError: by nought\\x1b[31m\n{help_line('Exit code 3')}\n"
    assert done.stderr.endswith(said)


def test_a_warning_is_a_sentence_and_the_command_goes_on() -> None:
    def body() -> None:
        warnings.warn("Look at this.", UserWarning, stacklevel=1)
        say("done")

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        done = ending(body)
    assert (done.exit_code, done.stdout) == (0, "done\n")
    assert done.stderr == "Warning: Look at this.\n"


def test_a_name_that_is_no_text_is_printed_with_escapes() -> None:
    done = ending(lambda: print(os.fsdecode(b"caf\xe9.jpg")))
    assert (done.exit_code, done.stdout) == (0, "caf\\udce9.jpg\n")


def test_a_name_that_steers_a_terminal_is_shown_in_what_click_says() -> None:
    done = ending(raising(click.BadParameter("no file 'a\x1b[31m'")))
    assert "no file 'a\\x1b[31m'" in done.stderr


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("fitt", "No such command 'fitt'. Did you mean 'fit'?\n"),
        ("check-dat", "No such command 'check-dat'. Did you mean 'check-data'?\n"),
        ("zzzzz", "command 'zzzzz'.\n"),
    ],
)
def test_another_command_is_told_the_nearest(word: str, said: str) -> None:
    done = CliRunner().invoke(main, [word, "--json"])
    assert done.exit_code == 2
    assert done.stderr.endswith(f"{said}{UNREADABLE}\n")


def test_what_is_no_command_is_an_option_of_the_group() -> None:
    for words in (["-h"], ["--help"]):
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 0
        assert "Fine-tune a model on a folder of class folders, here." in done.output
    assert CliRunner().invoke(main, ["--nosuch"]).exit_code == 2
    with click.Context(main) as context:
        assert main.get_command(context, "nosuch") is None


def test_who_reads_no_further_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As ``ic-tf models | head``: nothing may be written when Python ends, either."""
    stderr = io.StringIO()
    monkeypatch.setattr("sys.stderr", stderr)
    monkeypatch.setattr(click.Group, "invoke", lambda *_: raising(BrokenPipeError())())
    with click.Context(main) as context, pytest.raises(SystemExit) as end:
        main.invoke(context)
    assert end.value.code == 0
    assert stderr.closed
