"""The steps that all mirrored functions share: check the arguments, find the record."""

import warnings
from typing import NamedTuple

from ic_tf_sdk._quoted import quoted
from ic_tf_sdk.enums import SCOPES, JumpStartModelType, Scope
from ic_tf_sdk.errors import (
    DeprecatedModelError,
    MissingArgumentError,
    UnsupportedArgumentError,
    UnsupportedScopeError,
    VulnerableModelError,
)
from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs.buckets import overrides_content
from ic_tf_sdk.specs.model_spec import ModelSpec
from ic_tf_sdk.specs.pipeline_variable import is_pipeline_variable, refusal
from ic_tf_sdk.specs.regions import chosen_region, require_launched

__all__ = ["Call", "refuse_flagged", "require_scope"]


class Call(NamedTuple):
    """The arguments that the mirrored functions have in common.

    Attributes:
        model_id: An id of the catalogue.
        model_version: Exact, or a prefix that ends in ``*``.
        region: AWS region; None takes the session's or the environment's.
        session: A ``sagemaker.Session``, of which only the region is used; or None.
        tolerate_vulnerable_model: Whether a model with known vulnerabilities is answered for.
        tolerate_deprecated_model: Whether a deprecated model is answered for.
        hub_arn: Anything but None is refused.
        config_name: Anything but None is refused.
        model_type: Anything but open weights is refused.
    """

    model_id: str | None
    model_version: str | None
    region: str | None = None
    session: object = None
    tolerate_vulnerable_model: bool = False
    tolerate_deprecated_model: bool = False
    hub_arn: str | None = None
    config_name: str | None = None
    model_type: object = JumpStartModelType.OPEN_WEIGHTS

    def find(self, what: str, scope: Scope = "training") -> ModelSpec:
        """The record that the arguments name.

        Args:
            what: What is looked for, in the plural, for the message when arguments are missing.
            scope: Whose vulnerabilities count: those of the training or of the inference script.

        Raises:
            UserError: One of its subclasses in :mod:`ic_tf_sdk.errors`.
        """
        return self._located(what, scope)[0]

    def find_scoped(self, what: str, scope: object, name: str) -> tuple[ModelSpec, str, Scope]:
        """As :meth:`find`, for functions whose answer depends on scope and region.

        Args:
            what: What is looked for, in the plural, for the message when arguments are missing.
            scope: What the caller passed as the scope.
            name: The scope argument's name.

        Returns:
            The record, the region and the scope.
        """
        self.require_model(what)
        known = require_scope(scope, name)
        return *self._located(what, known), known

    def _located(self, what: str, scope: Scope) -> tuple[ModelSpec, str]:
        self.require_model(what)
        self.require_supported()
        region = chosen_region(self.region, self.session)
        if not overrides_content():
            require_launched(region)
        record = catalogue.record(self.model_id, self.model_version)
        refuse_flagged(
            record,
            scope,
            tolerate_deprecated=self.tolerate_deprecated_model,
            tolerate_vulnerable=self.tolerate_vulnerable_model,
        )
        if record.deprecate_warn_message:
            # The line to name is the user's: above this method, find, the mirrored function and
            # what checks the names of its arguments.
            warnings.warn(record.deprecate_warn_message, FutureWarning, stacklevel=5)
        return record, region

    def require_model(self, what: str) -> None:
        """Refuse a call that names no model or no version, or names them only when a pipeline runs.

        Args:
            what: What is looked for, in the plural.

        Raises:
            MissingArgumentError: Naming what is missing.
            UnsupportedArgumentError: One is a pipeline variable.
        """
        looked_up = {"model_id": self.model_id, "model_version": self.model_version}
        for name, value in {**looked_up, "region": self.region}.items():
            if is_pipeline_variable(value):
                raise UnsupportedArgumentError(refusal(f"`{name}`", value))
        missing = [f"`{name}`" for name, value in looked_up.items() if value is None]
        if missing:
            raise MissingArgumentError(
                f"Retrieving {what} needs {' and '.join(missing)}; give model_version '*' for the "
                "newest version."
            )

    def require_supported(self) -> None:
        """Refuse arguments that have a meaning in the SageMaker SDK only.

        Raises:
            UnsupportedArgumentError: Naming the first of them.
        """
        if self.hub_arn is not None:
            raise UnsupportedArgumentError(
                "`hub_arn` is not supported: models come from the built-in catalogue, not from a "
                "SageMaker hub. Leave it out."
            )
        if self.config_name is not None:
            raise UnsupportedArgumentError(
                "`config_name` is not supported: no model of this catalogue has inference or "
                "training configurations. Leave it out."
            )
        if self.model_type != JumpStartModelType.OPEN_WEIGHTS:
            raise UnsupportedArgumentError(
                f"`model_type` {quoted(self.model_type)} is not supported: every model of this "
                "catalogue has open weights. Leave it out."
            )


def require_scope(scope: object, name: str) -> Scope:
    """The scope as text.

    Args:
        scope: What the caller passed for it, the SDK's enumeration included.
        name: The argument's name.

    Raises:
        MissingArgumentError: It is None.
        UnsupportedScopeError: It is neither ``"training"`` nor ``"inference"``.
    """
    if scope is None:
        raise MissingArgumentError(f"Must specify `{name}`: 'training' or 'inference'.")
    for known in SCOPES:
        # The SDK's enumeration equals its text.
        if isinstance(scope, str) and scope == known:
            return known
    raise UnsupportedScopeError(scope, SCOPES)


def refuse_flagged(
    record: ModelSpec, scope: Scope, *, tolerate_deprecated: bool, tolerate_vulnerable: bool
) -> None:
    """Refuse a deprecated or vulnerable model.

    Args:
        record: The model in one version.
        scope: Whose vulnerabilities count: those of the training or of the inference script.
        tolerate_deprecated: Answer for a deprecated model all the same.
        tolerate_vulnerable: Answer for a vulnerable script all the same.

    Raises:
        DeprecatedModelError: The spec says deprecated.
        VulnerableModelError: The scope's script is vulnerable.
    """
    name = f"{record.model_id!r} version {record.version!r}"
    if record.deprecated and not tolerate_deprecated:
        message = record.deprecated_message or f"{name} is deprecated; choose another model."
        raise DeprecatedModelError(f"{message} tolerate_deprecated_model=True answers anyway.")
    vulnerable, vulnerabilities = (
        (record.training_vulnerable, record.training_vulnerabilities)
        if scope == "training"
        else (record.inference_vulnerable, record.inference_vulnerabilities)
    )
    if vulnerable and not tolerate_vulnerable:
        raise VulnerableModelError(
            f"{name} has vulnerable dependencies in its {scope} script: "
            f"{', '.join(vulnerabilities)}. Choose another version or model; "
            "tolerate_vulnerable_model=True answers anyway."
        )
