"""Values of arguments: what pydantic finds wrong, in sentences about the argument."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

__all__ = ["sentences"]

# Kind of pydantic's error -> what the argument must be; {ge} and so on are the error's own values.
_DEMANDS = {
    "greater_than_equal": "at least {ge}",
    "greater_than": "more than {gt}",
    "less_than_equal": "at most {le}",
    "string_too_long": "at most {max_length} characters long",
    "string_too_short": "at least {min_length} characters long",
    "string_pattern_mismatch": "of the form {pattern}",
    "literal_error": "{expected}",
}
_KINDS = {
    "bool": "True or False",
    "dict": "a dictionary, name -> value",
    "float": "a number",
    "int": "a whole number",
    "mapping": "a dictionary, name -> value",
    "string": "a text",
    "tuple": "a list of texts",
}


def sentences(error: "ValidationError") -> list[str]:
    """One sentence for each value that was wrong: its argument, the value, what is allowed.

    Args:
        error: What pydantic raised for a dictionary of arguments.
    """
    return [_sentence(detail) for detail in error.errors(include_url=False)]


def _sentence(detail: "ErrorDetails") -> str:
    name = str(detail["loc"][0])
    inside = "".join(f"[{part!r}]" for part in detail["loc"][1:])
    if name == "tags" and _is_sdk_tags(detail["input"]):
        ours = {str(item["Key"]): str(item["Value"]) for item in detail["input"]}
        return f"tags is a dictionary here; write tags={ours!r}."
    return f"{name}{inside} cannot be {detail['input']!r}; it must be {_demand(detail)}."


def _is_sdk_tags(value: Any) -> bool:
    """Whether it is a list of ``{"Key": ..., "Value": ...}``, as the SageMaker SDK takes tags."""
    return isinstance(value, list | tuple) and all(
        isinstance(item, dict) and {"Key", "Value"} <= set(item) for item in value
    )


def _demand(detail: "ErrorDetails") -> str:
    kind = detail["type"]
    if kind in _DEMANDS:
        return _DEMANDS[kind].format(**detail.get("ctx", {}))
    return _KINDS.get(kind.partition("_")[0], "of another kind")
