"""Arguments that take one of a few words; those of the mirrored functions equal the SDK's by value.

>>> from ic_tf_sdk.enums import SCOPES, JumpStartScriptScope
>>> JumpStartScriptScope.TRAINING == "training", SCOPES
(True, ('training', 'inference'))
"""

from enum import Enum
from typing import Literal, get_args

__all__ = [
    "SCOPES",
    "HyperparameterValidationMode",
    "JumpStartModelType",
    "JumpStartScriptScope",
    "Scope",
]

Scope = Literal["training", "inference"]
"""What an image, script or model archive is for: the values of ``JumpStartScriptScope``."""

SCOPES: tuple[Scope, ...] = get_args(Scope)
"""Every scope, in the order in which a model goes through them."""


class JumpStartScriptScope(str, Enum):
    """What an image, script or model archive is for."""

    INFERENCE = "inference"
    TRAINING = "training"


class HyperparameterValidationMode(str, Enum):
    """How much ``hyperparameters.validate`` demands."""

    VALIDATE_PROVIDED = "validate_provided"
    VALIDATE_ALGORITHM = "validate_algorithm"
    VALIDATE_ALL = "validate_all"


class JumpStartModelType(str, Enum):
    """Kinds of JumpStart models; this catalogue holds open weights only."""

    OPEN_WEIGHTS = "open_weights"
    PROPRIETARY = "proprietary"
