"""Which models there are: by filter, name, family, size."""

import fnmatch
import re
from typing import Any

from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs.filters import Filter, parse
from ic_tf_sdk.specs.source import ContentSource, in_force

__all__ = ["list_models"]

# Fields of the exported specs that list_jumpstart_models can filter by, beside a model's own facts.
_OMITTED = (
    *("hyperparameters", "hosting_instance_type_variants", "training_instance_type_variants"),
    *("hosting_ecr_specs", "training_ecr_specs", "inference_environment_variables", "metrics"),
    *("predictor_specs", "model_kwargs", "deploy_kwargs", "estimator_kwargs", "fit_kwargs"),
)

Bounds = tuple[float | None, float | None]


def list_models(
    filter: Filter | str | None = None,  # noqa: A002 - the SDK's name for it
    *,
    name: str | None = None,
    family: str | None = None,
    parameters_millions: Bounds = (None, None),
    input_size: Bounds = (None, None),
    include_aliases: bool = False,
) -> list[str]:
    """The ids of the models that fit all that is given, numbers in them in natural order.

    >>> list_models("num_classes == 1001", family="MobileNet*", parameters_millions=(None, 0.5))[:1]
    ['tensorflow-ic-imagenet-mobilenet-v1-025-128-classification-4']

    Args:
        filter: In the language of the SDK's ``list_jumpstart_models``, over the fields of
            :class:`~ic_tf_sdk.specs.model_spec.ModelSpec`, the fields of the JumpStart spec, and
            ``task`` and ``framework``; see :mod:`ic_tf_sdk.specs.filters`.
        name: Pattern for the id or the display name, for example ``"*mobilenet*224*"``.
        family: Pattern for the family, for example ``"BiT-*"``.
        parameters_millions: Least and most parameters in millions, both included; None for no
            bound.
        input_size: Least and most pixels of the longer side of the input.
        include_aliases: Also ids that AWS documents for a model which has another id.

    Raises:
        FilterError: The filter cannot be read, or names a key that no model has.
    """
    condition = None if filter is None else parse(filter)
    source = in_force()
    fitting = [
        model_id
        for model_id in catalogue.model_ids()
        if _fits(model_id, name, family, parameters_millions, input_size, include_aliases)
        and (condition is None or any(map(condition.matches, _facts(model_id, source))))
    ]
    return sorted(fitting, key=_natural)


def _fits(
    model_id: str,
    name: str | None,
    family: str | None,
    parameters: Bounds,
    size: Bounds,
    aliases: bool,
) -> bool:
    record = catalogue.record(model_id)
    names = (model_id, record.display_name)
    return (
        (aliases or not record.alias_of)
        and (name is None or any(_like(text, name) for text in names))
        and (family is None or _like(record.family, family))
        and _within(record.parameters_millions, parameters)
        and _within(max(record.input_height, record.input_width), size)
    )


def _like(text: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(text.lower(), pattern.lower())


def _within(value: float | None, bounds: Bounds) -> bool:
    least, most = bounds
    if value is None:
        return least is None and most is None
    return (least is None or value >= least) and (most is None or value <= most)


def _facts(model_id: str, source: ContentSource) -> list[dict[str, Any]]:
    """What a filter may ask of a model, for each of its versions."""
    fields = [name for name in source.body if name not in _OMITTED]
    record = catalogue.record(model_id)
    facts = {name: source.value(record, name) for name in fields} | record.to_json()
    facts |= {"task": "ic", "framework": "tensorflow", "model_type": "open_weights"}
    facts |= {"url": record.classification_handle, "min_version": record.min_sdk_version}
    facts |= {"resource_name_base": source.resource_name_base(model_id)}
    return [
        facts | {"version": version, "spec_key": source.spec_key(model_id, version)}
        for version in record.versions
    ]


def _natural(text: str) -> list[tuple[int, str]]:
    """Sorts "r50x1" before "r101x1", and "035-96" before "035-128"."""
    return [(int(part or 0), word) for part, word in re.findall(r"(\d*)(\D*)", text)]
