"""Every hyperparameter is an option of ``ic-tf fit``, made from the schema."""

import json

import pytest
from click.testing import CliRunner

from ic_tf_sdk.cli import failure, main
from ic_tf_sdk.specs.hyperparameters import Hyperparameters


@pytest.fixture
def dry_run(tiny_dataset):
    def run(*words):
        return CliRunner().invoke(main, ["fit", str(tiny_dataset.training), "--dry-run", *words])

    return run


def test_help_has_every_hyperparameter_of_the_schema():
    text = CliRunner().invoke(main, ["fit", "--help"]).output
    others, _, section = text.partition("Hyperparameters, each also as --set NAME=VALUE:")
    assert "  --json " in others
    assert "  --json " not in section
    for name in Hyperparameters.model_fields:
        option = f"  --{name.replace('_', '-')} "
        assert option in section
        assert option not in others
    assert "  --epochs 1..1000 " in section
    assert "  --optimizer adam|sgd|nesterov|" in section


def test_an_option_sets_what_set_sets(dry_run):
    options = dry_run("--epochs", "7", "--train-only-on-top", "True")
    assert options.exit_code == 0, options.output
    assert options.stdout == dry_run("-s", "epochs=7", "-s", "train_only_on_top=True").stdout
    assert json.loads(options.stdout)["hyperparameters"]["epochs"] == "7"


def test_an_option_and_set_may_say_the_same_or_different_things(dry_run):
    both = dry_run("--epochs", "7", "-s", "epochs=7", "-s", "learning-rate=0.1")
    assert json.loads(both.stdout)["hyperparameters"]["learning_rate"] == "0.1"


def test_two_values_are_refused_all_of_them_at_once(dry_run):
    words = ("--epochs", "7", "--epsilon", "0.1", "-s", "epochs=8", "-s", "eps=0.2")
    result = dry_run(*words)
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "Error: --epochs 7 and --set epochs=8 are two values; give one.",
        "--epsilon 0.1 and --set epsilon=0.2 are two values; give one.",
        failure.help_line("UserError"),
    ]


def test_a_value_out_of_range_is_the_schemas_sentence(dry_run):
    result = dry_run("--epochs", "0")
    assert result.exit_code == 1
    assert "Hyperparameter 'epochs' cannot be '0': it is a whole number from 1 to 1000." in (
        result.stderr
    )
