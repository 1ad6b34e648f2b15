"""Which container image trains or serves a model, or runs a version of TensorFlow."""

from collections.abc import Mapping
from typing import Any

from ic_tf_sdk._quoted import quoted
from ic_tf_sdk.enums import JumpStartModelType
from ic_tf_sdk.errors import UnknownImageError, UnsupportedArgumentError
from ic_tf_sdk.specs import source
from ic_tf_sdk.specs.container_images import image_uri
from ic_tf_sdk.specs.framework_images import ImageRequest, framework_image_uri
from ic_tf_sdk.specs.known_arguments import known_arguments
from ic_tf_sdk.specs.lookup import Call
from ic_tf_sdk.specs.pipeline_variable import values_now
from ic_tf_sdk.specs.regions import chosen_region, known_regions

__all__ = ["retrieve"]


@known_arguments
def retrieve(
    framework: str | None,
    region: str | None,
    version: str | None = None,
    py_version: str | None = None,
    instance_type: str | None = None,
    accelerator_type: str | None = None,
    image_scope: str | None = None,
    container_version: str | None = None,
    distribution: Mapping[str, Any] | None = None,
    base_framework_version: str | None = None,
    training_compiler_config: object = None,
    model_id: str | None = None,
    model_version: str | None = None,
    hub_arn: str | None = None,
    tolerate_vulnerable_model: bool = False,
    tolerate_deprecated_model: bool = False,
    sdk_version: str | None = None,
    inference_tool: str | None = None,
    serverless_inference_config: object = None,
    sagemaker_session: object = None,
    config_name: str | None = None,
    model_type: JumpStartModelType = JumpStartModelType.OPEN_WEIGHTS,
) -> str:
    """ECR URI of the image for a model on an instance type, or of a TensorFlow version.

    With ``model_id`` and ``model_version`` the model decides the TensorFlow version; ``framework``
    may be None or ``"tensorflow"``. Without them ``framework="tensorflow"`` and a ``version`` name
    one of AWS's TensorFlow images. A parameter of a SageMaker pipeline counts by its default value,
    as for the SageMaker SDK: a run that sets it otherwise still gets this image.

    >>> from ic_tf_sdk import image_uris
    >>> image_uris.retrieve(
    ...     framework=None,
    ...     region="us-west-2",
    ...     model_id="tensorflow-ic-swin-tiny-patch4-window7-224",
    ...     model_version="*",
    ...     image_scope="training",
    ...     instance_type="ml.g5.xlarge",
    ... )
    '763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-training:2.9-gpu-py39'
    >>> image_uris.retrieve(
    ...     "tensorflow", "us-west-2", "2.19", image_scope="inference", instance_type="ml.c5.xlarge"
    ... )
    '763104351884.dkr.ecr.us-west-2.amazonaws.com/tensorflow-inference:2.19-cpu'

    Args:
        framework: ``"tensorflow"``, or None with a model.
        region: AWS region; None takes the session's or the environment's.
        version: TensorFlow version, for example ``"2.19"``; without a model only.
        py_version: Python version, for example ``"py312"``; without a model only.
        instance_type: For example ``"ml.g5.xlarge"``.
        accelerator_type: Elastic Inference accelerator; without a model only.
        image_scope: ``"training"`` or ``"inference"``; without a model also
            ``"inference_graviton"`` and ``"eia"``.
        container_version: Build of the image; for Graviton images without a model only.
        distribution: How training is distributed; without a model only.
        base_framework_version: Leave it out: it has no meaning for TensorFlow's images.
        training_compiler_config: Leave it out: it has no meaning for TensorFlow's images.
        model_id: For example ``"tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"``.
        model_version: Exact, or ``"*"`` for the newest.
        hub_arn: Leave it out: models come from the catalogue, not from a SageMaker hub.
        tolerate_vulnerable_model: Answer for a model with known vulnerabilities all the same.
        tolerate_deprecated_model: Answer for a deprecated model all the same.
        sdk_version: Leave it out: it has no meaning for TensorFlow's images.
        inference_tool: Leave it out: it has no meaning for TensorFlow's images.
        serverless_inference_config: Anything but None: a serverless endpoint, which runs on CPU;
            without a model only.
        sagemaker_session: Used for its region only.
        config_name: Leave it out: no model of the catalogue has configurations.
        model_type: Open weights; nothing else is in the catalogue.

    Raises:
        UserError: One of its subclasses in :mod:`ic_tf_sdk.errors`.
    """
    framework, region, version, py_version, instance_type, *others = values_now(
        framework=framework,
        region=region,
        version=version,
        py_version=py_version,
        instance_type=instance_type,
        accelerator_type=accelerator_type,
        image_scope=image_scope,
        container_version=container_version,
        model_id=model_id,
        model_version=model_version,
    )
    accelerator_type, image_scope, container_version, model_id, model_version = others
    _refuse(
        "TensorFlow images",
        base_framework_version=base_framework_version,
        training_compiler_config=training_compiler_config,
        sdk_version=sdk_version,
        inference_tool=inference_tool,
    )
    _require_tensorflow(framework, model_id)
    if model_id is None and model_version is None:
        request = ImageRequest(
            chosen_region(region, sagemaker_session),
            version or None,
            py_version,
            instance_type,
            accelerator_type,
            image_scope,
            container_version,
            _smdistributed(distribution),
            serverless_inference_config is not None,
        )
        return framework_image_uri(request)
    _refuse(
        "a model's image, which its spec decides",
        version=version,
        py_version=py_version,
        accelerator_type=accelerator_type,
        container_version=container_version,
        distribution=distribution,
        serverless_inference_config=serverless_inference_config,
    )
    call = Call(
        model_id,
        model_version,
        region,
        sagemaker_session,
        tolerate_vulnerable_model,
        tolerate_deprecated_model,
        hub_arn,
        config_name,
        model_type,
    )
    record, known_region, scope = call.find_scoped("image URIs", image_scope, "image_scope")
    return image_uri(source.in_force(), record, known_region, instance_type, scope)


def _smdistributed(distribution: object) -> bool:
    if distribution is not None and not isinstance(distribution, Mapping):
        raise UnsupportedArgumentError(
            f"`distribution` must be a dict, not {quoted(distribution)}."
        )
    return "smdistributed" in (distribution or {})


def _refuse(of: str, **arguments: object) -> None:
    names = [f"`{name}`" for name, value in arguments.items() if value is not None]
    if names:
        raise UnsupportedArgumentError(
            f"{' and '.join(names)} cannot be given for {of}. Leave {'them' if names[1:] else 'it'}"
            " out."
        )


def _require_tensorflow(framework: object, model_id: object) -> None:
    if framework == "tensorflow" or (framework is None and model_id is not None):
        return
    if framework in known_regions():
        raise UnknownImageError(
            f"{framework!r} looks like a region: the first argument is the framework, the second "
            f"the region. Write retrieve('tensorflow', {framework!r}, ...)."
        )
    raise UnknownImageError(
        f"`framework` cannot be {quoted(framework)}: this package knows 'tensorflow' images only."
    )
