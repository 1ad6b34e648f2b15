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
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["model", "id", "px", "M", "params", "top-1", "%", "ms"]
    assert lines[1].split() == [
        *("tensorflow-ic-imagenet-mobilenet-v3-large-075-224", "224", "4.0", "73.3", "-")
    ]
    assert len(lines) == 5
    assert result.stderr.startswith("\n4 models. Each id begins with tensorflow-ic-,")
    # What a dash means is said, and what to do next.
    assert "\n-: nobody has published it" in result.stderr
    assert "\n\nNext:\n  ic-tf describe tensorflow-ic-" in result.stderr


def test_models_are_sorted_the_best_first_and_the_unknown_last():
    def column(order, field):
        found = json.loads(run("models", "--sort", order, "--json").output)
        return [spec[field] for spec in found]

    for order, field, best in (
        ("accuracy", "imagenet_top1", lambda values: sorted(values, reverse=True)),
        ("size", "parameters_millions", sorted),
        ("speed", "ms_per_image", sorted),
        ("input", "input_height", sorted),
    ):
        values = column(order, field)
        known = [value for value in values if value is not None]
        assert known == best(known)
        assert values[len(known) :] == [None] * (len(values) - len(known))


def test_models_are_narrowed_by_accuracy_and_an_unknown_one_is_none_of_them():
    found = json.loads(run("models", "--min-accuracy", "87", "--json").output)
    assert sorted(spec["imagenet_top1"] for spec in found) == [87.2, 87.272]
    refused = run("models", "--sort", "acuracy")
    assert refused.exit_code == 2
    assert "accuracy" in refused.stderr


def test_models_as_json_holds_the_whole_catalogue():
    found = json.loads(run("models", "--json").output)
    assert len(found) >= 136
    assert found[0]["model_id"].startswith("tensorflow-ic-")


def test_models_are_narrowed_by_name_size_and_filter():
    found = json.loads(
        run(
            *("models", "mobilenet", "--max-parameters", "2", "--max-input", "128", "--json"),
            *("--filter", "task == ic", "--filter", "model_id includes v2"),
        ).output
    )
    assert {spec["input_height"] for spec in found} == {96, 128}
    assert all(spec["parameters_millions"] <= 2 for spec in found)


def test_models_says_when_nothing_fits():
    result = run("models", "no-such-model")
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "No model fits" in result.stderr


def test_wrong_filter_is_one_sentence_with_the_nearest_key():
    result = run("models", "--filter", "famly == Swin")
    assert result.exit_code == 1
    assert "'family'" in result.stderr


def test_describe_shows_facts_defaults_and_where_they_are_from():
    result = run("describe", MOBILENET)
    assert "feature_vector/5" in result.output
    assert "train_only_on_top" in result.output
    assert "documented: " in result.output


def test_describe_says_where_the_content_is_if_anywhere():
    assert "\nartifact " in run("describe", MOBILENET).output
    assert "\nartifact " not in run("describe", "tensorflow-ic-embedded-formulanet-96").output


def test_describe_as_json_is_the_record():
    found = json.loads(run("describe", MOBILENET, "--json").output)
    assert found["input_height"] == 224
    assert found["uris"]["training model"].endswith(f"train-{MOBILENET}.tar.gz")


def test_describe_finds_the_one_model_that_is_meant_and_says_which():
    result = run("describe", "mobilenet_v2_100_224", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["model_id"] == MOBILENET
    assert result.stderr == f"Taking {MOBILENET} for 'mobilenet_v2_100_224'.\n"
    assert run("describe", MOBILENET).stderr == ""


def test_describe_lists_the_models_where_a_name_fits_several():
    result = run("describe", "mobilenet_v2")
    assert result.exit_code == 0
    assert "22 models fit 'mobilenet_v2'" in result.stdout
    records = json.loads(run("describe", "mobilenet_v2", "--json").stdout)
    ids = [record["model_id"] for record in records]
    assert len(ids) == len(set(ids)) == 22
    assert MOBILENET in ids
    assert all("mobilenet-v2" in model_id and model_id in result.stdout for model_id in ids)
    assert "2 models fit 'bit-m-r50x1'" in run("describe", "bit-m-r50x1").stdout


def test_describe_refuses_a_name_that_no_model_has_and_names_the_nearest():
    result = run("describe", "mobilenet_v2_100_225")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "mobilenet-v2-100-" in result.stderr


def test_describe_tells_of_alias_and_embedded_models():
    alias = run("describe", "tensorflow-ic-imagenet-resnet-50-classification-4")
    assert alias.exit_code == 0
    assert "tensorflow-ic-resnet-50-classification-1" in alias.output
    embedded = run("describe", "tensorflow-ic-embedded-formulanet-96", "--json")
    assert json.loads(embedded.output)["uris"] == {}


def test_export_catalog_writes_once_and_tells_how_to_read_it(tmp_path):
    folder = tmp_path / "catalogue"
    result = run("export-catalog", str(folder), "--source", "jumpstart")
    assert result.exit_code == 0
    assert f"AWS_JUMPSTART_MANIFEST_LOCAL_ROOT_DIR_OVERRIDE={folder}" in result.output
    again = run("export-catalog", str(folder), "--json")
    assert again.exit_code == 1
    assert "already exists" in again.stderr


def test_export_catalog_as_json_names_the_source_in_force(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE", "my-bucket")
    found = json.loads(run("export-catalog", str(tmp_path / "catalogue"), "--json").output)
    assert (found["source"], found["specs"]) == ("published", 274)


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


def test_alias_is_warned_of_in_one_line():
    result = run("hyperparameters", "tensorflow-ic-imagenet-resnet-50-classification-4", "--json")
    assert result.exit_code == 0
    assert result.stderr.startswith("Warning: Model id")
    assert len(result.stderr.splitlines()) == 1
    assert json.loads(result.stdout)["epochs"] == "3"


def test_setting_without_a_value_is_explained():
    result = run("hyperparameters", MOBILENET, "epochs")
    assert result.exit_code == 1
    assert "epochs=10" in result.stderr
