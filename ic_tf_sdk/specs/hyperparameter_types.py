"""How a hyperparameter's text becomes a value: SageMaker sends nothing but text.

A value of another kind (a number of numpy, a ``Decimal``) is what its text says, as for the
SageMaker SDK. Each reads the exact spelling of its kind; of everything else it makes nothing, which
no field takes. Else pydantic would, of a kind that can be made a number (a bool of numpy), and the
job would be sent a text that it refuses.
"""

import math
import re
from typing import Annotated, Literal, get_args, get_origin

from pydantic import BeforeValidator, Field
from pydantic.fields import FieldInfo

from ic_tf_sdk._quoted import quoted
from ic_tf_sdk.errors import did_you_mean, nearest
from ic_tf_sdk.specs import pipeline_variable

__all__ = ["Choice", "Flag", "Fraction", "Norm", "Signed", "Whole", "bounds", "refusal"]

_INTEGER = re.compile(r"[+-]?[0-9]+", re.ASCII)
_REAL = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)


def _flag(value: object) -> object:
    """``True``, ``False`` or their exact spelling; nothing of everything else."""
    return {"True": True, "False": False}.get(_text(value))


def _integer(value: object) -> object:
    text = _text(value)
    return int(text) if _INTEGER.fullmatch(text) else None


def _real(value: object) -> object:
    text = _text(value)
    return float(text) if _REAL.fullmatch(text) else None


def _choice(value: object) -> object:
    """``True``, ``False`` and ``None`` stand for the strings that JumpStart's specs spell."""
    return _text(value)


def _text(value: object) -> str:
    """The value as SageMaker would send it; nothing for what has no value yet."""
    return "" if pipeline_variable.is_pipeline_variable(value) else str(value)


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

Norm = Annotated[
    float, BeforeValidator(_real), Field(strict=True, ge=0.0, le=1000.0, allow_inf_nan=False)
]
"""A length from 0 to 1000, both included."""

Whole = BeforeValidator(_integer)
"""For a whole number; its range is the field's."""

Choice = BeforeValidator(_choice)
"""For one of a few words; which ones is the field's."""


def refusal(field: FieldInfo, what: str, value: object) -> str:
    """The sentence about a value that a field does not accept.

    Args:
        field: Of the schema.
        what: What the value was given for, at the beginning of the sentence.
        value: As it was given.
    """
    if pipeline_variable.is_pipeline_variable(value):
        return pipeline_variable.refusal(what, value)
    close = ""
    if isinstance(value, str) and get_origin(field.annotation) is Literal:
        close = did_you_mean(nearest(value.lower(), get_args(field.annotation), 1))
    return f"{what} cannot be {quoted(value)}: it is {_allowed(field)}.{close}"


def _allowed(field: FieldInfo) -> str:
    """What a field accepts, in words: ``a whole number from 1 to 1000``."""
    if get_origin(field.annotation) is Literal:
        return " or ".join(repr(option) for option in get_args(field.annotation))
    if field.annotation is bool:
        return "'True' or 'False'"
    low, high = bounds(field)
    kind = "a whole number" if field.annotation is int else "a number"
    if high == 2**63 - 1:
        return f"{kind} of {low:g} or more"
    return f"{kind} from {low:g} to {high:g}"


def bounds(field: FieldInfo) -> tuple[float, float]:
    """The least and greatest value of a numeric field, both included; infinite without a bound."""
    low, high = -math.inf, math.inf
    for rule in field.metadata:
        low = getattr(rule, "ge", low)
        high = getattr(rule, "le", high)
    return low, high
