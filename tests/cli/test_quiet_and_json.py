"""Every command has ``--quiet`` and ``--json``; with it stdout is JSON, whatever happens."""

import json
from pathlib import Path
from types import SimpleNamespace

import click
import pytest
from click.testing import CliRunner, Result

from ic_tf_sdk.cli import failure, fit_run, main
from ic_tf_sdk.cli import output as cli_output
from ic_tf_sdk.cli.group import COMMANDS
from ic_tf_sdk.launch.local.stopped_job import JobStoppedError
from tests.cli.test_help import command
from tests.cli.usual_calls import CALLS, EMBEDDED, MODEL_ID, lay_out

# In this process, without an account and in seconds.
SENT = ("launch", "benchmark")
QUICK = [
    *(("models",), ("models", "--available"), ("describe", MODEL_ID), ("describe", "mobilenet_v2")),
    *(
        ("export-catalog", "catalogue/"),
        ("env", "--no-devices"),
        ("hyperparameters", MODEL_ID),
        ("cache", "info"),
    ),
    *(
        ("sample-data", "pictures/", "--images-per-class", "1"),
        ("check-data", "flowers/", "--quick"),
        ("import-data", "table.csv", "--out", "imported/"),
    ),
    ("compare", "saved/"),
    ("fit", "flowers/", "--dry-run"),
    next(call.words for call in CALLS if call.words[0] == "deploy"),
    *(call.words for call in CALLS if call.words[-1] == "--dry-run" and call.words[0] in SENT),
]
# A second each: one of them answers in JSON, the other quietly.
PREDICT = ("predict", EMBEDDED, "flowers/")
PREDICT_TO_FILE = (*PREDICT, "--out", "answers.csv")
# They need an account.
REMOTE = ("status", "logs", "wait", "stop")
# What fails does so before anything is sent, loaded or written.
FAILING = [
    ("models", "--filter", "depth == 3"),
    ("describe", "mobilenet_v99"),
    ("export-catalog", "flowers/"),
    ("hyperparameters", EMBEDDED, "epochs=0", "lr=2"),
    ("sample-data", "flowers/"),
    ("check-data", "nowhere/"),
    ("import-data", "nowhere.csv", "--out", "imported/"),
    ("fit", "nowhere/"),
    ("select", "nowhere/", "--fit"),
    ("tune", "nowhere/"),
    ("cache", "empty"),
    ("predict", EMBEDDED, "nowhere.jpg"),
    ("evaluate", EMBEDDED, "nowhere/"),
    ("compare", "saved/", "nowhere/"),
    ("serve", EMBEDDED, "--port", "80808"),
    ("export", EMBEDDED, "--out", "model.tflite"),
    ("mirror", "--to", "models/"),
    ("publish",),
    ("check", "nothing", "--role", "me", "--training", "flowers/"),
    ("benchmark", "nothing", "--role", "me", "--dataset", "f:training=s3://b/c/", "--output", "o"),
    ("launch", "nothing", "--role", "me", "--training", "flowers/"),
    ("deploy", "model.tar.gz", "--role", "me"),
    *((name, "arn:aws:sagemaker:us-west-2:123456789012:model/x") for name in REMOTE),
]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with the pictures of the calls."""
    lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ic_tf(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_both_by_the_one_definition(name: str) -> None:
    options = {option.name: option for option in command(name).params}
    assert isinstance(options["as_json"], click.Option)
    assert options["quiet"].help == (
        "Print the answer, warnings and errors alone: no progress, no log, no next steps."
    )


@pytest.mark.parametrize("words", [*QUICK, PREDICT_TO_FILE], ids=" ".join)
@pytest.mark.usefixtures("here")
def test_json_is_all_that_stdout_has(words: tuple[str, ...]) -> None:
    done = ic_tf(*words, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)


@pytest.mark.parametrize("words", [*QUICK, PREDICT], ids=" ".join)
@pytest.mark.usefixtures("here")
def test_quiet_says_nothing_beside_the_answer(words: tuple[str, ...]) -> None:
    done = ic_tf(*words, "--quiet")
    assert done.exit_code == 0, done.output
    assert done.stderr == ""
    assert done.stdout


def test_the_calls_are_of_every_command() -> None:
    quick = {words[0] for words in [*QUICK, PREDICT]}
    assert {words[0] for words in FAILING} >= set(COMMANDS) - {"env"}
    # These need a model of some size, an account, or serve until they are stopped.
    assert set(COMMANDS) - quick == {
        "select",
        "evaluate",
        *REMOTE,
        "serve",
        "export",
        "mirror",
        "publish",
        "check",
        "tune",
    }


@pytest.mark.parametrize("words", FAILING, ids=" ".join)
@pytest.mark.usefixtures("here")
def test_a_failure_is_json_too_and_names_the_page_that_helps(words: tuple[str, ...]) -> None:
    done = ic_tf(*words, "--json")
    answer = json.loads(done.stdout)
    assert done.exit_code in (1, 2), done.output
    if words[0] in ("check-data", "check"):
        # Their answer is a report of all problems.
        assert answer
        return
    error = answer["error"]
    assert error["exit_code"] == done.exit_code
    assert error["message"] in done.stderr
    heading = "exit-code-2" if error["type"] == "UsageError" else error["type"].lower()
    assert done.stderr.splitlines()[-1] == f"Help: {failure.PAGE}#{heading}"


def test_what_nobody_foresaw_is_json_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("what is this?")

    monkeypatch.setattr("ic_tf_sdk.specs.list_models", broken)
    done = ic_tf("models", "--json")
    assert json.loads(done.stdout)["error"] == {
        "type": "InternalError",
        "message": "RuntimeError: what is this?",
        "exit_code": 3,
    }
    assert done.stderr.endswith(
        "Internal error: RuntimeError: what is this?\nHelp: docs/troubleshooting.md#exit-code-3\n"
    )


def test_a_training_that_was_stopped_is_json_too(
    monkeypatch: pytest.MonkeyPatch, here: Path, tiny_archive: Path
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise JobStoppedError("Stopped after epoch 1 of 2.", number=2, kept=True)

    monkeypatch.setattr(fit_run.local_job, "run", stopped)
    done = ic_tf("fit", "flowers/", "-m", tiny_archive, "--json")
    assert done.exit_code == 130
    assert json.loads(done.stdout)["error"]["type"] == "JobStoppedError"


def test_an_empty_folder_does_not_keep_the_others_from_being_looked_at(
    here: Path, tiny_dataset: SimpleNamespace
) -> None:
    (here / "flowers" / "asters").mkdir()
    (here / "flowers" / "zinnias").mkdir()
    (here / "flowers" / "tulips" / "page.jpg").write_bytes(b"<html>")
    done = ic_tf("check-data", "flowers/", "--test", tiny_dataset.test, "--quick", "--json")
    assert done.exit_code == 1
    report = json.loads(done.stdout)
    training = report["channels"]["training"]
    assert training["counts"] == {"asters": 0, "roses": 4, "tulips": 4, "zinnias": 0}
    assert training["refused"] == {"tulips/page.jpg": "HTML or XML"}
    said = " ".join(report["problems"])
    for name in ("asters", "zinnias", *tiny_dataset.labels):
        assert repr(name) in said
    done = ic_tf("check-data", "flowers/", "--quick")
    assert done.exit_code == 1
    assert "tulips/page.jpg: HTML or XML" in done.stdout
    assert done.stdout.count("Training refuses this: ") == len(
        [line for line in done.stdout.splitlines() if line.startswith("Training refuses")]
    )


def test_both_channels_that_are_missing_are_said(here: Path) -> None:
    done = ic_tf("check-data", "nowhere/", "--test", "nothing/", "--json")
    problems = json.loads(done.stdout)["problems"]
    assert problems == [
        "The image folder nowhere does not exist.", "The image folder nothing does not exist.",
    ]  # fmt: skip


def test_outside_of_a_command_nothing_is_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    cli_output.tell("beside the answer")
    assert capsys.readouterr() == ("", "beside the answer\n")
    assert not cli_output.is_quiet()
