"""What runs a converted model, whatever its format."""

from collections.abc import Callable
from typing import Any

__all__ = ["Runner"]

Runner = Callable[[Any], Any]
"""A converted model: pixels float32 [1, height, width, 3] in 0 to 255 to probabilities float32
[1, units] in 0 to 1."""
