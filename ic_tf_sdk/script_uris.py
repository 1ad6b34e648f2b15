"""Where the script archive of a model lies."""

from ic_tf_sdk.enums import JumpStartModelType
from ic_tf_sdk.specs import source
from ic_tf_sdk.specs.known_arguments import known_arguments
from ic_tf_sdk.specs.lookup import Call

__all__ = ["retrieve"]


@known_arguments
def retrieve(
    region: str | None = None,
    model_id: str | None = None,
    model_version: str | None = None,
    hub_arn: str | None = None,
    script_scope: str | None = None,
    tolerate_vulnerable_model: bool = False,
    tolerate_deprecated_model: bool = False,
    sagemaker_session: object = None,
    config_name: str | None = None,
    model_type: JumpStartModelType = JumpStartModelType.OPEN_WEIGHTS,
) -> str:
    """S3 URI of ``sourcedir.tar.gz`` for training or inference.

    >>> from ic_tf_sdk import script_uris
    >>> uri = script_uris.retrieve(
    ...     region="us-west-2",
    ...     model_id="tensorflow-ic-swin-tiny-patch4-window7-224",
    ...     model_version="*",
    ...     script_scope="inference",
    ... )
    >>> uri.removeprefix("s3://jumpstart-cache-prod-us-west-2/")
    'source-directory-tarballs/tensorflow/inference/ic/v2.0.3/sourcedir.tar.gz'

    Args:
        region: AWS region; None takes the session's or the environment's.
        model_id: For example ``"tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"``.
        model_version: Exact, or ``"*"`` for the newest.
        hub_arn: Leave it out: models come from the catalogue, not from a SageMaker hub.
        script_scope: ``"training"`` or ``"inference"``.
        tolerate_vulnerable_model: Answer for a model with known vulnerabilities all the same.
        tolerate_deprecated_model: Answer for a deprecated model all the same.
        sagemaker_session: Used for its region only.
        config_name: Leave it out: no model of the catalogue has configurations.
        model_type: Open weights; nothing else is in the catalogue.

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
    record, known_region, scope = call.find_scoped("script URIs", script_scope, "script_scope")
    return source.in_force().script_uri(record, known_region, scope)
