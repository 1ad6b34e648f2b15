"""Two hyperparameters that exclude each other are refused wherever both are known."""

from pathlib import Path

import pytest

from ic_tf_sdk import embedded, specs
from ic_tf_sdk.errors import HyperparameterError
from ic_tf_sdk.launch.local.request import request
from ic_tf_sdk.launch.sagemaker.hyperparameter_names import for_script, script_hyperparameters
from ic_tf_sdk.specs.hyperparameter_rules import broken
from ic_tf_sdk.specs.hyperparameters import problems
from ic_tf_sdk.specs.source import of_bucket

WHOLE = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
LARGE = "tensorflow-ic-bit-m-r101x1-ilsvrc2012-classification-1"
SOLVED = {"head_solver": "converged"}
TOP_SOLVED = {**SOLVED, "train_only_on_top": "True"}


@pytest.mark.parametrize(
    ("name", "value", "needed"),
    [
        ("augmentation", "True", "False"),
        ("feature_cache", "off", "auto"),
    ],
)
def test_a_solver_needs_features_that_stay(name: str, value: object, needed: str) -> None:
    [sentence] = problems({**TOP_SOLVED, name: value})
    assert sentence.endswith(f"only with {name} {needed!r}.")
    assert not problems({**TOP_SOLVED, "head_solver": "epochs", name: value})
    # Whatever else is given, all of it is said at once.
    assert len(problems({**TOP_SOLVED, name: value, "epochs": 0})) == 2
    # A preset that will train the top alone.
    assert problems({**SOLVED, "preset": "quick", name: value}) == [sentence]


def test_a_whole_network_begins_with_a_solution_whatever_its_epochs_are() -> None:
    whole = {**SOLVED, "train_only_on_top": "False"}
    assert not problems({**whole, "augmentation": "True", "feature_cache": "off"})


def test_what_is_not_said_breaks_no_rule() -> None:
    assert not broken(SOLVED)
    assert not broken({**SOLVED, "train_only_on_top": True, "augmentation": "False"})


def test_a_preset_that_freezes_the_backbone_brings_that_rule_and_no_other_does() -> None:
    turned = {**SOLVED, "augmentation": "True"}
    for more in ({}, {"train_only_on_top": "False"}):
        assert not broken({**turned, **more, "preset": "best"})
        [other] = broken({**turned, **more, "preset": "quick"})
        assert other.endswith("only with augmentation 'False'.")


@pytest.mark.parametrize("metric", ["precision", "recall", "auc", "prc"])
def test_a_metric_of_two_classes_needs_the_mode_of_two(metric: str) -> None:
    for given in ({}, {"binary_mode": "False"}, {"binary_mode": False}):
        [sentence] = broken({"eval_metric": metric, **given})
        assert f"can be {metric!r} only with binary_mode 'True'" in sentence
        assert not broken({"eval_metric": "accuracy", **given})
    assert not broken({"eval_metric": metric, "binary_mode": "True"})
    assert not broken({"eval_metric": metric, "binary_mode": True})


class PipelineVariable:
    """As the SDK's, which is told by its name."""


def test_what_a_pipeline_leaves_open_breaks_no_rule() -> None:
    later = PipelineVariable()
    assert not broken({"head_solver": later, "augmentation": "True"})
    assert not broken({**SOLVED, "augmentation": later, "preset": later})
    assert not broken({"eval_metric": "auc", "binary_mode": later})
    assert not broken({**TOP_SOLVED, "train_only_on_top": later, "augmentation": "True"})
    assert len(broken({**TOP_SOLVED, "augmentation": "True", "preset": later})) == 1


def test_the_defaults_of_a_model_count_where_a_job_is_made(tmp_path: Path) -> None:
    assert script_hyperparameters(SOLVED, bucket="my-bucket") == SOLVED
    turned = {**SOLVED, "augmentation": "True"}
    for_script(of_bucket("my-bucket"), turned, specs.get(WHOLE).hyperparameters)
    with pytest.raises(HyperparameterError, match="only with augmentation 'False'"):
        for_script(of_bucket("my-bucket"), turned, specs.get(LARGE).hyperparameters)
    turned["train_only_on_top"] = "True"
    with pytest.raises(HyperparameterError, match="only with augmentation 'False'"):
        request(model=embedded.MODEL_IDS[0], training=tmp_path, hyperparameters=turned)
