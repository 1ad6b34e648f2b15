"""What distinguishes the modules of the catalogue for the code that takes them."""

from collections import defaultdict
from typing import NamedTuple

from ic_tf_sdk import specs
from ic_tf_sdk.specs.model_spec import ModelSpec

__all__ = ["MODEL_IDS", "combination_of", "combinations", "smallest_of_each_family"]

MODEL_IDS = specs.list_models(include_aliases=True)
"""The 136 ids of AWS, an alias among them, and the embedded model's."""


class Combination(NamedTuple):
    """Fields of ``ModelSpec``, where what they say is explained."""

    module_format: str
    input_size: str
    pixel_range: str
    module_output: str
    module_arguments: tuple[str, ...]


def combination_of(spec: ModelSpec) -> Combination:
    """The combination of a model."""
    return Combination(*(getattr(spec, name) for name in Combination._fields))


def combinations() -> dict[Combination, list[ModelSpec]]:
    """Each distinct combination of the catalogue, and its models, those of smaller images first."""
    found = defaultdict(list)
    for spec in map(specs.get, MODEL_IDS):
        found[combination_of(spec)].append(spec)
    return {each: sorted(found[each], key=_cost) for each in sorted(found)}


def smallest_of_each_family() -> list[ModelSpec]:
    """For each combination one model of each of its families, the one of the smallest images."""
    chosen = {}
    for combination, members in combinations().items():
        for spec in members:
            chosen.setdefault((combination, spec.family), spec)
    return list(chosen.values())


def _cost(spec: ModelSpec) -> tuple[int, int]:
    assert spec.feature_vector_size is not None
    return spec.pixels, spec.feature_vector_size
