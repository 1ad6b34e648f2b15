"""What a model archive says of how it tells images that are perhaps of none of its classes."""

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["UnknownRecord"]


class UnknownRecord(BaseModel):
    """The score of unknown images: a score above 0 says that an image is perhaps of no class."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    known_images: int = Field(0, ge=0, description="Training images that it is compared with.")
    images: int = Field(0, ge=0, description="Validation images that the limit was set on.")
    passing: float | None = Field(None, ge=0, le=1, description="Their share at most at the limit.")
    reason: str | None = Field(None, description="Why there is no score.")
