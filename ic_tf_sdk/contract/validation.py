"""What pydantic found wrong, in sentences of this package.

Its own text names types of its implementation and an address on the web; a user needs the field,
what it holds, and what it may hold.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from ic_tf_sdk.errors import nearest

__all__ = ["allowed", "problems"]

_SHOWN = 60

# pydantic's error types, without their details -> what is allowed.
_ALLOWED = {
    "bool": "true or false",
    "dict": "an object",
    "finite": "a finite number",
    "float": "a number",
    "int": "a whole number",
    "list": "a list",
    "model": "an object",
    "string": "text",
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
    return [_clause(detail, model) for detail in error.errors(include_url=False)]


def _clause(detail: Mapping[str, Any], model: type[BaseModel]) -> str:
    location = detail["loc"]
    name = ".".join(map(str, location)) or "the whole"
    if detail["type"] == "missing":
        meaning = _meaning(model, location)
        return f"{name!r} is missing{meaning}{_similar(location[-1], detail['input'], model)}"
    if detail["type"] == "extra_forbidden":
        return f"{name!r} is no field{_nearest(location[-1], _names(model))}"
    value = _shortened(detail["input"])
    return f"{name!r} is {value}; it must be {allowed(detail)}{_meaning(model, location)}"


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


def _meaning(model: type[BaseModel], location: tuple[int | str, ...]) -> str:
    """The field's description in brackets, where it has one."""
    description = None
    for part in location:
        if isinstance(part, int):
            # A place in a list, whose items are what the field says.
            continue
        field = model.model_fields.get(part)
        if field is None:
            break
        description = field.description
        model = next(_models(field.annotation), model)
    return f" ({description.rstrip('.')})" if description else ""


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    for kind in (annotation, *get_args(annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield kind


def _similar(name: int | str, beside: Any, model: type[BaseModel]) -> str:
    """The unknown name beside a missing one that may have been meant for it."""
    unknown = set(beside) - _names(model) if isinstance(beside, dict) else set()
    close = nearest(str(name), sorted(map(str, unknown)), 1)
    return f"; there is {close[0]!r}, which is no field" if close else ""


def _nearest(word: object, known: Iterable[str]) -> str:
    close = nearest(str(word), sorted(known), 1)
    return f"; the nearest is {close[0]!r}" if close else ""


def _names(model: type[BaseModel]) -> set[str]:
    return set(model.model_fields)


def _shortened(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
