"""Values of arguments: what pydantic finds wrong, in sentences about the argument."""

from typing import TYPE_CHECKING

from ic_tf_sdk._quoted import quoted
from ic_tf_sdk.contract.validation import allowed
from ic_tf_sdk.specs.pipeline_variable import is_pipeline_variable, refusal

if TYPE_CHECKING:
    from pydantic import ValidationError
    from pydantic_core import ErrorDetails

__all__ = ["sentences"]

# Arguments are values of Python, not of JSON.
_WORDS = {
    "bool": "True or False",
    "dict": "a dictionary, name -> value",
    "mapping": "a dictionary, name -> value",
    "tuple": "a list of texts",
}


def sentences(error: "ValidationError") -> list[str]:
    """One sentence for each value that was wrong: its argument, the value, what is allowed.

    Args:
        error: What pydantic raised for a dictionary of arguments.
    """
    return [_sentence(detail) for detail in error.errors()]


def _sentence(detail: "ErrorDetails") -> str:
    name = str(detail["loc"][0])
    if is_pipeline_variable(detail["input"]):
        return refusal(name, detail["input"])
    inside = "".join(f"[{part!r}]" for part in detail["loc"][1:])
    if reason := detail.get("ctx", {}).get("error"):
        return f"{name}{inside} cannot be {quoted(detail['input'])}; it must have {reason}."
    return (
        f"{name}{inside} cannot be {quoted(detail['input'])}; it must be {allowed(detail, _WORDS)}."
    )
