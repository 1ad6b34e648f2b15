"""The schema as rows, and the literal defaults beside it."""

import json

from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs.hyperparameter_table import rows
from ic_tf_sdk.specs.hyperparameters import ADDITIONS, Hyperparameters, parse


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
