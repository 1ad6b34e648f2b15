"""What a model archive says of how often the model was right when it was made."""

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["EvaluationRecord"]


class EvaluationRecord(BaseModel):
    """The share of right answers on images that did not train the model."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    channel: str = Field(
        description="``test``, or ``validation``: images that also chose the epoch."
    )
    images: int = Field(ge=1, description="How many they were.")
    accuracy: float = Field(ge=0, le=1, description="The share of them that was named rightly.")
