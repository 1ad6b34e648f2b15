"""Clarify's image is in the registry of the region, or the region is refused with the nearest."""

import pytest

from ic_tf_sdk.errors import UnknownRegionError
from ic_tf_sdk.specs.clarify_image import clarify_image_uri


@pytest.mark.parametrize(
    ("region", "uri"),
    [
        (
            "eu-west-1",
            "131013547314.dkr.ecr.eu-west-1.amazonaws.com/sagemaker-clarify-processing:1.0",
        ),
        (
            "cn-north-1",
            "122526803553.dkr.ecr.cn-north-1.amazonaws.com.cn/sagemaker-clarify-processing:1.0",
        ),
    ],
)
def test_the_image_is_in_the_regions_own_registry(region, uri):
    assert clarify_image_uri(region) == uri


def test_a_region_without_it_is_refused_with_the_two_nearest():
    with pytest.raises(UnknownRegionError) as refused:
        clarify_image_uri("us-west-22")
    said = (
        "not in region 'us-west-22'. Did you mean 'us-west-2' or 'us-west-1'? It is in af-south-1"
    )
    assert said in str(refused.value)
