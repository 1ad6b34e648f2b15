"""Values of arguments that may be left open until a SageMaker pipeline runs.

A pipeline variable stands where it was given, untouched, into the request; everything else is
checked as ever.
"""

from typing import Annotated, Any, TypeAlias

from pydantic import Field, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from ic_tf_sdk.specs.pipeline_variable import PipelineVariable, is_pipeline_variable

__all__ = ["Count", "Flag", "Text"]


class _OrOpen:
    """For pydantic: a value of one kind, or a pipeline variable."""

    def __init__(self, kind: Any) -> None:
        self._kind = kind

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        as_text = core_schema.plain_serializer_function_ser_schema(_printed, when_used="json")
        kind = handler.generate_schema(self._kind)
        return core_schema.no_info_wrap_validator_function(_open, kind, serialization=as_text)


def _open(value: Any, check: Any) -> Any:
    return value if is_pipeline_variable(value) else check(value)


def _printed(value: Any) -> Any:
    return value.expr if is_pipeline_variable(value) else value


Text: TypeAlias = Annotated[str | PipelineVariable, _OrOpen(str)]
"""A text."""

Count: TypeAlias = Annotated[int | PipelineVariable, _OrOpen(Annotated[int, Field(ge=1)])]
"""A whole number from 1."""

Flag: TypeAlias = Annotated[bool | PipelineVariable, _OrOpen(bool)]
"""``True`` or ``False``."""
