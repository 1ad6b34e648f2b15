"""``hyperparameters.retrieve_default`` and ``validate``."""

import math
from decimal import Decimal

import numpy as np
import pytest
from pydantic.fields import FieldInfo

from ic_tf_sdk import hyperparameters
from ic_tf_sdk.errors import (
    HyperparameterError,
    MissingArgumentError,
    UnknownRegionError,
    UnsupportedArgumentError,
    UserError,
)
from ic_tf_sdk.specs.hyperparameter_spellings import are_several
from ic_tf_sdk.specs.hyperparameter_types import bounds
from ic_tf_sdk.specs.hyperparameters import ADDITIONS, canonical_name, parse, texts
from ic_tf_sdk.specs.hyperparameters import problems as hyperparameter_problems

MOBILENET = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
LARGE = "tensorflow-ic-bit-m-r101x1-ilsvrc2012-classification-1"
ALIAS = "tensorflow-ic-imagenet-resnet-50-classification-4"


def defaults(model_id=MOBILENET, **arguments):
    return hyperparameters.retrieve_default(model_id=model_id, model_version="*", **arguments)


def problems(values, **arguments):
    with pytest.raises(HyperparameterError) as caught:
        hyperparameters.validate(
            model_id=MOBILENET, model_version="*", hyperparameters=values, **arguments
        )
    return caught.value.problems


def test_defaults_are_text_in_the_order_of_the_spec():
    found = defaults()
    assert list(found)[:3] == ["train_only_on_top", "epochs", "batch_size"]
    assert len(found) == 27
    assert all(type(value) is str for value in found.values())
    assert found["epsilon"] == "1e-07"
    assert found["augmentation"] == "False"


def test_large_model_trains_its_top_in_smaller_batches_and_keeps_its_own_documented_values():
    found = defaults(LARGE)
    assert found["train_only_on_top"] == "True"
    assert int(found["batch_size"]) < 32
    assert (found["epochs"], found["initial_accumulator_value"]) == ("5", "0.1")


def test_container_hyperparameters_are_added_on_request():
    added = list(defaults(include_container_hyperparameters=True))[27:]
    assert added == [
        "sagemaker_submit_directory",
        "sagemaker_program",
        "sagemaker_container_log_level",
    ]


def test_changing_what_was_returned_changes_no_later_answer():
    defaults(include_container_hyperparameters=True).clear()
    assert len(defaults(include_container_hyperparameters=True)) == 30


def test_alias_is_answered_with_a_warning_that_names_the_model():
    with pytest.warns(FutureWarning, match="tensorflow-ic-resnet-50-classification-1") as caught:
        defaults(ALIAS)
    assert caught[0].filename == __file__


def test_region_that_is_not_launched_is_refused():
    with pytest.raises(UnknownRegionError, match="us-west-2"):
        defaults(region="us-west-22")


@pytest.mark.parametrize(
    "argument", [{"hub_arn": "arn:x"}, {"config_name": "x"}, {"model_type": "proprietary"}]
)
def test_argument_without_meaning_is_refused_by_name(argument):
    [name] = argument
    with pytest.raises(UnsupportedArgumentError, match=f"`{name}`"):
        defaults(**argument)


@pytest.mark.parametrize(
    ("arguments", "missing"),
    [
        ({}, "`model_id` and `model_version`"),
        ({"model_id": MOBILENET}, "needs `model_version`"),
        ({"model_version": "*"}, "needs `model_id`"),
    ],
)
def test_missing_argument_is_named(arguments, missing):
    with pytest.raises(MissingArgumentError, match=missing):
        hyperparameters.retrieve_default(**arguments)


def test_every_spelling_and_python_value_is_valid():
    given = {
        "train_only_top_layer": True,
        "eps": 1e-8,
        "batch-size": 8,
        "epochs": "5",
        "class_weight": "balanced",
        "sagemaker_program": "transfer_learning.py",
    }
    validate = hyperparameters.validate
    assert validate(model_id=MOBILENET, model_version="*", hyperparameters=given) is None
    # The same names with one value out of range are not: the check above looked at them.
    with pytest.raises(HyperparameterError, match="batch-size"):
        validate(
            model_id=MOBILENET, model_version="*", hyperparameters=given | {"batch-size": 9999}
        )


# Of a model whose default is "False", and of a large one whose default is "True".
@pytest.mark.parametrize(("model_id", "meant"), [(MOBILENET, "True"), (LARGE, "False")])
@pytest.mark.parametrize("spelling", ["train_only_top_layer", "train-only-on-top-layer"])
def test_another_spelling_wins_over_the_models_default(model_id, meant, spelling):
    sent = defaults(model_id)
    for values in (sent | {spelling: meant}, {spelling: meant} | sent):
        hyperparameters.validate(model_id=model_id, model_version="*", hyperparameters=values)
        assert texts(values, sent) == sent | {"train_only_on_top": meant}
        assert parse(values, sent).train_only_on_top is (meant == "True")


@pytest.mark.parametrize(
    "values",
    [
        {"learning_rate": "0.01", "adam-learning-rate": 0.01},
        {"adam-learning-rate": "1e-2", "learning_rate": "0.001", "learning-rate": 0.01},
        {"learning_rate": "0.01", "adam_learning_rate": "0.001"},
    ],
)
def test_equal_values_and_defaults_are_no_conflict_in_any_spelling_and_order(values):
    assert parse(values).learning_rate == 0.01
    assert parse(dict(reversed(values.items()))).learning_rate == 0.01


def test_two_values_of_which_none_is_the_default_are_refused_with_both():
    [problem] = problems({"learning_rate": "0.01", "epochs": 3, "adam-learning-rate": "0.02"})
    assert problem == (
        "'learning_rate' (0.01) and 'adam-learning-rate' (0.02) name the same hyperparameter; "
        "give one of them."
    )


def test_all_problems_are_reported_at_once():
    found = problems(
        {"epochs": 0, "learning_rat": 0.1, "optimizer": "Adam", "dropout_rate": math.nan, 7: 7}
    )
    assert len(found) == 5
    assert any("'learning_rate'" in problem for problem in found)
    assert any("'adam'" in problem for problem in found)


@pytest.mark.parametrize("metric", ["precision", "recall", "auc", "prc"])
@pytest.mark.parametrize(
    "binary", [{}, {"binary_mode": "False"}, {"binary_mode": False}], ids=["none", "text", "value"]
)
def test_a_metric_of_two_classes_needs_binary_mode(metric, binary):
    [sentence] = problems({"eval_metric": metric, **binary})
    assert f"'eval_metric' can be {metric!r} only with binary_mode 'True'" in sentence
    # It stands beside what else is wrong.
    assert len(problems({"eval_metric": metric, "epochs": 0, **binary})) == 2


@pytest.mark.parametrize("metric", ["accuracy", "precision", "recall", "auc", "prc"])
@pytest.mark.parametrize("binary", ["True", True], ids=["text", "value"])
def test_every_metric_may_be_chosen_in_binary_mode(metric, binary):
    assert parse({"eval_metric": metric, "binary_mode": binary}).eval_metric == metric
    assert parse({"eval_metric": "accuracy"}).eval_metric == "accuracy"


def test_modes_demand_the_algorithms_or_all_names():
    given = defaults()
    hyperparameters.validate(
        model_id=MOBILENET,
        model_version="*",
        hyperparameters=given,
        validation_mode=hyperparameters.HyperparameterValidationMode.VALIDATE_ALGORITHM,
    )
    del given["epochs"]
    assert problems(given, validation_mode="validate_algorithm") == [
        "Hyperparameter 'epochs' is missing."
    ]
    assert len(problems(given, validation_mode="validate_all")) == 4


def test_container_hyperparameter_must_be_text():
    assert problems({"sagemaker_program": 3}) == [
        "Hyperparameter 'sagemaker_program' cannot be 3: it is text."
    ]


def test_unknown_mode_names_the_three():
    with pytest.raises(UserError, match="'validate_provided', 'validate_algorithm'"):
        hyperparameters.validate(
            model_id=MOBILENET, model_version="*", hyperparameters={}, validation_mode="all"
        )


@pytest.mark.parametrize("given", [None, [], "epochs=3"])
def test_hyperparameters_must_be_a_dict(given):
    with pytest.raises(MissingArgumentError, match="must be a dict"):
        hyperparameters.validate(model_id=MOBILENET, model_version="*", hyperparameters=given)


@pytest.mark.parametrize(
    "values",
    [
        {"epochs": np.int64(3), "batch_size": np.uint8(16), "random_seed": np.array(7)},
        {"learning_rate": np.float32(0.1), "momentum": np.float64(0.9), "rho": np.int32(1)},
        {"train_only_on_top": np.bool_(True), "reinitialize_top_layer": np.bool_(False)},
        {"epochs": Decimal(3), "learning_rate": Decimal("1E-7"), "dropout_rate": Decimal("0.10")},
        {"optimizer": np.str_("sgd")},
    ],
)
def test_values_that_a_search_samples_are_what_their_text_says(values):
    hyperparameters.validate(model_id=MOBILENET, model_version="*", hyperparameters=values)
    parsed = parse(values)
    for name, value in values.items():
        assert getattr(parsed, name) == parse({name: str(value)}).model_dump()[name]
        assert type(getattr(parsed, name)) in (int, float, bool, str)


@pytest.mark.parametrize(
    "value", [np.float64(3.0), np.int64(0), np.bool_(True), Decimal("2.5"), np.array([3]), b"3"]
)
def test_what_is_no_whole_number_of_the_range_is_refused_in_every_kind(value):
    [problem] = problems({"epochs": value})
    assert "it is a whole number from 1 to 1000" in problem


def test_names_that_sagemaker_adds_to_a_job_are_left_aside():
    of_a_best_job = {
        "epochs": "3",
        "_tuning_objective_metric": "validation:accuracy",
        "sagemaker_job_name": "tuning-003",
        "sagemaker_estimator_class_name": "JumpStartEstimator",
    }
    hyperparameters.validate(model_id=MOBILENET, model_version="*", hyperparameters=of_a_best_job)
    assert parse(of_a_best_job).epochs == 3
    assert texts(of_a_best_job) == {"epochs": "3"}
    assert "'tuning_objective_metric'" in problems({"tuning_objective_metric": "x"})[0]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ({"augmentation": "True"}, True),
        ({"augmentation": True}, True),
        ({"augmentation": "False"}, False),
        ({"augmentation": False}, False),
        ({"epochs": "+7"}, 7),
        ({"epochs": 7}, 7),
        ({"augmentation_random_zoom": "-1"}, -1.0),
        ({"augmentation_random_zoom": -0.5}, -0.5),
        ({"learning_rate": "1e-3"}, 0.001),
        ({"learning_rate": ".5"}, 0.5),
        ({"learning_rate": "1."}, 1.0),
        ({"reinitialize_top_layer": True}, "True"),
        ({"augmentation_random_flip": None}, "None"),
    ],
    ids=str,
)
def test_a_text_is_the_value_that_it_spells(text, value):
    [name] = text
    parsed = getattr(parse(text), name)
    assert (parsed, type(parsed)) == (value, type(value))


@pytest.mark.parametrize(
    ("values", "allowed"),
    [
        ({"augmentation": "true"}, "'True' or 'False'"),
        ({"augmentation": 1}, "'True' or 'False'"),
        ({"epochs": True}, "a whole number from 1 to 1000"),
        ({"epochs": "7.0"}, "a whole number from 1 to 1000"),
        ({"batch_size": 1025}, "a whole number from 1 to 1024"),
        ({"batch_size": 0}, "a whole number from 1 to 1024"),
        ({"random_seed": -1}, "a whole number of 0 or more"),
        ({"random_seed": 2**63}, "a whole number of 0 or more"),
        ({"learning_rate": True}, "a number from 0 to 1"),
        ({"learning_rate": "1.01"}, "a number from 0 to 1"),
        ({"augmentation_random_zoom": -1.01}, "a number from -1 to 1"),
        ({"class_weight": "Balanced"}, "'none' or 'balanced'"),
    ],
    ids=str,
)
def test_what_is_refused_is_told_with_what_is_allowed(values, allowed):
    [(name, value)] = values.items()
    [sentence] = problems(values)
    assert sentence.startswith(f"Hyperparameter {name!r} cannot be {value!r}: it is {allowed}.")


def test_a_seed_may_be_as_large_as_sagemaker_lets_it():
    assert parse({"random_seed": str(2**63 - 1)}).random_seed == 2**63 - 1


def test_a_field_without_a_bound_has_none():
    assert bounds(FieldInfo(annotation=float)) == (-math.inf, math.inf)


def test_a_name_that_is_no_text_hides_no_other_problem():
    """Bytes of a command line that are no UTF-8 become such names."""
    unknown, epochs = sorted(problems({"caf\udce9": 1, "epochs": 0}), reverse=True)
    assert unknown.startswith(r"Unknown hyperparameter 'caf\udce9'. ")
    assert epochs.startswith("Hyperparameter 'epochs' cannot be 0")


@pytest.mark.parametrize("name", ["epochs", "learning_rate", "optimizer", "fish"])
def test_a_number_that_python_does_not_write_is_refused_like_any_other(name):
    [sentence] = problems({name: 10**5000})
    assert len(sentence) < 200


def test_an_array_of_metrics_is_no_metric():
    [sentence] = problems({"eval_metric": np.array(["auc", "prc"])})
    assert "it is 'accuracy' or" in sentence


@pytest.mark.parametrize(
    "value", [True, np.bool_(True), np.bool_(False)], ids=["bool", "numpy-true", "numpy-false"]
)
def test_a_truth_is_no_number_whoever_made_it(value):
    """It would be sent as the text 'True', which the job refuses."""
    [sentence] = problems({"learning_rate": value})
    assert "it is a number from 0 to 1" in sentence


class PipelineVariable:
    """As of the SDK: it is known by its name."""


def test_a_pipeline_variable_stands_for_a_value_where_it_may():
    variable = PipelineVariable()
    assert hyperparameter_problems({"epochs": variable}, open_values=True) == []
    assert texts({"epochs": variable, "batch_size": 8}) == {"epochs": variable, "batch_size": "8"}
    [sentence] = hyperparameter_problems({"epochs": variable})
    assert sentence.startswith("Hyperparameter 'epochs' cannot be a pipeline variable")
    # It may be the True of binary_mode.
    assert hyperparameter_problems(
        {"binary_mode": variable, "eval_metric": "auc"}, open_values=True
    ) == []  # fmt: skip
    # A value beside it is checked, and a name that is none stays none.
    for values in ({"epochs": variable, "batch_size": 0}, {"epoch": variable}):
        assert len(hyperparameter_problems(values, open_values=True)) == 1


def test_a_variable_under_two_spellings_is_one_and_two_variables_conflict():
    one, other = PipelineVariable(), PipelineVariable()
    assert texts({"eps": one, "epsilon": one}) == {"epsilon": one}
    [sentence] = hyperparameter_problems({"eps": one, "epsilon": other}, open_values=True)
    assert "name the same hyperparameter" in sentence


def test_parse_refuses_what_it_cannot_use_with_every_problem():
    with pytest.raises(HyperparameterError) as caught:
        parse({"epochs": 0, "fish": 1})
    assert len(caught.value.problems) == 2


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [
        ("epochs", 1, 1000), ("batch_size", 1, 1024), ("early_stopping_patience", 1, 1000),
        ("random_seed", 0, 2**63 - 1),
    ],
)  # fmt: skip
def test_a_whole_number_may_be_either_end_of_its_range_and_nothing_beyond(name, least, most):
    for end, beyond in ((least, least - 1), (most, most + 1)):
        assert getattr(parse({name: end}), name) == end
        assert len(problems({name: beyond})) == 1


def test_the_additions_change_nothing_where_they_are_not_given():
    found = parse({}).model_dump()
    assert {name: found[name] for name in ADDITIONS} == {
        "class_weight": "none", "on_bad_image": "error", "mixed_precision": "off",
        "feature_cache": "auto", "deterministic": False, "preset": "jumpstart",
        "head_solver": "epochs", "learning_rate_schedule": "constant", "warmup_ratio": 0.0,
        "clip_norm": 0.0, "ema_decay": 0.0, "layer_decay": 1.0, "head_first_epochs": 0,
        "batch_norm_statistics": "updated",
    }  # fmt: skip


def test_a_default_under_two_spellings_is_sent_once():
    assert texts({"learning_rate": "0.001", "adam-learning-rate": 0.001}) == {
        "learning_rate": "0.001"
    }


def test_a_wrong_value_under_two_spellings_is_told_once():
    [sentence] = problems({"learning_rate": "xy", "learning-rate": "".join("xy")})
    assert "cannot be 'xy'" in sentence


def test_one_nearest_name_is_given():
    [sentence] = problems({"augmentation_random": 1})
    assert sentence.count("augmentation") == 2
    assert "Did you mean" in sentence


def test_several_spellings_of_one_name_are_noticed():
    assert are_several(["eps", "epsilon"], canonical_name)
    assert not are_several(["eps", "epochs"], canonical_name)
    assert not are_several(["eps"], canonical_name)


def test_of_the_words_that_are_allowed_the_nearest_is_asked_for():
    [sentence] = problems({"image_resize_interpolation": "Lanczos"})
    assert sentence.endswith(("'. Did you mean 'lanczos3'?", "'. Did you mean 'lanczos5'?"))
    [sentence] = problems({"optimizer": "Adam"})
    assert sentence.endswith("'. Did you mean 'adam'?")
    [sentence] = problems({"epochs": "1 or 2"})
    assert "Did you mean" not in sentence


@pytest.mark.parametrize(
    ("solver", "only_on_top", "alone", "first"),
    [
        ("converged", True, True, False),
        ("converged", False, False, True),
        ("epochs", True, False, False),
        ("epochs", False, False, False),
    ],
)
def test_a_layer_that_is_solved_is_all_that_is_trained_or_the_first_of_it(
    solver: str, only_on_top: bool, alone: bool, first: bool
) -> None:
    given = parse({"head_solver": solver, "train_only_on_top": only_on_top})
    assert (given.solves_alone, given.solves_first) == (alone, first)
