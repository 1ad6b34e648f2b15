"""What a record must hold, checked over the whole catalogue before it ships.

The types are those of :class:`~ic_tf_sdk.specs.model_spec.ModelSpec` itself, read by pydantic;
ranges and the rules that join two fields stand here.

>>> from ic_tf_sdk import specs
>>> from ic_tf_sdk.specs.record_check import problems
>>> spec = specs.get("tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4")
>>> problems(spec)
[]
>>> problems(spec._replace(input_width=0))
['input_width: Input should be greater than 0']
"""

from functools import cache
from typing import Annotated, Any, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from ic_tf_sdk.specs.model_spec import ModelSpec

__all__ = ["problems"]

_POSITIVE = Field(gt=0)

_RANGES: dict[str, Any] = {
    "model_id": Field(pattern=r"^tensorflow-ic-[a-z0-9-]+$"),
    "versions": Field(min_length=1),
    "input_height": _POSITIVE,
    "input_width": _POSITIVE,
    "num_classes": _POSITIVE,
    "feature_vector_size": _POSITIVE,
    "parameters_millions": _POSITIVE,
    "imagenet_top1": Field(gt=0, le=100),
    "ms_per_image": _POSITIVE,
}

# Where the first is None, somebody looked and did not find it; for the other fields None is a fact.
_FACTS = (
    "min_sdk_version",
    "classification_handle",
    "feature_vector_handle",
    "num_classes",
    "label_set",
    "feature_vector_size",
    "parameters_millions",
    "imagenet_top1",
    "ms_per_image",
)

_REASONS = ("documented: ", "derived: ", "unknown: ")


def problems(record: ModelSpec) -> list[str]:
    """Everything that is wrong with a record, one line for each; empty where nothing is.

    Args:
        record: Of any content: nothing is checked when a record is made.
    """
    return [*_wrong_values(record), *_bare_gaps(record), *_wrong_reasons(record)]


def _wrong_values(record: ModelSpec) -> list[str]:
    facts = record._asdict() | {
        "hyperparameters": dict(record.hyperparameters),
        "provenance": dict(record.provenance),
    }
    try:
        _model().model_validate(facts)
    except ValidationError as error:
        return [f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors()]
    return []


@cache
def _model() -> type[BaseModel]:
    hints = get_type_hints(ModelSpec)
    fields: dict[str, Any] = {
        name: (Annotated[hint, _RANGES[name]] if name in _RANGES else hint, ...)
        for name, hint in hints.items()
    }
    # Strict: the record holds what the data says, so that a "224" must not pass for a number.
    config = ConfigDict(strict=True, extra="forbid", protected_namespaces=())
    return create_model("CheckedSpec", __config__=config, **fields)


def _bare_gaps(record: ModelSpec) -> list[str]:
    return [
        f"{name}: it is None, and provenance does not say 'unknown: why'"
        for name in _FACTS
        if getattr(record, name) is None
        and not record.provenance.get(name, "").startswith("unknown: ")
    ]


def _wrong_reasons(record: ModelSpec) -> list[str]:
    wrong = []
    for name, reason in record.provenance.items():
        if name not in record._fields:
            wrong.append(f"provenance.{name}: the record has no such field")
        if not reason.startswith(_REASONS):
            wrong.append(f"provenance.{name}: it must begin with one of {', '.join(_REASONS)}")
    return wrong
