"""``ic-tf models``, ``describe`` and ``hyperparameters``."""

import json

import pytest
from click.testing import CliRunner

from ic_tf_sdk.cli import main

MOBILENET = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"


def run(*arguments):
    return CliRunner().invoke(main, arguments)


@pytest.mark.parametrize("command", ["models", "describe", "hyperparameters"])
def test_help_says_what_the_command_does(command):
    result = run(command, "--help")
    assert result.exit_code == 0
    assert "--json" in result.output


def test_models_lists_the_family_with_facts():
    result = run("models", "--family", "mobilenetv3")
    lines = result.output.splitlines()
    assert lines[0].split() == [
        "model",
        "id",
        "name",
        "version",
        "input",
        "features",
        "M",
        "params",
    ]
    assert len(lines) == 5


def test_models_as_json_holds_the_whole_catalogue():
    found = json.loads(run("models", "--json").output)
    assert len(found) >= 136
    assert found[0]["model_id"].startswith("tensorflow-ic-")


def test_describe_shows_facts_defaults_and_where_they_are_from():
    result = run("describe", MOBILENET)
    assert "feature_vector/5" in result.output
    assert "train_only_on_top" in result.output
    assert "documented: " in result.output


def test_describe_as_json_is_the_record():
    assert json.loads(run("describe", MOBILENET, "--json").output)["input_height"] == 224


def test_unknown_id_is_one_sentence_with_the_nearest_and_exit_code_1():
    result = run("describe", MOBILENET + "4")
    assert result.exit_code == 1
    assert result.stderr.startswith("Error: Unknown model id")
    assert MOBILENET in result.stderr


def test_hyperparameters_shows_defaults_with_those_given():
    found = json.loads(run("hyperparameters", MOBILENET, "epochs=7", "eps=0.1", "--json").output)
    assert (found["epochs"], found["epsilon"]) == ("7", "0.1")
    table = run("hyperparameters", MOBILENET, "class_weight=balanced").output
    assert "1 to 1000" in table
    assert "balanced" in table


def test_hyperparameters_reports_all_problems():
    result = run("hyperparameters", MOBILENET, "epochs=0", "optimiser=adam")
    assert result.exit_code == 1
    assert "epochs" in result.stderr
    assert "'optimizer'" in result.stderr


def test_setting_without_a_value_is_explained():
    result = run("hyperparameters", MOBILENET, "epochs")
    assert result.exit_code == 1
    assert "epochs=10" in result.stderr
