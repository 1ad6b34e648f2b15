"""SageMaker's instance families: generation, accelerator, image, and the day when one goes.

The facts and their sources stand in ``data/instance_families.json``.
"""

import re
from collections.abc import Collection, Mapping
from datetime import date
from functools import cache
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

from ic_tf_sdk.specs.catalogue import read

__all__ = [
    "InstanceFamily",
    "Processor",
    "Retirement",
    "Use",
    "families",
    "family_of",
    "instance_family",
    "living_type",
    "retirement",
    "retirement_warning",
]

Use: TypeAlias = Literal["training", "hosting", "transform"]
"""What SageMaker runs on an instance: a training job, an endpoint, a batch transform."""

Processor: TypeAlias = Literal["cpu", "gpu"]
"""Which of AWS's TensorFlow images an instance takes."""

# "ml.<family>.<size>" or "ml_<family>", as the SageMaker SDK reads it; the size is not checked.
_INSTANCE_TYPE = re.compile(r"ml[._]([a-z\d\-]+)\.?\w*")


class Retirement(NamedTuple):
    """That AWS takes a family out of service.

    Attributes:
        day: The day that AWS has named; None where none was found.
        source: Who says so, and what is not known.
    """

    day: date | None
    source: str


class InstanceFamily(NamedTuple):
    """What is known of a family of instance types.

    Attributes:
        name: For example ``"g4dn"``.
        generation: AWS's number, the 4 of ``g4dn``.
        image: Which of AWS's images for this package's own archives runs there; None: none does.
        no_image: Why none does, part of a sentence; None where one does.
        accelerator: What its accelerators are, for example ``"NVIDIA T4"``; None: it has none.
        accelerator_memory_gib: Memory of one accelerator in GiB; None where there is none, and
            where it was not looked up because no image runs there.
        accelerators: Size -> number of accelerators; empty where their memory is None.
        retired: None where no notice was found.
        sizes: What SageMaker offers it for -> sizes, the smallest first.
    """

    name: str
    generation: int
    image: Processor | None
    no_image: str | None
    accelerator: str | None
    accelerator_memory_gib: int | None
    accelerators: Mapping[str, int]
    retired: Retirement | None
    sizes: Mapping[Use, tuple[str, ...]]


@cache
def families() -> Mapping[str, InstanceFamily]:
    """Every family that SageMaker trains or serves on, by its name; treat it as read-only.

    >>> families()["p3"].accelerator, families()["p3"].accelerator_memory_gib
    ('NVIDIA V100', 16)
    """
    return {name: _family(name, facts) for name, facts in read(_FILE)["families"].items()}


_FILE = "instance_families"


def instance_family(instance_type: object) -> str | None:
    """The name of an instance type's family; None where it is not spelled as one.

    >>> instance_family("ml.g5.xlarge"), instance_family("g5.xlarge")
    ('g5', None)
    """
    if not isinstance(instance_type, str):
        return None
    if instance_type in ("local", "local_gpu"):
        return instance_type
    # re.match with $ lets a newline at the end pass, as the SDK's own check does; this does not.
    spelled = _INSTANCE_TYPE.fullmatch(instance_type)
    return spelled[1] if spelled else None


def family_of(instance_type: object) -> InstanceFamily | None:
    """What is known of an instance type's family; None where SageMaker has no such family."""
    return families().get(instance_family(instance_type) or "")


def living_type(instance_type: str, use: Use, among: Collection[str] = ()) -> str | None:
    """The type to take instead of a retired one: the nearest that has at least its GPU memory.

    It has as much memory on each GPU and in all; of several the one with the least, and of those
    the oldest generation, which most regions have, in its smallest size.

    >>> living_type("ml.p3.2xlarge", "training"), living_type("ml.p3.8xlarge", "training")
    ('ml.g4dn.xlarge', 'ml.g4dn.12xlarge')

    Args:
        instance_type: For example ``"ml.p3.2xlarge"``.
        use: What it is to be used for.
        among: Names of the families to choose from; empty takes all that have an image.

    Returns:
        None where the type is not retired, or nothing is known to be as large.
    """
    family = family_of(instance_type)
    if family is None or family.retired is None:
        return None
    wanted = (_total(family, _size(instance_type)), _memory(family))
    places = _living(use, among or families())
    nearest = min((place for place in places if _covers(place, wanted)), default=None)
    return nearest and nearest[-1]


def retirement(instance_type: object) -> str | None:
    """A sentence about a type of a family that AWS takes out of service; None about another.

    >>> retirement("ml.g5.xlarge") is None
    True

    Args:
        instance_type: For example ``"ml.p3.2xlarge"``.
    """
    family = family_of(instance_type)
    if family is None or family.retired is None:
        return None
    by = f" (EC2: by {family.retired.day})" if family.retired.day else ""
    # Who says so, and what is not known, stands in the reference of instance types.
    return f"{instance_type} is of a family that AWS takes out of service{by}."


def retirement_warning(instance_type: object, use: Use, among: Collection[str] = ()) -> str | None:
    """The sentence of :func:`retirement`, and one that names the type to take instead.

    Args:
        instance_type: For example ``"ml.p3.2xlarge"``.
        use: What it is to be used for.
        among: As of :func:`living_type`.
    """
    reason = retirement(instance_type)
    instead = living_type(str(instance_type), use, among)
    return f"{reason} Take {instead}, the nearest in GPU memory." if reason and instead else reason


# Memory in all, memory of one GPU, generation, number of the size, and the type.
_Place: TypeAlias = tuple[int, int, int, int, str]


def _living(use: Use, among: Collection[str]) -> list[_Place]:
    """Every type with a GPU of a family that is not retired and has an image."""
    return [
        (
            _total(family, size),
            _memory(family),
            family.generation,
            number,
            f"ml.{family.name}.{size}",
        )
        for family in families().values()
        if family.image == "gpu" and family.retired is None and family.name in among
        for number, size in enumerate(family.sizes.get(use, ()))
    ]


def _covers(place: _Place, wanted: tuple[int, int]) -> bool:
    return place[0] >= wanted[0] and place[1] >= wanted[1]


def _total(family: InstanceFamily, size: str) -> int:
    # A size that is not known is taken for the smallest.
    return family.accelerators.get(size, 1) * _memory(family)


def _memory(family: InstanceFamily) -> int:
    return family.accelerator_memory_gib or 0


def _size(instance_type: str) -> str:
    return instance_type.rpartition(".")[2]


def _family(name: str, facts: Mapping[str, Any]) -> InstanceFamily:
    retired = facts.get("retired")
    sources: Mapping[str, str] = read(_FILE)["sources"]
    return InstanceFamily(
        name=name,
        generation=facts["generation"],
        image=facts["image"],
        no_image=facts.get("no_image"),
        accelerator=facts.get("accelerator"),
        accelerator_memory_gib=facts.get("accelerator_memory_gib"),
        accelerators=facts.get("accelerators", {}),
        retired=retired and _retirement(retired, sources),
        sizes={use: tuple(facts["sizes"].get(use, ())) for use in get_args(Use)},
    )


def _retirement(facts: Mapping[str, str | None], sources: Mapping[str, str]) -> Retirement:
    day = facts["day"]
    return Retirement(date.fromisoformat(day) if day else None, sources[str(facts["source"])])
