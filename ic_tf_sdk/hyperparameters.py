"""Default hyperparameters of a model, and whether yours are valid."""

from collections.abc import Mapping
from typing import Any

from ic_tf_sdk._quoted import quoted
from ic_tf_sdk.enums import HyperparameterValidationMode, JumpStartModelType
from ic_tf_sdk.errors import HyperparameterError, MissingArgumentError, UserError
from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs.known_arguments import known_arguments
from ic_tf_sdk.specs.lookup import Call

__all__ = ["HyperparameterValidationMode", "retrieve_default", "validate"]


@known_arguments
def retrieve_default(
    region: str | None = None,
    model_id: str | None = None,
    model_version: str | None = None,
    hub_arn: str | None = None,
    instance_type: str | None = None,  # noqa: ARG001
    include_container_hyperparameters: bool = False,
    tolerate_vulnerable_model: bool = False,
    tolerate_deprecated_model: bool = False,
    sagemaker_session: object = None,
    config_name: str | None = None,
    model_type: JumpStartModelType = JumpStartModelType.OPEN_WEIGHTS,
) -> dict[str, str]:
    """The default hyperparameters of a model, as SageMaker sends them.

    >>> from ic_tf_sdk import hyperparameters
    >>> model_id = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
    >>> defaults = hyperparameters.retrieve_default(
    ...     region="us-west-2", model_id=model_id, model_version="*"
    ... )
    >>> defaults["epochs"], defaults["train_only_on_top"]
    ('3', 'False')

    Args:
        region: AWS region; None takes the session's or the environment's.
        model_id: For example ``"tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"``.
        model_version: Exact, or ``"*"`` for the newest.
        hub_arn: Leave it out: models come from the catalogue, not from a SageMaker hub.
        instance_type: Accepted; no model of the catalogue has defaults that depend on it.
        include_container_hyperparameters: Also give the three that configure the container.
        tolerate_vulnerable_model: Answer for a model with known vulnerabilities all the same.
        tolerate_deprecated_model: Answer for a deprecated model all the same.
        sagemaker_session: Used for its region only.
        config_name: Leave it out: no model of the catalogue has configurations.
        model_type: Open weights; nothing else is in the catalogue.

    Returns:
        Name -> value as text, in the order of the spec; a fresh dict at each call.

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
    defaults = dict(call.find("hyperparameters").hyperparameters)
    if include_container_hyperparameters:
        defaults |= catalogue.container_hyperparameters()
    return defaults


@known_arguments
def validate(
    region: str | None = None,
    model_id: str | None = None,
    hub_arn: str | None = None,
    model_version: str | None = None,
    hyperparameters: Mapping[str, Any] | None = None,
    validation_mode: HyperparameterValidationMode = HyperparameterValidationMode.VALIDATE_PROVIDED,
    tolerate_vulnerable_model: bool = False,
    tolerate_deprecated_model: bool = False,
    sagemaker_session: object = None,
) -> None:
    """Check hyperparameters against the model's spec; all problems are reported at once.

    Values may be strings or Python values. Names may be any accepted spelling, for example
    ``"train_only_top_layer"`` for ``"train_only_on_top"``. Of two spellings of one hyperparameter
    that counts which is not the model's default; they conflict only where neither is.

    >>> from ic_tf_sdk import hyperparameters
    >>> model_id = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"
    >>> mine = {"epochs": 5, "train_only_top_layer": "True"}
    >>> hyperparameters.validate(
    ...     region="us-west-2", model_id=model_id, model_version="*", hyperparameters=mine
    ... )

    Args:
        region: AWS region; None takes the session's or the environment's.
        model_id: For example ``"tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"``.
        hub_arn: Leave it out: models come from the catalogue, not from a SageMaker hub.
        model_version: Exact, or ``"*"`` for the newest.
        hyperparameters: Name -> value.
        validation_mode: Check what is given; or demand all algorithm hyperparameters besides; or
            those of the container too. Its value as text is accepted.
        tolerate_vulnerable_model: Answer for a model with known vulnerabilities all the same.
        tolerate_deprecated_model: Answer for a deprecated model all the same.
        sagemaker_session: Used for its region only.

    Raises:
        HyperparameterError: With every problem in ``.problems``.
        UserError: Another of its subclasses in :mod:`ic_tf_sdk.errors`.
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
    call.require_model("hyperparameters")
    if not isinstance(hyperparameters, Mapping):
        raise MissingArgumentError(
            f"`hyperparameters` must be a dict of names and values, not {quoted(hyperparameters)}."
        )
    defaults = call.find("hyperparameters").hyperparameters
    needed = _needed(validation_mode, defaults)
    problems = _problems(hyperparameters, defaults) + _missing(hyperparameters, needed)
    if problems:
        raise HyperparameterError(problems)


def _needed(mode: object, defaults: Mapping[str, str]) -> list[str]:
    """The names that a validation mode demands."""
    try:
        mode = HyperparameterValidationMode(mode or "validate_provided")
    except ValueError:
        modes = ", ".join(repr(known.value) for known in HyperparameterValidationMode)
        raise UserError(
            f"`validation_mode` cannot be {quoted(mode)}: it is one of {modes}."
        ) from None
    if mode is HyperparameterValidationMode.VALIDATE_PROVIDED:
        return []
    if mode is HyperparameterValidationMode.VALIDATE_ALGORITHM:
        return list(defaults)
    return [*defaults, *catalogue.container_hyperparameters()]


def _problems(hyperparameters: Mapping[Any, Any], defaults: Mapping[str, str]) -> list[str]:
    # Here, so that retrieve_default does not pay for pydantic's import.
    from ic_tf_sdk.specs.hyperparameters import problems

    container = catalogue.container_hyperparameters()
    nameless = [name for name in hyperparameters if not isinstance(name, str)]
    sentences = [f"A hyperparameter's name must be text, not {quoted(name)}." for name in nameless]
    sentences += [
        f"Hyperparameter {name!r} cannot be {quoted(hyperparameters[name])}: it is text."
        for name in container
        if name in hyperparameters and not isinstance(hyperparameters[name], str)
    ]
    of_algorithm = {
        name: value
        for name, value in hyperparameters.items()
        if isinstance(name, str) and name not in container
    }
    return sentences + problems(of_algorithm, defaults)


def _missing(hyperparameters: Mapping[Any, Any], needed: list[str]) -> list[str]:
    from ic_tf_sdk.specs.hyperparameters import canonical_name

    names = {canonical_name(name) for name in hyperparameters if isinstance(name, str)}
    return [f"Hyperparameter {name!r} is missing." for name in needed if name not in names]
