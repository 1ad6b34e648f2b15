"""Resources that a model demands of a shared endpoint: none is known for this catalogue."""

from ic_tf_sdk.enums import JumpStartModelType
from ic_tf_sdk.errors import UnsupportedScopeError
from ic_tf_sdk.specs.known_arguments import known_arguments
from ic_tf_sdk.specs.lookup import Call

__all__ = ["retrieve_default"]


@known_arguments
def retrieve_default(
    region: str | None = None,
    model_id: str | None = None,
    model_version: str | None = None,
    hub_arn: str | None = None,
    scope: str | None = None,
    tolerate_vulnerable_model: bool = False,
    tolerate_deprecated_model: bool = False,
    model_type: JumpStartModelType = JumpStartModelType.OPEN_WEIGHTS,
    sagemaker_session: object = None,
    instance_type: str | None = None,  # noqa: ARG001
    config_name: str | None = None,
) -> None:
    """None: the models of this catalogue are not deployed as inference components.

    >>> from ic_tf_sdk import resource_requirements
    >>> model_id = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
    >>> resource_requirements.retrieve_default(
    ...     region="us-west-2", model_id=model_id, model_version="*", scope="inference"
    ... )

    Args:
        region: AWS region; None takes the session's or the environment's.
        model_id: For example ``"tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"``.
        model_version: Exact, or ``"*"`` for the newest.
        hub_arn: Leave it out: models come from the catalogue, not from a SageMaker hub.
        scope: ``"inference"``.
        tolerate_vulnerable_model: Answer for a model with known vulnerabilities all the same.
        tolerate_deprecated_model: Answer for a deprecated model all the same.
        model_type: Open weights; nothing else is in the catalogue.
        sagemaker_session: Used for its region only.
        instance_type: Accepted; without effect.
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
    _, _, known_scope = call.find_scoped("resource requirements", scope, "scope")
    if known_scope != "inference":
        raise UnsupportedScopeError(known_scope, ("inference",))
