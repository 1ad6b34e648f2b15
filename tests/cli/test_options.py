"""Options that several commands have: what each gives, refuses and says of itself."""

from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from ic_tf_sdk.cli import options, output
from ic_tf_sdk.enums import SCOPES
from ic_tf_sdk.errors import UserError


def command(decorate: Any, seen: dict[str, Any]) -> click.Command:
    @click.command()
    def made(**given: Any) -> None:
        seen.update(given)

    decorated: click.Command = decorate(made)
    return decorated


def given(decorate: Any, *words: str) -> dict[str, Any]:
    """What a command gets that has the option, or what it fails with."""
    seen: dict[str, Any] = {}
    done = run(decorate, *words, seen=seen)
    if done.exception is not None:
        raise done.exception
    return seen


def run(decorate: Any, *words: str, seen: dict[str, Any] | None = None) -> Result:
    return CliRunner().invoke(command(decorate, {} if seen is None else seen), words)


def said(decorate: Any) -> str:
    """The help of the option, in one line."""
    return " ".join(run(decorate, "--help").output.split())


def test_a_scope_is_one_of_two_or_both() -> None:
    scope = options.scope_option("Which.")
    assert given(scope) == given(scope, "--scope", "both") == {"scopes": SCOPES}
    assert given(scope, "--scope", "training") == {"scopes": ("training",)}
    assert "[default: both]" in said(scope)


def test_a_version_and_a_runtime_say_what_is_taken_without() -> None:
    assert given(options.version_option) == {"version": "*"}
    assert "[default: *]" in said(options.version_option)
    assert given(options.runtime_option) == {"runtime": "auto"}
    assert "[default: auto]" in said(options.runtime_option)


def test_a_folder_of_models_is_there_and_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert given(options.models_option, "--models", str(tmp_path)) == {"models": tmp_path}
    for wrong in ("file", "missing"):
        assert run(options.models_option, "--models", str(tmp_path / wrong)).exit_code == 2


def test_flags_take_no_value() -> None:
    assert given(options.download_option) == {"download": False}
    assert given(options.download_option, "--download") == {"download": True}
    assert "--download Fetch" in said(options.download_option)
    assert given(options.cache_option) == {"cached": True}
    assert given(options.cache_option, "--no-cache") == {"cached": False}
    assert "--no-cache Neither" in said(options.cache_option)


def test_what_is_no_pair_is_refused_by_the_name_that_is_in_the_documentation() -> None:
    assert given(options.settings_option, "-s", "a=1", "--set", "b = 2=3") == {
        "hyperparameters": {"a": "1", "b": "2=3"}
    }
    with pytest.raises(UserError) as refused:
        given(options.settings_option, "-s", "a", "-s", "b=1")
    assert str(refused.value) == "--set takes NAME=VALUE, for example epochs=10, not 'a'."
    with pytest.raises(UserError, match=r"^hyperparameters takes NAME=VALUE, for example"):
        given(options.settings_argument, "a")


def test_a_command_is_quiet_before_its_other_options_are_read() -> None:
    seen: list[bool] = []

    def look(_context: click.Context, _option: click.Parameter, value: bool) -> bool:
        seen.append(output.is_quiet())
        return value

    def both(made: Any) -> Any:
        first = click.option("--first", is_flag=True, callback=look)
        return options.json_option("Print JSON.")(first(made))

    assert given(both, "--first", "--quiet") == {"first": True, "as_json": False}
    assert given(both, "--json") == {"first": False, "as_json": True}
    assert seen == [True, False]
