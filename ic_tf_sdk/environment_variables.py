"""Environment variables of a model's inference container."""

from ic_tf_sdk.enums import JumpStartModelType, JumpStartScriptScope
from ic_tf_sdk.specs import source
from ic_tf_sdk.specs.known_arguments import known_arguments
from ic_tf_sdk.specs.lookup import Call, require_scope

__all__ = ["retrieve_default"]


@known_arguments
def retrieve_default(
    region: str | None = None,
    model_id: str | None = None,
    model_version: str | None = None,
    hub_arn: str | None = None,
    tolerate_vulnerable_model: bool = False,
    tolerate_deprecated_model: bool = False,
    include_aws_sdk_env_vars: bool = True,
    sagemaker_session: object = None,
    instance_type: str | None = None,  # noqa: ARG001
    script: JumpStartScriptScope = JumpStartScriptScope.INFERENCE,
    config_name: str | None = None,
    model_type: JumpStartModelType = JumpStartModelType.OPEN_WEIGHTS,
) -> dict[str, str]:
    """The environment that the model's container needs.

    >>> from ic_tf_sdk import environment_variables
    >>> model_id = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
    >>> environment = environment_variables.retrieve_default(
    ...     region="us-west-2", model_id=model_id, model_version="*"
    ... )
    >>> environment["SAGEMAKER_PROGRAM"]
    'inference.py'

    Args:
        region: AWS region; None takes the session's or the environment's.
        model_id: For example ``"tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"``.
        model_version: Exact, or ``"*"`` for the newest.
        hub_arn: Leave it out: models come from the catalogue, not from a SageMaker hub.
        tolerate_vulnerable_model: Answer for a model with known vulnerabilities all the same.
        tolerate_deprecated_model: Answer for a deprecated model all the same.
        include_aws_sdk_env_vars: Also those that the SageMaker SDK's model classes set.
        sagemaker_session: Used for its region only.
        instance_type: Accepted; no model of the catalogue has variables that depend on it.
        script: ``"inference"``, or ``"training"``, which needs none.
        config_name: Leave it out: no model of the catalogue has configurations.
        model_type: Open weights; nothing else is in the catalogue.

    Returns:
        Name -> value; a fresh dict at each call.

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
    scope = require_scope(script, "script")
    call.find("environment variables", scope)
    if scope == "training":
        return {}
    return {
        variable["name"]: str(variable["default"])
        for variable in source.in_force().body["inference_environment_variables"]
        if include_aws_sdk_env_vars or variable["required_for_model_class"]
    }
