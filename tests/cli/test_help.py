"""The help: one sentence for each command in both places, and two calls that can be typed."""

import shlex

import click
import pytest
from click.testing import CliRunner

from ic_tf_sdk.cli import main
from ic_tf_sdk.cli.group import COMMANDS


def command(name: str) -> click.Command:
    """A command of the group, imported."""
    with click.Context(main) as ctx:
        member = main.get_command(ctx, name)
    assert member is not None
    return member


def calls(name: str) -> list[str]:
    """The lines below ``Examples:`` at the end of a command's printed help."""
    printed = CliRunner().invoke(main, [name, "--help"]).output
    _, heading, end = printed.partition("\n  Examples:\n")
    assert heading, printed
    return [line.strip() for line in end.splitlines()]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_of_a_command_what_its_own_help_says_first(name: str) -> None:
    assert (command(name).help or "").splitlines()[0] == COMMANDS[name]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_says_what_it_does(name: str) -> None:
    options = [item for item in command(name).params if isinstance(item, click.Option)]
    silent = [item.opts[-1] for item in options if not item.help]
    # Their names and limits say it.
    assert set(silent) <= {"--port", "--instance-count"}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_ends_with_two_calls_that_the_command_can_read(name: str) -> None:
    lines = calls(name)
    assert len(lines) == len(set(lines)) == 2
    for line in lines:
        program, called, *words = shlex.split(line)
        assert (program, called) == ("ic-tf", name)
        read(command(name), words)


def read(target: click.Command, words: list[str]) -> None:
    """Parse words with the command's own parser and types; nothing runs and no file is needed."""
    with click.Context(target, info_name=target.name) as ctx:
        values, rest, _ = target.make_parser(ctx).parse_args(list(words))
        assert rest == []
        for parameter in target.params:
            assert parameter.name in values or not parameter.required, parameter.name
            if isinstance(parameter.type, click.Choice | click.types.IntParamType):
                parameter.type_cast_value(ctx, values.get(parameter.name))


def test_the_check_would_see_a_wrong_example() -> None:
    with pytest.raises(click.NoSuchOption):
        read(command("fit"), ["flowers/", "--outptu", "first"])
    with pytest.raises(AssertionError, match="to"):
        read(command("mirror"), ["some-id"])
    with pytest.raises(click.BadParameter):
        read(command("mirror"), ["some-id", "--to", "models/", "--scope", "all"])


def test_a_setting_without_a_value_is_explained_alike_everywhere() -> None:
    for words in (["fit", "x", "-o", "y", "-s", "epochs"], ["hyperparameters", "x", "epochs"]):
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 1
        assert "takes NAME=VALUE, for example epochs=10, not 'epochs'" in done.output
