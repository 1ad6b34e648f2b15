"""Which container image runs a model: by scope, region and family of the instance type."""

from typing import Any

from ic_tf_sdk._quoted import quoted
from ic_tf_sdk.enums import SCOPES, Scope
from ic_tf_sdk.errors import (
    UnknownInstanceTypeError,
    UnknownRegionError,
    did_you_mean,
    nearest,
)
from ic_tf_sdk.specs.catalogue import read
from ic_tf_sdk.specs.instance_families import family_of, instance_family
from ic_tf_sdk.specs.model_spec import ModelSpec
from ic_tf_sdk.specs.regions import domain
from ic_tf_sdk.specs.source import ContentSource

__all__ = ["image_regions", "image_uri", "processor_image"]


def image_uri(
    source: ContentSource, record: ModelSpec, region: str, instance_type: object, scope: Scope
) -> str:
    """The image of a model on an instance type.

    >>> from ic_tf_sdk import specs
    >>> from ic_tf_sdk.specs.source import named
    >>> swin = specs.get("tensorflow-ic-swin-tiny-patch4-window7-224")
    >>> image_uri(named("published"), swin, "us-west-2", "ml.g5.xlarge", "inference")
    '763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-inference:2.20-gpu-py312'

    Args:
        source: Where the model's content is.
        record: The model.
        region: An AWS region, one of :func:`image_regions`.
        instance_type: For example ``"ml.g5.xlarge"``.
        scope: What the image is to do.

    Raises:
        UnknownRegionError: No registry holds the image in this region.
        UnknownInstanceTypeError: No image runs on this instance type.
        EmbeddedModelError: AWS's images run AWS's files, and this model has none.
    """
    source.require_content(record)
    processor = _processor(source, instance_type)
    regions = image_regions(source)
    if region not in regions:
        raise UnknownRegionError(
            f"The {scope} image of {record.model_id!r} is not in region {quoted(region)}."
            f"{did_you_mean(nearest(region, regions, 2))} It is in {', '.join(regions)}."
        )
    return processor_image(source, region, processor, scope)


def image_regions(source: ContentSource) -> list[str]:
    """The regions whose registries hold the source's images, in alphabetical order.

    >>> from ic_tf_sdk.specs.source import named
    >>> len(image_regions(named("published")))
    38
    """
    return [name for name, facts in read("regions").items() if facts[source.facts["accounts"]]]


def processor_image(source: ContentSource, region: str, processor: str, scope: Scope) -> str:
    """The image for a processor.

    >>> from ic_tf_sdk.specs.source import named
    >>> processor_image(named("jumpstart"), "us-west-2", "cpu", "inference")
    '763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-inference:2.8-cpu'

    Args:
        source: Where the content is that it is to run.
        region: One of :func:`image_regions`.
        processor: ``"cpu"`` or ``"gpu"``.
        scope: What it is to do.
    """
    body = source.body
    ecr = body["training_ecr_specs"] if scope == "training" else body["hosting_ecr_specs"]
    version = ecr["framework_version"]
    # Inference images name their Python from TensorFlow 2.20 on.
    named = any(image["py_versions"] for image in _images_of(scope, version))
    tag = f"{version}-{processor}" + (f"-{ecr['py_version']}" if named else "")
    account = read("regions")[region]["account"]
    return f"{account}.dkr.ecr.{region}.{domain(region)}/tensorflow-{scope}:{tag}"


def _images_of(scope: Scope, version: str) -> list[dict[str, Any]]:
    images: list[dict[str, Any]] = read("framework_images")["scopes"][scope]
    return [image for image in images if version in (image["version"], image["alias"])]


def _processor(source: ContentSource, instance_type: object) -> str:
    name = instance_family(instance_type)
    families = source.families()
    for processor, names in families.items():
        if name in names:
            return processor
    family = family_of(instance_type)
    if family is not None:
        reason = family.no_image or f"the {source.name} content has none for its family."
        raise UnknownInstanceTypeError(
            f"No image runs on instance type {quoted(instance_type)}: {reason} Take for example "
            f"{source.living_instance_type('training')!r}."
        )
    known = {kind for scope in SCOPES for kind in source.instance_types(scope)}
    raise UnknownInstanceTypeError(
        f"No image runs on instance type {quoted(instance_type)}."
        f"{did_you_mean(nearest(instance_type, sorted(known), 2))} Families with a GPU: "
        f"{', '.join(families['gpu'])}; without: {', '.join(families['cpu'])}."
    )
