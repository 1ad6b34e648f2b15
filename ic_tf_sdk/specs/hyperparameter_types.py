"""How a hyperparameter's text becomes a value: SageMaker sends nothing but text.

Each reads the exact spelling of its kind and leaves everything else as it is, for pydantic's strict
check of the type to refuse.
"""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field

__all__ = ["Choice", "Flag", "Fraction", "Signed", "Whole"]

_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_REAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)


def _flag(value: object) -> object:
    """``True``, ``False`` or their exact spelling; everything else is left to fail."""
    return {"True": True, "False": False}.get(value, value) if isinstance(value, str) else value


def _integer(value: object) -> object:
    if isinstance(value, bool):
        return None
    return int(value) if isinstance(value, str) and _INTEGER.fullmatch(value) else value


def _real(value: object) -> object:
    if isinstance(value, bool):
        return None
    return float(value) if isinstance(value, str) and _REAL.fullmatch(value) else value


def _choice(value: object) -> object:
    """``True``, ``False`` and ``None`` stand for the strings that JumpStart's specs spell."""
    return str(value) if value is None or isinstance(value, bool) else value


Flag = Annotated[bool, BeforeValidator(_flag), Field(strict=True)]
"""``True`` or ``False``."""

Fraction = Annotated[
    float, BeforeValidator(_real), Field(strict=True, ge=0.0, le=1.0, allow_inf_nan=False)
]
"""A number from 0 to 1, both included."""

Signed = Annotated[
    float, BeforeValidator(_real), Field(strict=True, ge=-1.0, le=1.0, allow_inf_nan=False)
]
"""A number from -1 to 1, both included."""

Whole = BeforeValidator(_integer)
"""For a whole number; its range is the field's."""

Choice = BeforeValidator(_choice)
"""For one of a few words; which ones is the field's."""
