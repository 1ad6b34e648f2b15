"""The hyperparameter schema as rows: for the exported specs, the command line and the docs."""

import math
from typing import Literal, NamedTuple, get_args, get_origin

from pydantic.fields import FieldInfo

from ic_tf_sdk.specs.hyperparameter_types import bounds
from ic_tf_sdk.specs.hyperparameters import ADDITIONS, ALIASES, Hyperparameters

__all__ = ["Row", "rows"]


class Row(NamedTuple):
    """One hyperparameter.

    Attributes:
        name: Canonical name.
        type: ``"int"``, ``"float"`` or ``"text"``, the words of JumpStart's specs.
        default: The schema's default as SageMaker sends it.
        options: What a text may be; empty for numbers.
        minimum: Least value, included; None for text.
        maximum: Greatest value, included; None for text and where there is no bound.
        description: One sentence.
        aliases: Other accepted spellings.
        is_addition: Whether it is an addition of this package, no part of a model's defaults.
    """

    name: str
    type: str
    default: str
    options: tuple[str, ...]
    minimum: float | None
    maximum: float | None
    description: str
    aliases: tuple[str, ...]
    is_addition: bool

    @property
    def range(self) -> str:
        """What is allowed, in words."""
        if self.options:
            return " | ".join(self.options)
        if self.maximum is None:
            return f"{self.minimum:g} or more"
        return f"{self.minimum:g} to {self.maximum:g}"


def rows(*, include_additions: bool = True) -> list[Row]:
    """Every hyperparameter in the order of the schema.

    >>> epochs = next(row for row in rows() if row.name == "epochs")
    >>> epochs.type, epochs.default, epochs.range
    ('int', '3', '1 to 1000')

    Args:
        include_additions: Also the additions of this package, at the end.
    """
    fields = Hyperparameters.model_fields.items()
    return [
        _row(name, field) for name, field in fields if include_additions or name not in ADDITIONS
    ]


def _row(name: str, field: FieldInfo) -> Row:
    options = _options(field)
    low, high = bounds(field)
    return Row(
        name=name,
        type="text" if options else "int" if field.annotation is int else "float",
        default=str(field.default),
        options=options,
        minimum=None if options else low,
        maximum=None if options or high in (math.inf, 2**63 - 1) else high,
        description=field.description or "",
        aliases=tuple(alias for alias, canonical in ALIASES.items() if canonical == name),
        is_addition=name in ADDITIONS,
    )


def _options(field: FieldInfo) -> tuple[str, ...]:
    if field.annotation is bool:
        return ("False", "True")
    return get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
