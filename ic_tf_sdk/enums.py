"""Arguments of the mirrored functions that take one of a few words; equal to the SDK's by value."""

from enum import Enum

__all__ = ["HyperparameterValidationMode", "JumpStartModelType", "JumpStartScriptScope"]


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
