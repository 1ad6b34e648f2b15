"""Example requests of a model's spec: the public spec has none."""

from ic_tf_sdk.enums import JumpStartModelType
from ic_tf_sdk.specs.known_arguments import known_arguments
from ic_tf_sdk.specs.lookup import Call

__all__ = ["retrieve_all_examples", "retrieve_default", "retrieve_example"]


@known_arguments
def retrieve_all_examples(
    region: str | None = None,
    model_id: str | None = None,
    model_version: str | None = None,
    hub_arn: str | None = None,
    model_type: JumpStartModelType = JumpStartModelType.OPEN_WEIGHTS,
    serialize: bool = False,  # noqa: ARG001
    tolerate_vulnerable_model: bool = False,
    tolerate_deprecated_model: bool = False,
    sagemaker_session: object = None,
) -> None:
    """None: no model of the catalogue has example requests; send the bytes of any JPEG or PNG.

    >>> from ic_tf_sdk import payloads
    >>> model_id = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
    >>> payloads.retrieve_all_examples(region="us-west-2", model_id=model_id, model_version="*")

    Args:
        region: AWS region; None takes the session's or the environment's.
        model_id: For example ``"tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"``.
        model_version: Exact, or ``"*"`` for the newest.
        hub_arn: Leave it out: models come from the catalogue, not from a SageMaker hub.
        model_type: Open weights; nothing else is in the catalogue.
        serialize: Accepted; there is nothing to serialize.
        tolerate_vulnerable_model: Answer for a model with known vulnerabilities all the same.
        tolerate_deprecated_model: Answer for a deprecated model all the same.
        sagemaker_session: Used for its region only.

    Raises:
        UserError: One of its subclasses in :mod:`ic_tf_sdk.errors`.
    """
    call = Call(
        model_id,
        model_version,
        region,
        sagemaker_session,
        tolerate_vulnerable_model,
        tolerate_deprecated_model,
        hub_arn,
        model_type=model_type,
    )
    call.find("payloads", "inference")


retrieve_example = retrieve_all_examples
"""Likewise None; both names are the SageMaker SDK's."""

retrieve_default = retrieve_all_examples
"""Likewise None, under the name that the sister modules have."""
