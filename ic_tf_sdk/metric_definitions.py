"""Which metrics SageMaker reads from a training job's log."""

from ic_tf_sdk.enums import JumpStartModelType
from ic_tf_sdk.specs import source
from ic_tf_sdk.specs.known_arguments import known_arguments
from ic_tf_sdk.specs.lookup import Call

__all__ = ["retrieve_default"]


@known_arguments
def retrieve_default(
    region: str | None = None,
    model_id: str | None = None,
    model_version: str | None = None,
    hub_arn: str | None = None,
    instance_type: str | None = None,  # noqa: ARG001
    tolerate_vulnerable_model: bool = False,
    tolerate_deprecated_model: bool = False,
    sagemaker_session: object = None,
    config_name: str | None = None,
    model_type: JumpStartModelType = JumpStartModelType.OPEN_WEIGHTS,
) -> list[dict[str, str]]:
    """The metric definitions of a model's training script, for ``Estimator(metric_definitions=)``.

    >>> from ic_tf_sdk import metric_definitions
    >>> model_id = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
    >>> definitions = metric_definitions.retrieve_default(
    ...     region="us-west-2", model_id=model_id, model_version="*"
    ... )
    >>> [definition["Name"] for definition in definitions]
    ['tflow-ic:val-accuracy']

    Args:
        region: AWS region; None takes the session's or the environment's.
        model_id: For example ``"tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"``.
        model_version: Exact, or ``"*"`` for the newest.
        hub_arn: Leave it out: models come from the catalogue, not from a SageMaker hub.
        instance_type: Accepted; no model of the catalogue has metrics that depend on it.
        tolerate_vulnerable_model: Answer for a model with known vulnerabilities all the same.
        tolerate_deprecated_model: Answer for a deprecated model all the same.
        sagemaker_session: Used for its region only.
        config_name: Leave it out: no model of the catalogue has configurations.
        model_type: Open weights; nothing else is in the catalogue.

    Returns:
        ``{"Name": ..., "Regex": ...}`` for each metric; a fresh list at each call.

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
    call.find("metric definitions")
    return source.in_force().metrics()
