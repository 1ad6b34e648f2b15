"""A hand-built Estimator's hyperparameters, for the script that will read them."""

import pytest

from ic_tf_sdk import hyperparameters, launch
from ic_tf_sdk.errors import HyperparameterError
from ic_tf_sdk.launch.sagemaker.hyperparameter_names import for_script
from ic_tf_sdk.specs import source as content
from tests.launch.sagemaker.job_options import MODEL_ID, OUTPUT, ROLE


def defaults() -> dict[str, str]:
    return hyperparameters.retrieve_default(model_id=MODEL_ID, model_version="*")


def test_awss_own_script_reads_the_names_of_its_spec(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE", raising=False)
    spelled = launch.script_hyperparameters({**defaults(), "train_only_on_top": True})
    assert spelled["train_only_top_layer"] == "True"
    assert "train_only_on_top" not in spelled
    assert len(spelled) == len(defaults())


@pytest.mark.parametrize("by", ["argument", "environment"])
def test_the_published_script_reads_the_canonical_names(
    monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    if by == "environment":
        monkeypatch.setenv("AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE", "my-bucket")
    bucket = "my-bucket" if by == "argument" else None
    assert launch.script_hyperparameters(defaults(), bucket=bucket) == defaults()
    short = {"train-only-top-layer": True, "class_weight": "balanced"}
    assert launch.script_hyperparameters(short, bucket=bucket) == {
        "train_only_on_top": "True",
        "class_weight": "balanced",
    }


def test_every_problem_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_JUMPSTART_CONTENT_BUCKET_OVERRIDE", raising=False)
    with pytest.raises(HyperparameterError) as error:
        launch.script_hyperparameters({"epoch": 3, "learning_rate": 7, "class_weight": "balanced"})
    assert len(error.value.problems) == 3


def test_a_users_alias_wins_over_the_default_that_stands_beside_it() -> None:
    values = {**defaults(), "train_only_top_layer": "True"}
    job = launch.training_job(
        MODEL_ID, role=ROLE, output_path=OUTPUT, bucket="my-bucket", hyperparameters=values
    )
    assert job.hyperparameters["train_only_on_top"] == "True"
    assert "train_only_top_layer" not in job.hyperparameters


def test_a_pipelines_variable_stays_as_it_is_and_breaks_no_rule(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SAGEMAKER_SUPPRESS_V2_WARNING", "1")
    from sagemaker.workflow.parameters import ParameterInteger

    epochs = ParameterInteger("Epochs", default_value=3)
    found = launch.script_hyperparameters({"epochs": epochs}, bucket="my-bucket")
    assert found == {"epochs": epochs}


def test_a_rule_of_two_values_holds_with_the_defaults_too() -> None:
    source = content.of_bucket("my-bucket")
    with pytest.raises(HyperparameterError, match="can be 'auc' only with binary_mode 'True'"):
        for_script(source, {"eval_metric": "auc"}, defaults())
    given = {"head_solver": "converged", "augmentation": "True"}
    assert for_script(source, given) == given
    for_script(source, given, {**defaults(), "train_only_on_top": "False"})
    with pytest.raises(HyperparameterError, match="only with augmentation 'False'"):
        for_script(source, given, {**defaults(), "train_only_on_top": "True"})
