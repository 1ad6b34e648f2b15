"""Warnings that name the line which called this package, however deep they arise."""

import sys
import warnings
from pathlib import Path

__all__ = ["warn"]

_PACKAGE = str(Path(__file__).parents[1])


def warn(text: str) -> None:
    """Warn, at the nearest line that is not this package's.

    Args:
        text: What to say.
    """
    # The standard library counts frames by itself (skip_file_prefixes) from Python 3.12 on.
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(text, stacklevel=level)
