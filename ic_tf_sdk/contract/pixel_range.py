"""What a SavedModel expects of pixels; apart from ``model_info``, which imports pydantic."""

from typing import Literal

__all__ = ["PixelRange"]

PixelRange = Literal["0..1", "-1..1", "0..255", "imagenet_mean_std"]
"""What the SavedModel expects of RGB pixels: a range, or 0..1 standardised with ImageNet's mean
(0.485, 0.456, 0.406) and standard deviation (0.229, 0.224, 0.225)."""
