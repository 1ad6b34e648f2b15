"""AWS's TensorFlow images by version: the table of SageMaker SDK v3."""

from typing import Any, NamedTuple

from ic_tf_sdk._quoted import quoted
from ic_tf_sdk.errors import (
    MissingArgumentError,
    UnknownImageError,
    UnknownInstanceTypeError,
    UnknownRegionError,
    did_you_mean,
    nearest,
)
from ic_tf_sdk.specs.catalogue import read
from ic_tf_sdk.specs.instance_families import instance_family
from ic_tf_sdk.specs.regions import domain

__all__ = ["ImageRequest", "framework_image_uri"]

Image = dict[str, Any]

_GRAVITON = ("m6g", "m6gd", "c6g", "c6gd", "c6gn", "c7g", "r6g", "r6gd")

# TensorFlow images whose CUDA does not run on A100 or with SageMaker's own distribution libraries;
# another build of the same version does.
_REBUILT = {
    "2.3-gpu-py37": "cu110-ubuntu18.04-v3",
    "2.3.1-gpu-py37": "cu110-ubuntu18.04",
    "2.3.2-gpu-py37": "cu110-ubuntu18.04",
    "1.15-gpu-py37": "cu110-ubuntu18.04-v8",
    "1.15.4-gpu-py37": "cu110-ubuntu18.04",
    "1.15.5-gpu-py37": "cu110-ubuntu18.04",
}


class ImageRequest(NamedTuple):
    """What ``image_uris.retrieve`` is asked for without a model.

    Attributes:
        region: An AWS region whose registry has the image.
        version: For example ``"2.19"``; None takes the newest.
        py_version: For example ``"py312"``; needed where a version has several.
        instance_type: For example ``"ml.g5.xlarge"``.
        accelerator_type: Elastic Inference, for example ``"ml.eia2.medium"``.
        image_scope: ``"training"``, ``"inference"``, ``"inference_graviton"`` or ``"eia"``.
        container_version: Only where the tag carries one: Graviton images.
        smdistributed: Whether SageMaker's distribution libraries are used.
        serverless: Whether the endpoint is serverless, which runs on CPU.
    """

    region: str
    version: str | None
    py_version: str | None
    instance_type: str | None
    accelerator_type: str | None
    image_scope: str | None
    container_version: str | None
    smdistributed: bool
    serverless: bool


def framework_image_uri(request: ImageRequest) -> str:
    """The image of a TensorFlow version.

    Raises:
        UnknownImageError: No such version, Python version or scope.
        UnknownInstanceTypeError: The image does not run on the instance type.
        UnknownRegionError: The image is not in the region.
        MissingArgumentError: The scope or the instance type is needed and was not given.
    """
    scope = _scope(request)
    versions = _of_version(scope, request.version)
    version = request.version or versions[-1]["version"]
    image = _of_python(versions, request.py_version, version)
    processor = _processor(request, image)
    _refuse_p2(request, version)
    python = request.py_version or (image["py_versions"] or [None])[0]
    if not image["py_versions"]:
        python = None
    parts = [version, processor, python, _container_version(request, image)]
    tag = "-".join(part for part in parts if part)
    if request.smdistributed or instance_family(request.instance_type) == "p4d":
        tag = "-".join(filter(None, [tag, _REBUILT.get(tag)]))
    account = _account(image, request.region)
    return (
        f"{account}.dkr.ecr.{request.region}.{domain(request.region)}/{image['repository']}:{tag}"
    )


def _scope(request: ImageRequest) -> str:
    if request.accelerator_type is not None:
        if not str(request.accelerator_type).startswith(("ml.eia", "local_sagemaker_notebook")):
            raise UnknownInstanceTypeError(
                f"{quoted(request.accelerator_type)} is no Elastic Inference accelerator; write "
                "for example 'ml.eia2.medium'."
            )
        return "eia"
    if instance_family(request.instance_type) in _GRAVITON:
        return "inference_graviton"
    scopes = list(read("framework_images")["scopes"])
    if request.image_scope is None:
        raise MissingArgumentError(f"Must specify `image_scope`: {', '.join(map(repr, scopes))}.")
    if request.image_scope not in scopes:
        raise UnknownImageError(
            f"There is no image scope {quoted(request.image_scope)}: use "
            f"{', '.join(map(repr, scopes))}."
            f"{did_you_mean(nearest(request.image_scope, scopes, 1))}"
        )
    return request.image_scope


def _of_version(scope: str, version: str | None) -> list[Image]:
    images: list[Image] = read("framework_images")["scopes"][scope]
    if version is None:
        return images[-1:]
    of_version = [image for image in images if version in (image["version"], image["alias"])]
    if not of_version:
        known = list(dict.fromkeys(image["version"] for image in images))
        raise UnknownImageError(
            f"There is no TensorFlow {quoted(version)} image for scope {scope!r}."
            f"{did_you_mean(nearest(version, known, 2))} There are {', '.join(known)}."
        )
    return of_version


def _of_python(images: list[Image], python: str | None, version: str) -> Image:
    known = [name for image in images for name in image["py_versions"]]
    if not known or (python is None and len(known) == 1):
        return images[0]
    for image in images:
        if python in image["py_versions"]:
            return image
    raise UnknownImageError(
        f"`py_version` {quoted(python)} is not one of TensorFlow {version}'s: {', '.join(known)}."
    )


def _processor(request: ImageRequest, image: Image) -> str:
    available: list[str] = image["processors"]
    instance_type = request.instance_type
    if len(available) == 1 and not instance_type:
        return available[0]
    if request.serverless:
        return "cpu"
    if not instance_type:
        raise MissingArgumentError("Must specify `instance_type`, for example 'ml.g5.xlarge'.")
    if str(instance_type).startswith("local"):
        processor = "cpu" if instance_type == "local" else "gpu"
    else:
        processor = _family_processor(instance_type)
    if processor not in available:
        raise UnknownInstanceTypeError(
            f"The image runs on {' or '.join(available)}, and {quoted(instance_type)} is "
            f"{processor}."
        )
    return processor


def _family_processor(instance_type: str) -> str:
    family = instance_family(instance_type)
    if family is None:
        raise UnknownInstanceTypeError(
            f"{quoted(instance_type)} is no instance type; write for example 'ml.g5.xlarge'."
        )
    if family.startswith(("inf", "trn")):
        raise UnknownInstanceTypeError(
            f"TensorFlow images do not run on {quoted(instance_type)}; take a CPU or GPU instance."
        )
    return "gpu" if family[0] in "gp" else "cpu"


def _refuse_p2(request: ImageRequest, version: str) -> None:
    major, minor = (int(place) for place in version.split(".")[:2])
    if instance_family(request.instance_type) == "p2" and (major, minor) >= (2, 12):
        raise UnknownInstanceTypeError(
            f"P2 instances do not run TensorFlow {version}: AWS ended them with 2.12. Take "
            "'ml.g4dn.xlarge' or newer."
        )


def _container_version(request: ImageRequest, image: Image) -> str | None:
    build: str | None = image["container_version"]
    if build:
        return f"{build}-sagemaker"
    if request.container_version is not None:
        raise UnknownImageError(
            f"`container_version` {quoted(request.container_version)} cannot be given: these "
            "images have none in their tag. Leave it out."
        )
    return None


def _account(image: Image, region: str) -> str:
    accounts: dict[str, str] = read("framework_images")["registries"][image["registries"]]
    if region not in accounts:
        raise UnknownRegionError(
            f"The image is not in region {quoted(region)}."
            f"{did_you_mean(nearest(region, accounts, 2))} It is in {', '.join(accounts)}."
        )
    return accounts[region]
