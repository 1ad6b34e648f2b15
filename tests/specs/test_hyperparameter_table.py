"""The schema as rows, and the literal defaults beside it."""

import json

from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs.hyperparameter_table import rows
from ic_tf_sdk.specs.hyperparameters import ADDITIONS, Hyperparameters, parse, problems


def test_literal_defaults_are_the_schemas():
    literal = catalogue.read("common")["hyperparameters"]
    schema = Hyperparameters().model_dump()
    assert list(literal) == [name for name in schema if name not in ADDITIONS]
    assert literal == {name: schema[name] for name in literal}


def test_every_models_defaults_are_valid():
    for model_id in catalogue.model_ids():
        defaults = catalogue.record(model_id).hyperparameters
        assert len(defaults) == 27
        parse(defaults)


def test_rows_agree_with_the_public_spec(shared):
    spec = json.loads((shared / "reference" / "spec_v4.0.6.json").read_text())
    theirs = [h for h in spec["hyperparameters"] if h["scope"] == "algorithm"]
    for row, theirs_row in zip(rows(include_additions=False), theirs, strict=True):
        assert row.name == theirs_row["name"].replace("train_only_top_layer", "train_only_on_top")
        assert row.type == theirs_row["type"]
        assert list(row.options) == theirs_row.get("options", [])
        assert row.minimum == theirs_row.get("min")
        assert row.maximum == theirs_row.get("max")


def test_range_is_told_in_words():
    told = {row.name: row.range for row in rows()}
    assert told["epochs"] == "1 to 1000"
    assert told["random_seed"] == "0 or more"
    assert told["class_weight"] == "none | balanced"


def test_what_this_package_adds_is_neutral_by_default_and_has_these_ranges() -> None:
    found = {row.name: (row.default, row.range) for row in rows() if row.is_addition}
    assert found == {
        "class_weight": ("none", "none | balanced"),
        "on_bad_image": ("error", "error | skip"),
        "mixed_precision": ("off", "off | auto | bfloat16"),
        "feature_cache": ("auto", "auto | off"),
        "deterministic": ("False", "False | True"),
        "preset": ("jumpstart", "jumpstart | quick | best"),
        "head_solver": ("epochs", "epochs | converged"),
        "learning_rate_schedule": ("constant", "constant | cosine"),
        "warmup_ratio": ("0.0", "0 to 1"),
        "clip_norm": ("0.0", "0 to 1000"),
        "ema_decay": ("0.0", "0 to 1"),
        "layer_decay": ("1.0", "0 to 1"),
        "head_first_epochs": ("0", "0 to 1000"),
        "batch_norm_statistics": ("updated", "updated | kept | auto"),
    }


def test_every_row_is_what_the_schema_says() -> None:
    found = {row.name: row for row in rows()}
    assert list(found) == list(Hyperparameters.model_fields)
    assert [row.name for row in rows(include_additions=False)] == [
        name for name in found if name not in ADDITIONS
    ]
    for row in found.values():
        assert row.is_addition == (row.name in ADDITIONS)
        assert row.description.endswith("."), row.name
        assert parse({row.name: row.default})
        numbers = {"int": int, "float": float}
        if row.type not in numbers:
            assert row.default in row.options
            assert (row.minimum, row.maximum) == (None, None)
            continue
        assert row.options == ()
        assert row.minimum is not None
        kind = numbers[row.type]
        assert row.minimum <= kind(row.default) <= (row.maximum or float("inf")), row.name
        # The bounds themselves are allowed, and what is beyond them is not.
        for bound in filter(lambda bound: bound is not None, (row.minimum, row.maximum)):
            assert problems({row.name: bound}) == []
        assert problems({row.name: row.minimum - 1}) != []
        if row.maximum is not None:
            assert problems({row.name: row.maximum + 1}) != []
        assert row.range.startswith(f"{row.minimum:g} ")
        assert row.range.endswith("or more" if row.maximum is None else f"to {row.maximum:g}")


def test_a_switch_is_false_or_true_and_another_spelling_is_named() -> None:
    found = {row.name: row for row in rows()}
    assert found["train_only_on_top"].options == ("False", "True")
    assert found["train_only_on_top"].type == "text"
    assert "train_only_top_layer" in found["train_only_on_top"].aliases
    assert "train_only_on_top" not in found["train_only_on_top"].aliases
    assert found["epochs"].aliases == ()
    assert found["random_seed"].maximum is None
