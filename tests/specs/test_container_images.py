"""The image of a model goes by scope, processor and region; where there is none, it says why."""

import pytest

from ic_tf_sdk import specs
from ic_tf_sdk.errors import EmbeddedModelError, UnknownInstanceTypeError, UnknownRegionError
from ic_tf_sdk.specs.container_images import image_uri
from ic_tf_sdk.specs.source import named

MOBILENET = specs.get("tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4")
EMBEDDED = specs.get("tensorflow-ic-embedded-formulanet-96")


def image(source="published", kind="ml.g5.xlarge", scope="training", region="us-west-2"):
    return image_uri(named(source), MOBILENET, region, kind, scope).rpartition("/")[2]


@pytest.mark.parametrize(
    ("source", "scope", "kind", "expected"),
    [
        ("jumpstart", "training", "ml.p3.2xlarge", "tensorflow-training:2.9-gpu-py39"),
        # Inference images named no Python then.
        ("jumpstart", "inference", "ml.m5.large", "tensorflow-inference:2.8-cpu"),
        ("published", "training", "local_gpu", "tensorflow-training:2.21-gpu-py312"),
        ("published", "inference", "ml.g5.xlarge", "tensorflow-inference:2.20-gpu-py312"),
    ],
)
def test_the_image_goes_by_source_scope_and_processor(source, scope, kind, expected):
    assert image(source, kind, scope) == expected


def test_a_region_without_it_is_refused_with_the_two_nearest():
    with pytest.raises(UnknownRegionError) as refused:
        image(region="us-west-22", scope="inference")
    assert str(refused.value).startswith(
        f"The inference image of '{MOBILENET.model_id}' is not in region 'us-west-22'. "
        "Did you mean 'us-west-2' or 'us-west-1'? It is in "
    )


@pytest.mark.parametrize(
    ("source", "kind", "reason"),
    [
        ("published", "ml.p2.xlarge", "TensorFlow's images do not run on P2 since 2.12."),
        ("jumpstart", "ml.g7.2xlarge", "the jumpstart content has none for its family."),
    ],
)
def test_a_family_without_an_image_is_refused_with_its_reason_and_another(source, kind, reason):
    with pytest.raises(UnknownInstanceTypeError) as refused:
        image(source, kind)
    said = f"No image runs on instance type '{kind}': {reason} Take for example 'ml.g4dn.xlarge'."
    assert str(refused.value) == said


def test_an_unknown_family_is_refused_with_the_two_nearest_and_all_that_there_are():
    with pytest.raises(UnknownInstanceTypeError) as refused:
        image(kind="ml.g55.xlarge")
    said = str(refused.value)
    assert " Did you mean 'ml.g5.xlarge' or 'ml.g5.48xlarge'? Families with a GPU: g4dn" in said
    assert "; without: c4, c5" in said


def test_an_embedded_model_has_no_image_of_aws():
    with pytest.raises(EmbeddedModelError):
        image_uri(named("jumpstart"), EMBEDDED, "us-west-2", "ml.m5.large", "training")
