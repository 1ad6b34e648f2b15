"""What pydantic found wrong, in sentences of this package.

Its own text names types of its implementation and an address on the web; a user needs the field,
what it holds, and what it may hold.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from ic_tf_sdk._quoted import quoted
from ic_tf_sdk.errors import nearest

__all__ = ["allowed", "problems"]


_TIME = "a time with its zone, as 2026-11-26T12:00:00Z"
# pydantic's error types, without their details -> what is allowed.
_ALLOWED = {
    "bool": "true or false",
    "datetime": _TIME,
    "dict": "an object",
    "finite": "a finite number",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
    "model": "an object",
    "string": "text",
    "timezone": _TIME,
    "tuple": "a list",
}
_BOUNDS = {
    "ge": "{} or more",
    "gt": "more than {}",
    "le": "{} or less",
    "lt": "less than {}",
    "pattern": "text of the form {}",
    "max_length": "at most {} long",
    "min_length": "at least {} long",
}


def problems(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """Each thing that is wrong with a value, as a clause without a full stop.

    Args:
        error: What ``model.model_validate`` raised.
        model: The class that the value was to become.

    Returns:
        For example ``["'input_height' is 0; it must be 1 or more (Pixels)"]``.
    """
    return [_clause(detail, model) for detail in error.errors()]


def _clause(detail: Mapping[str, Any], model: type[BaseModel]) -> str:
    location = detail["loc"]
    name = ".".join(map(str, location)) or "the whole"
    owner, meaning = _owner(model, location)
    if detail["type"] == "missing":
        return f"{name!r} is missing{meaning}{_similar(location[-1], detail['input'], owner)}"
    if detail["type"] == "extra_forbidden":
        return f"{name!r} is no field{_nearest(location[-1], owner.model_fields)}"
    return f"{name!r} is {quoted(detail['input'])}; it must be {allowed(detail)}{meaning}"


def allowed(detail: Mapping[str, Any], words: Mapping[str, str] | None = None) -> str:
    """What a value may be, of which pydantic found that it is something else.

    Args:
        detail: One of the error's details.
        words: Kind -> what to call it, where its name in JSON, ``"an object"``, does not fit.
    """
    context = detail.get("ctx", {})
    if "expected" in context:
        choices = str(context["expected"]).replace("'", "").replace(" or ", ", ").split(", ")
        return f"one of {', '.join(map(repr, choices))}{_nearest(detail['input'], choices)}"
    for bound, text in _BOUNDS.items():
        if bound in context:
            return text.format(context[bound])
    kind = detail["type"].partition("_")[0]
    return {**_ALLOWED, **(words or {})}.get(kind, "something else")


def _owner(model: type[BaseModel], location: tuple[int | str, ...]) -> tuple[type[BaseModel], str]:
    """The class that the field at a place is of, and its description in brackets if it has one."""
    owner, description = model, None
    for part in location:
        owner, field = model, model.model_fields.get(str(part))
        if field is None:
            # A place in a list or an object, whose items are what the field says.
            continue
        description = field.description
        model = next(_models(field.annotation), model)
    return owner, f" ({description.rstrip('.')})" if description else ""


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield kind


def _similar(name: int | str, beside: Any, model: type[BaseModel]) -> str:
    """The unknown name beside a missing one that may have been meant for it."""
    unknown = set(beside) - set(model.model_fields) if isinstance(beside, dict) else set()
    for close in nearest(str(name), sorted(map(str, unknown)), 1):
        return f"; there is {close!r}, which is no field"
    return ""


def _nearest(word: object, known: Iterable[str]) -> str:
    for close in nearest(word, sorted(known), 1):
        return f"; the nearest is {close!r}"
    return ""
