"""Which instance types a model trains and serves on."""

from ic_tf_sdk.enums import JumpStartModelType
from ic_tf_sdk.errors import UnsupportedArgumentError
from ic_tf_sdk.specs import source
from ic_tf_sdk.specs.known_arguments import known_arguments
from ic_tf_sdk.specs.lookup import Call

__all__ = ["retrieve", "retrieve_default"]


@known_arguments
def retrieve_default(
    region: str | None = None,
    model_id: str | None = None,
    model_version: str | None = None,
    hub_arn: str | None = None,
    scope: str | None = None,
    tolerate_vulnerable_model: bool = False,
    tolerate_deprecated_model: bool = False,
    sagemaker_session: object = None,
    training_instance_type: str | None = None,  # noqa: ARG001
    model_type: JumpStartModelType = JumpStartModelType.OPEN_WEIGHTS,
    config_name: str | None = None,
) -> str:
    """The instance type to take when in doubt.

    >>> from ic_tf_sdk import instance_types
    >>> model_id = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
    >>> instance_types.retrieve_default(
    ...     region="us-west-2", model_id=model_id, model_version="*", scope="training"
    ... )
    'ml.p3.2xlarge'

    Args:
        region: AWS region; None takes the session's or the environment's.
        model_id: For example ``"tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"``.
        model_version: Exact, or ``"*"`` for the newest.
        hub_arn: Leave it out: models come from the catalogue, not from a SageMaker hub.
        scope: ``"training"`` or ``"inference"``.
        tolerate_vulnerable_model: Answer for a model with known vulnerabilities all the same.
        tolerate_deprecated_model: Answer for a deprecated model all the same.
        sagemaker_session: Used for its region only.
        training_instance_type: Accepted; what a model was trained on does not limit where it
            serves.
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
    _, _, known_scope = call.find_scoped("instance types", scope, "scope")
    return source.in_force().default_instance_type(known_scope)


@known_arguments
def retrieve(
    region: str | None = None,
    model_id: str | None = None,
    model_version: str | None = None,
    hub_arn: str | None = None,
    scope: str | None = None,
    tolerate_vulnerable_model: bool = False,
    tolerate_deprecated_model: bool = False,
    sagemaker_session: object = None,
    training_instance_type: str | None = None,
) -> list[str]:
    """The instance types that a model is known to run on, the default first.

    >>> from ic_tf_sdk import instance_types
    >>> model_id = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
    >>> types = instance_types.retrieve(
    ...     region="us-west-2", model_id=model_id, model_version="*", scope="inference"
    ... )
    >>> types[:2]
    ['ml.p3.2xlarge', 'ml.p2.xlarge']

    Args:
        region: AWS region; None takes the session's or the environment's.
        model_id: For example ``"tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"``.
        model_version: Exact, or ``"*"`` for the newest.
        hub_arn: Leave it out: models come from the catalogue, not from a SageMaker hub.
        scope: ``"training"`` or ``"inference"``.
        tolerate_vulnerable_model: Answer for a model with known vulnerabilities all the same.
        tolerate_deprecated_model: Answer for a deprecated model all the same.
        sagemaker_session: Used for its region only.
        training_instance_type: What a model was trained on; it does not limit where it serves,
            and has no meaning for training.

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
    _, _, known_scope = call.find_scoped("instance types", scope, "scope")
    if known_scope == "training" and training_instance_type is not None:
        raise UnsupportedArgumentError(
            "`training_instance_type` means nothing for scope 'training'. Leave it out."
        )
    return source.in_force().instance_types(known_scope)
