"""What a pretrained archive says of itself is what the catalogue says of its model."""

import pytest

from ic_tf_sdk import specs
from ic_tf_sdk.specs.model_description import describe

ALIAS = "tensorflow-ic-imagenet-resnet-50-classification-4"
OWNER = "tensorflow-ic-resnet-50-classification-1"
MOBILENET = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"


@pytest.mark.parametrize(("model_id", "owner"), [(ALIAS, OWNER), (MOBILENET, MOBILENET)])
def test_an_alias_is_described_as_its_model(model_id, owner):
    assert describe(specs.get(model_id), hub_handle=None).model_id == owner


def test_a_description_has_the_facts_of_the_record():
    spec = specs.get(MOBILENET)
    made = describe(spec, hub_handle=spec.feature_vector_handle, feature_vector_size=1280)
    assert (made.kind, made.model_version) == ("pretrained", spec.version)
    assert (made.input_height, made.input_width, made.pixel_range) == (224, 224, "0..1")
    assert (made.feature_vector_size, made.hub_handle) == (1280, spec.feature_vector_handle)
