"""Which answers a deployed model gives, by media type."""

from ic_tf_sdk.enums import JumpStartModelType
from ic_tf_sdk.specs import source
from ic_tf_sdk.specs.known_arguments import known_arguments
from ic_tf_sdk.specs.lookup import Call

__all__ = ["retrieve_default", "retrieve_options"]


@known_arguments
def retrieve_options(
    region: str | None = None,
    model_id: str | None = None,
    model_version: str | None = None,
    hub_arn: str | None = None,
    tolerate_vulnerable_model: bool = False,
    tolerate_deprecated_model: bool = False,
    sagemaker_session: object = None,
) -> list[str]:
    """Every accept type that the model's endpoint knows.

    >>> from ic_tf_sdk import accept_types
    >>> model_id = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
    >>> accept_types.retrieve_options(region="us-west-2", model_id=model_id, model_version="*")
    ['application/json', 'application/json;verbose']

    Args:
        region: AWS region; None takes the session's or the environment's.
        model_id: For example ``"tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"``.
        model_version: Exact, or ``"*"`` for the newest.
        hub_arn: Leave it out: models come from the catalogue, not from a SageMaker hub.
        tolerate_vulnerable_model: Answer for a model with known vulnerabilities all the same.
        tolerate_deprecated_model: Answer for a deprecated model all the same.
        sagemaker_session: Used for its region only.

    Returns:
        A fresh list at each call.

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
    )
    call.find("accept types", "inference")
    return list(source.in_force().body["predictor_specs"]["supported_accept_types"])


@known_arguments
def retrieve_default(
    region: str | None = None,
    model_id: str | None = None,
    model_version: str | None = None,
    hub_arn: str | None = None,
    tolerate_vulnerable_model: bool = False,
    tolerate_deprecated_model: bool = False,
    sagemaker_session: object = None,
    model_type: JumpStartModelType = JumpStartModelType.OPEN_WEIGHTS,
    config_name: str | None = None,
) -> str:
    """The accept type to use when in doubt.

    >>> from ic_tf_sdk import accept_types
    >>> model_id = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
    >>> accept_types.retrieve_default(region="us-west-2", model_id=model_id, model_version="*")
    'application/json'

    Args:
        region: AWS region; None takes the session's or the environment's.
        model_id: For example ``"tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"``.
        model_version: Exact, or ``"*"`` for the newest.
        hub_arn: Leave it out: models come from the catalogue, not from a SageMaker hub.
        tolerate_vulnerable_model: Answer for a model with known vulnerabilities all the same.
        tolerate_deprecated_model: Answer for a deprecated model all the same.
        sagemaker_session: Used for its region only.
        model_type: Open weights; nothing else is in the catalogue.
        config_name: Leave it out: no model of the catalogue has configurations.

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
        config_name,
        model_type,
    )
    call.find("accept types", "inference")
    return source.in_force().body["predictor_specs"]["default_accept_type"]
