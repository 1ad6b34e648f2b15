"""Which models there are: by filter, name, family, size."""

import fnmatch
import re
from typing import Any, Literal, get_args

from ic_tf_sdk._quoted import quoted
from ic_tf_sdk.errors import FilterError, did_you_mean, nearest
from ic_tf_sdk.specs import catalogue
from ic_tf_sdk.specs.filters import Filter, parse
from ic_tf_sdk.specs.model_spec import ModelSpec
from ic_tf_sdk.specs.source import ContentSource, in_force

__all__ = ["Order", "list_models"]

# Fields of the exported specs that list_jumpstart_models can filter by, beside a model's own facts.
_OMITTED = (
    *("hyperparameters", "hosting_instance_type_variants", "training_instance_type_variants"),
    *("hosting_ecr_specs", "training_ecr_specs", "inference_environment_variables", "metrics"),
    *("predictor_specs", "model_kwargs", "deploy_kwargs", "estimator_kwargs", "fit_kwargs"),
)

Bounds = tuple[float | None, float | None]

Order = Literal["name", "accuracy", "size", "speed", "input"]
"""What a list of models may be sorted by."""


def list_models(
    filter: Filter | str | None = None,  # noqa: A002 - the SDK's name for it
    *,
    name: str | None = None,
    family: str | None = None,
    parameters_millions: Bounds = (None, None),
    input_size: Bounds = (None, None),
    imagenet_top1: Bounds = (None, None),
    sort_by: Order = "name",
    include_aliases: bool = False,
) -> list[str]:
    """The ids of the models that fit all that is given, numbers in them in natural order.

    >>> list_models("num_classes == 1001", family="MobileNet*", parameters_millions=(None, 0.5))[:1]
    ['tensorflow-ic-imagenet-mobilenet-v1-025-128-classification-4']
    >>> list_models(parameters_millions=(None, 5), sort_by="accuracy")[0]
    'tensorflow-ic-efficientnet-lite0-classification-2'

    Args:
        filter: In the language of the SDK's ``list_jumpstart_models``, over the fields of
            :class:`~ic_tf_sdk.specs.model_spec.ModelSpec`, the fields of the JumpStart spec, and
            ``task`` and ``framework``; see :mod:`ic_tf_sdk.specs.filters`.
        name: Pattern for the id or the display name, for example ``"*mobilenet*224*"``.
        family: Pattern for the family, for example ``"BiT-*"``.
        parameters_millions: Least and most parameters in millions, both included; None for no
            bound.
        input_size: Least and most pixels of the longer side of the input.
        imagenet_top1: Least and most published accuracy on ImageNet in percent, likewise.
        sort_by: ``"name"``, or the best first: ``"accuracy"`` on ImageNet, ``"size"`` in
            parameters, ``"speed"``, pixels of the ``"input"``. Models of which it is not known come
            last.
        include_aliases: Also ids that AWS documents for a model which has another id.

    Raises:
        FilterError: The filter cannot be read, or names a key that no model has; ``sort_by`` is
            no such word.
    """
    if sort_by not in get_args(Order):
        words = get_args(Order)
        close = did_you_mean(nearest(str(sort_by), words))
        raise FilterError(
            f"Models are not sorted by {quoted(sort_by)}.{close} Known: {', '.join(words)}."
        )
    condition = None if filter is None else parse(filter)
    source = in_force()
    fitting = [
        model_id
        for model_id in catalogue.model_ids()
        if _fits(catalogue.record(model_id), name, family, include_aliases)
        and _is_within(catalogue.record(model_id), parameters_millions, input_size, imagenet_top1)
        and (condition is None or any(map(condition.matches, _facts(model_id, source))))
    ]
    # Sorting keeps the order of what is alike.
    fitting.sort(key=_natural)
    return sorted(fitting, key=lambda model_id: _rank(catalogue.record(model_id), sort_by))


def _fits(record: ModelSpec, name: str | None, family: str | None, aliases: bool) -> bool:
    names = (record.model_id, record.display_name)
    return (
        (aliases or not record.alias_of)
        and (name is None or any(_like(text, name) for text in names))
        and (family is None or _like(record.family, family))
    )


def _is_within(record: ModelSpec, parameters: Bounds, size: Bounds, accuracy: Bounds) -> bool:
    return (
        _within(record.parameters_millions, parameters)
        and _within(max(record.input_height, record.input_width), size)
        and _within(record.imagenet_top1, accuracy)
    )


def _rank(record: ModelSpec, order: Order) -> tuple[bool, float]:
    """What sorts a model: the known before the unknown, the best first; by name all are alike."""
    accuracy = record.imagenet_top1
    value = {
        "name": None,
        "accuracy": None if accuracy is None else -accuracy,
        "size": record.parameters_millions,
        "speed": record.ms_per_image,
        "input": record.pixels,
    }[order]
    return value is None, value or 0


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
