"""A preset sets what nobody has set, and nothing else."""

import pytest

from ic_tf_sdk import hyperparameters, specs
from ic_tf_sdk.specs.hyperparameters import Hyperparameters, parse
from ic_tf_sdk.specs.presets import changes

WHOLE = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
TOP = "tensorflow-ic-bit-m-r101x1-ilsvrc2012-classification-1"


def with_all_defaults(model_id: str, **given: object) -> dict[str, object]:
    """What a preset changes where the SDK sends every default of the model beside it."""
    defaults = hyperparameters.retrieve_default(
        region="us-west-2", model_id=model_id, model_version="*"
    )
    assert len(defaults) == 27
    return changes(parse({**defaults, **given}, defaults), specs.get(model_id).hyperparameters)


@pytest.mark.parametrize("model_id", [WHOLE, TOP])
def test_jumpstart_leaves_the_defaults_as_they_are(model_id: str) -> None:
    assert with_all_defaults(model_id) == with_all_defaults(model_id, preset="jumpstart") == {}


def test_quick_solves_the_top_of_any_model() -> None:
    solved = {"head_solver": "converged", "label_smoothing": 0.0}
    assert with_all_defaults(WHOLE, preset="quick") == {"train_only_on_top": True, **solved}
    # The default of a large model is the top alone already.
    assert with_all_defaults(TOP, preset="quick") == solved


def test_best_trains_a_whole_network_along_a_falling_rate_with_statistics_that_fit() -> None:
    schedule = {"learning_rate_schedule": "cosine", "batch_norm_statistics": "auto"}
    whole = {"epochs": 7, "warmup_ratio": 0.1, **schedule}
    assert with_all_defaults(WHOLE, preset="best") == whole
    assert with_all_defaults(WHOLE, preset="best", augmentation="True") == whole
    given = {"epochs": "9", "learning_rate": "0.01", "warmup_ratio": "0.2"}
    assert with_all_defaults(WHOLE, preset="best", **given) == schedule


def test_a_value_that_is_no_default_stays_and_what_does_not_go_with_it_is_left_out() -> None:
    smoothed = with_all_defaults(TOP, preset="best", label_smoothing="0.2")
    assert smoothed == {"head_solver": "converged"}
    kept = with_all_defaults(TOP, preset="quick", train_only_on_top="False")
    assert "train_only_on_top" not in kept
    assert "head_solver" not in kept
    for change in ({"augmentation": "True"}, {"feature_cache": "off"}):
        assert "head_solver" not in with_all_defaults(TOP, preset="best", **change)


@pytest.mark.parametrize("preset", ["quick", "best"])
@pytest.mark.parametrize("model_id", [WHOLE, TOP])
@pytest.mark.parametrize("augmentation", ["True", "False"])
def test_what_a_preset_makes_is_valid_and_stays_when_it_is_sent_again(
    preset: str, model_id: str, augmentation: str
) -> None:
    defaults = specs.get(model_id).hyperparameters
    sent = {**defaults, "preset": preset, "augmentation": augmentation}
    made = parse({**sent, **changes(parse(sent), defaults)})
    assert isinstance(made, Hyperparameters)
    assert changes(made, defaults) == {}


def test_a_default_is_one_of_the_model_and_not_of_the_schema() -> None:
    """The large model trains its top by default: False is the user's choice there."""
    assert changes(parse({"preset": "quick"})) != {}
    chosen = parse({"preset": "quick", "train_only_on_top": "False"})
    assert changes(chosen, specs.get(TOP).hyperparameters) == {}
