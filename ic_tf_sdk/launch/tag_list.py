"""Tags as either line of the SageMaker SDK takes them, and as a dictionary."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, TypeAlias

from pydantic import GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from ic_tf_sdk.launch.open_values import Text

__all__ = ["Tags", "as_list", "by_name"]


class _AsMapping:
    """For pydantic: a dictionary, also of a list of ``{"Key": ..., "Value": ...}``."""

    def __get_pydantic_core_schema__(self, _: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        mapping = handler.generate_schema(Mapping[str, Text])
        return core_schema.no_info_before_validator_function(by_name, mapping)


Tags: TypeAlias = Annotated[Mapping[str, Text] | Sequence[Mapping[str, Text]], _AsMapping()]
"""Name -> value of each tag; or the SDK's list of ``{"Key": ..., "Value": ...}``."""


def by_name(tags: Any) -> Any:
    """The tags as a dictionary; what is no list of tags is left as it is, to be refused.

    >>> by_name([{"Key": "team", "Value": "vision"}])
    {'team': 'vision'}

    Args:
        tags: Of either form.

    Raises:
        ValueError: A name is there twice.
    """
    if not isinstance(tags, list | tuple) or not all(map(_is_tag, tags)):
        return tags
    names = [tag["Key"] for tag in tags]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise ValueError(f"each name once; {', '.join(map(repr, twice))} is there twice")
    return {tag["Key"]: tag["Value"] for tag in tags}


def as_list(tags: Mapping[str, Text]) -> list[dict[str, Text]]:
    """The tags as AWS's API takes them."""
    return [{"Key": name, "Value": value} for name, value in tags.items()]


def _is_tag(tag: object) -> bool:
    return isinstance(tag, dict) and set(tag) == {"Key", "Value"} and isinstance(tag["Key"], str)
