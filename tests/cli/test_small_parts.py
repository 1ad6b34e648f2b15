"""Paths, next steps and progress: what every command is made of."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from ic_tf_sdk.cli import failure, local_path, next_steps, progress
from ic_tf_sdk.cli.output import set_quiet
from ic_tf_sdk.contract.phases import PhaseReport
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.local.display import SILENT


def test_a_folder_beside_another_has_its_name_also_of_the_current_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert local_path.beside(Path("a/flowers"), "model") == Path("a/flowers-model")
    assert local_path.beside(Path(), "model") == Path(f"{tmp_path}-model")


def test_a_path_in_s3_is_refused_with_what_to_do_instead() -> None:
    kind = local_path.LocalPath("Copy it first.")
    assert kind.convert("a/b", None, None) == Path("a/b")
    with pytest.raises(UserError, match="Copy it first"):
        kind.convert("s3://bucket/key", None, None)


def test_next_steps_are_commands_to_copy(capsys: pytest.CaptureFixture[str]) -> None:
    next_steps.show(("look", ["ic-tf", "a b", 3]), ("wait", ["ic-tf", "wait"]))
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.splitlines() == [
        *("", "Next:", "  ic-tf 'a b' 3", "      look", "  ic-tf wait", "      wait"),
    ]


@pytest.mark.parametrize(
    ("silent", "quiet", "shown"),
    [(False, False, True), (True, False, False), (False, True, False), (None, False, True)],
)
def test_work_is_shown_unless_the_answer_alone_is_asked_for(
    silent: bool | None, quiet: bool, shown: bool
) -> None:
    lines: list[str] = []

    @click.command()
    @click.pass_context
    def command(context: click.Context) -> None:
        set_quiet(context, quiet)
        given = {} if silent is None else {"silent": silent}
        with progress.progress(lines.append, **given) as listener:
            listener.on_line("a line")
            listener.warn("a warning")
            assert (listener.on_line is SILENT.on_line) is not shown

    done = CliRunner().invoke(command, [])
    assert done.exit_code == 0, done.output
    assert ("a line" in lines) is shown
    # A warning is shown all the same, and beside the answer.
    assert (done.stdout, done.stderr) == ("", "a warning\n")


@pytest.mark.parametrize("installed", [True, False])
def test_tensorflow_is_loaded_as_a_phase_where_it_is(
    installed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[int] = []
    reports: list[PhaseReport] = []
    monkeypatch.setattr(progress.extras, "has", lambda name: name == "tensorflow" and installed)
    monkeypatch.setattr(progress.quiet_tensorflow, "load", lambda: loaded.append(1))
    progress.load_tensorflow(progress.replace(SILENT, on_phase=reports.append))
    assert loaded == [1] * installed
    assert {report.name for report in reports} == ({"loading"} if installed else set())


def test_a_failure_outside_of_any_command_prints_no_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    failure.report_json("UserError", "What went wrong.", 1)
    assert capsys.readouterr().out == ""
