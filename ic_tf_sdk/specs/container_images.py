"""Which container image runs a model: by scope, region and family of the instance type."""

import re
from typing import Any

from ic_tf_sdk.errors import (
    UnknownInstanceTypeError,
    UnknownRegionError,
    did_you_mean,
    nearest,
)
from ic_tf_sdk.specs.catalogue import read
from ic_tf_sdk.specs.regions import domain
from ic_tf_sdk.specs.source import ContentSource

__all__ = ["image_regions", "image_uri", "instance_family", "processor_image"]

# "ml.<family>.<size>" or "ml_<family>", as the SageMaker SDK reads it; the size is not checked.
_INSTANCE_TYPE = re.compile(r"ml[._]([a-z\d\-]+)\.?\w*")


def image_uri(
    source: ContentSource, record: dict[str, Any], region: str, instance_type: object, scope: str
) -> str:
    """The image of a model on an instance type.

    Args:
        source: Where the model's content is.
        record: The fields of a ``ModelSpec``.
        region: AWS region.
        instance_type: For example ``"ml.g5.xlarge"``.
        scope: ``"training"`` or ``"inference"``.

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
            f"The {scope} image of {record['model_id']!r} is not in region {region!r}."
            f"{did_you_mean(nearest(region, regions, 2))} It is in {', '.join(regions)}."
        )
    return processor_image(source, region, processor, scope)


def image_regions(source: ContentSource) -> list[str]:
    """The regions whose registries hold the source's images, in alphabetical order."""
    return [name for name, facts in read("regions").items() if facts[source.facts["accounts"]]]


def processor_image(source: ContentSource, region: str, processor: str, scope: str) -> str:
    """The image for ``"cpu"`` or ``"gpu"`` in a region of :func:`image_regions`."""
    training = scope == "training"
    ecr = source.facts["spec"]["training_ecr_specs" if training else "hosting_ecr_specs"]
    version = ecr["framework_version"]
    # Inference images name their Python from TensorFlow 2.20 on.
    named = any(image["py_versions"] for image in _images_of(scope, version))
    tag = f"{version}-{processor}" + (f"-{ecr['py_version']}" if named else "")
    account = read("regions")[region]["account"]
    return f"{account}.dkr.ecr.{region}.{domain(region)}/tensorflow-{scope}:{tag}"


def _images_of(scope: str, version: str) -> list[dict[str, Any]]:
    images: list[dict[str, Any]] = read("framework_images")["scopes"][scope]
    return [image for image in images if version in (image["version"], image["alias"])]


def instance_family(instance_type: object) -> str | None:
    """The family of an instance type, for example ``"g5"``; None where it is not spelled as one."""
    if not isinstance(instance_type, str):
        return None
    if instance_type in ("local", "local_gpu"):
        return instance_type
    # re.match with $ lets a newline at the end pass, as the SDK's own check does; this does not.
    spelled = _INSTANCE_TYPE.fullmatch(instance_type)
    return spelled[1] if spelled else None


def _processor(source: ContentSource, instance_type: object) -> str:
    family = instance_family(instance_type)
    families: dict[str, list[str]] = source.facts["families"]
    for processor, names in families.items():
        if family in names:
            return processor
    spec = source.facts["spec"]
    known = {
        *spec["supported_training_instance_types"],
        *spec["supported_inference_instance_types"],
    }
    raise UnknownInstanceTypeError(
        f"No image runs on instance type {instance_type!r}."
        f"{did_you_mean(nearest(str(instance_type)[:80], sorted(known), 2))} Families with a GPU: "
        f"{', '.join(families['gpu'])}; without: {', '.join(families['cpu'])}."
    )
