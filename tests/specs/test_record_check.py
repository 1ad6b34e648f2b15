"""What the record promises by its types and ranges holds for every model in every version."""

import copy
import pickle

import pytest

from ic_tf_sdk import specs
from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs.model_spec import ModelSpec
from ic_tf_sdk.specs.record_check import problems

MOBILENET = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
SPEC = specs.get(MOBILENET)


def test_every_version_of_every_model_is_free_of_problems():
    checked = 0
    for model_id in specs.model_ids():
        for version in specs.get(model_id).versions:
            assert problems(specs.get(model_id, version)) == []
            checked += 1
    assert checked == 136 * 2 + 1 + 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("model_id", "mobilenet"),
        ("versions", ()),
        ("versions", ["4.0.17"]),
        ("input_height", "224"),
        ("input_width", 0),
        ("input_size", "some"),
        ("pixel_range", "0..2"),
        ("num_classes", -1),
        ("feature_vector_size", 12.5),
        ("parameters_millions", 0.0),
        ("imagenet_top1", 0.0),
        ("imagenet_top1", 100.5),
        ("ms_per_image", 0.0),
        ("license", None),
        ("deprecated", "False"),
        ("module_output", "list"),
        ("hyperparameters", {"epochs": 3}),
    ],
)
def test_value_of_a_wrong_type_or_range_is_named(field, value):
    [problem] = problems(SPEC._replace(**{field: value}))
    assert problem.startswith(field)


def test_accuracies_from_next_to_nothing_to_all_are_allowed():
    for percent in (0.5, 100.0):
        assert problems(SPEC._replace(imagenet_top1=percent)) == []


def test_gap_without_a_reason_is_named():
    [problem] = problems(SPEC._replace(label_set=None))
    assert "label_set" in problem
    reasons = {"label_set": "unknown: nobody says."}
    assert problems(SPEC._replace(label_set=None, provenance=reasons)) == []


def test_reason_of_no_field_or_of_no_kind_is_named():
    wrong = problems(SPEC._replace(provenance={"colour": "derived: seen", "family": "somebody"}))
    assert [problem.split(":")[0] for problem in wrong] == [
        "provenance.colour",
        "provenance.family",
    ]


def test_all_problems_of_a_record_come_at_once():
    wrong = problems(SPEC._replace(input_height=0, num_classes=None, family=7))
    assert [problem.split(":")[0] for problem in wrong] == ["family", "input_height", "num_classes"]


def test_record_survives_json_pickle_and_copy():
    assert ModelSpec.from_json(SPEC.to_json()) == SPEC
    assert pickle.loads(pickle.dumps(SPEC)) == SPEC
    assert copy.deepcopy(SPEC) == SPEC


def test_field_that_the_record_has_not_or_lacks_is_refused():
    facts = SPEC.to_json()
    with pytest.raises(TypeError, match="colour"):
        ModelSpec.from_json(facts | {"colour": "red"})
    del facts["family"]
    with pytest.raises(TypeError, match="family"):
        ModelSpec.from_json(facts)


def test_nothing_inside_a_record_can_be_changed():
    with pytest.raises(AttributeError):
        SPEC.family = "other"
    for mapping in (SPEC.hyperparameters, SPEC.provenance):
        with pytest.raises(TypeError):
            mapping["epochs"] = "99"
    assert isinstance(SPEC.versions, tuple)


def test_defaults_that_callers_get_are_their_own():
    from ic_tf_sdk import hyperparameters

    defaults = hyperparameters.retrieve_default(model_id=MOBILENET, model_version="*")
    defaults["epochs"] = "99"
    assert catalogue.record(MOBILENET).hyperparameters["epochs"] == "3"
