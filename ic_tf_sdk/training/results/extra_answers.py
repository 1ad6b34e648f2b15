"""What a trained model can say beside its probabilities."""

from dataclasses import dataclass

from ic_tf_sdk.contract.calibration import Calibration
from ic_tf_sdk.contract.unknown_record import UnknownRecord
from ic_tf_sdk.training.graph.unknown_score import UnknownScore

__all__ = ["ExtraAnswers"]


@dataclass(frozen=True)
class ExtraAnswers:
    """What the validation images of a job made possible.

    Attributes:
        calibration: The temperature, or why there is none.
        unknown: What there is to say of the score, or why there is none.
        score: The score of unknown images.
    """

    calibration: Calibration
    unknown: UnknownRecord
    score: UnknownScore | None = None

    @classmethod
    def none(cls, reason: str) -> "ExtraAnswers":
        """Nothing, for a reason, which is a sentence."""
        return cls(Calibration(reason=reason), UnknownRecord(reason=reason))
