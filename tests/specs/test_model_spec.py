"""A record is frozen whatever it is made of, and gives copies of one's own."""

from types import MappingProxyType

from ic_tf_sdk import specs
from ic_tf_sdk.specs.model_spec import ModelSpec

SPEC = specs.get("tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4")


def test_its_pixels_are_height_times_width():
    assert SPEC._replace(input_height=20, input_width=30).pixels == 600


def test_lists_and_dicts_of_its_facts_are_frozen_in_it_and_thawed_out_of_it():
    facts = SPEC.to_json()
    assert (type(facts["versions"]), type(facts["hyperparameters"])) == (list, dict)
    assert facts["input_height"] == 224
    record = ModelSpec.from_json(facts)
    assert isinstance(record.hyperparameters, MappingProxyType)
    assert record.versions == tuple(facts["versions"])
    facts["versions"].clear()
    facts["hyperparameters"].clear()
    assert record == SPEC


def test_a_notebook_shows_its_card():
    assert SPEC._repr_html_() == specs.describe(SPEC.model_id)._repr_html_()
