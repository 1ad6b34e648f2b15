"""What a model archive says of how far its probabilities can be taken at their word."""

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Calibration"]


class Calibration(BaseModel):
    """The temperature that an archive's calibrated probabilities are made with, and what it does.

    The calibrated probabilities are those of the logits divided by the temperature. The errors are
    the expected calibration error (ECE) of the named class, in 15 bins of equally many images, on
    the images that the temperature was fitted on.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    temperature: float | None = Field(None, gt=0, description="Above 1 it lowers confidence.")
    reason: str | None = Field(None, description="Why there is no temperature.")
    images: int = Field(0, ge=0, description="Validation images that it was fitted on.")
    ece: float | None = Field(None, ge=0, le=1, description="Of `probabilities`.")
    calibrated_ece: float | None = Field(None, ge=0, le=1)
    log_loss: float | None = Field(None, ge=0, description="Mean over the images, of the class.")
    calibrated_log_loss: float | None = Field(None, ge=0)
