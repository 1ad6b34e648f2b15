"""A shell completes commands, options and model ids, and offers files where a path will do."""

import os
import subprocess
import sys

import pytest
from click.shell_completion import BashComplete

from ic_tf_sdk import specs
from ic_tf_sdk.cli import main
from ic_tf_sdk.cli.group import COMMANDS

VARIABLE = "_IC_TF_COMPLETE"
TAKES_IDS = ["describe", "hyperparameters", "mirror", "publish", "check", "launch"]
TAKES_BOTH = [["predict"], ["serve"], ["export"], ["fit", "flowers/", "--model"]]


def offered(words: list[str], incomplete: str) -> list[tuple[str, str]]:
    """Kind and text of what is offered for the last word."""
    shell = BashComplete(main, {}, "ic-tf", VARIABLE)
    return [(item.type, item.value) for item in shell.get_completions(words, incomplete)]


def test_commands_are_completed_without_importing_any() -> None:
    assert sorted(offered([], "exp")) == [("plain", "export"), ("plain", "export-catalog")]
    assert [text for _, text in offered([], "")] == list(COMMANDS)


def test_options_are_completed() -> None:
    assert ("plain", "--quiet") in offered(["fit", "flowers/"], "--q")


@pytest.mark.parametrize("command", TAKES_IDS)
def test_model_ids_are_completed(command: str) -> None:
    beginning = "tensorflow-ic-imagenet-mobilenet-v2-035"
    ids = [text for _, text in offered([command], beginning)]
    assert ids == [one for one in specs.model_ids() if one.startswith(beginning)] != []
    assert [text for _, text in offered([command], "")] == list(specs.model_ids())


@pytest.mark.parametrize("words", TAKES_BOTH, ids=" ".join)
def test_a_path_will_do_as_well(words: list[str]) -> None:
    assert ("plain", "tensorflow-ic-embedded-formulanet-96") in offered(words, "tensorflow-ic-e")
    assert offered(words, "out/mod") == [("file", "out/mod")]
    assert offered(words, "") == [("file", "")]


def test_a_part_of_an_id_in_any_spelling_finds_it() -> None:
    found = [text for _, text in offered(["describe"], "MobileNet_v2_035_96")]
    assert found == ["tensorflow-ic-imagenet-mobilenet-v2-035-96"]


def test_a_shell_gets_its_answer_in_a_process_of_its_own() -> None:
    environment = {
        **os.environ, VARIABLE: "bash_complete",
        "COMP_WORDS": "ic-tf describe embedded", "COMP_CWORD": "2",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", "from ic_tf_sdk.cli import main; main(prog_name='ic-tf')"],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr == ""
    assert done.stdout.split() == [f"plain,{one}" for one in specs.model_ids() if "embedded" in one]
