"""The image of SageMaker Clarify's processing jobs, by region: the SageMaker SDK's own table."""

from ic_tf_sdk.errors import UnknownRegionError, did_you_mean, nearest
from ic_tf_sdk.specs.catalogue import read
from ic_tf_sdk.specs.regions import domain

__all__ = ["clarify_image_uri"]


def clarify_image_uri(region: str) -> str:
    """URI of the image that explains a model.

    >>> clarify_image_uri("us-west-2")
    '306415355426.dkr.ecr.us-west-2.amazonaws.com/sagemaker-clarify-processing:1.0'

    Args:
        region: An AWS region.

    Raises:
        UnknownRegionError: The image is not there; the nearest region in which it is.
    """
    image = read("clarify_image")
    accounts: dict[str, str] = image["registries"]
    if region not in accounts:
        raise UnknownRegionError(
            f"SageMaker Clarify's image is not in region {region!r}."
            f"{did_you_mean(nearest(region, accounts, 2))} It is in {', '.join(accounts)}."
        )
    repository = f"{image['repository']}:{image['version']}"
    return f"{accounts[region]}.dkr.ecr.{region}.{domain(region)}/{repository}"
