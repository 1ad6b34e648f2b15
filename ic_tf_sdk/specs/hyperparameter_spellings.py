"""One hyperparameter under two spellings: which of the two values the user meant.

The SageMaker SDK sends every default of a model beside what the user gave. Where the user writes a
name of AWS's documentation (``train_only_top_layer``, ``adam-learning-rate``), the job gets both
spellings; the default says nothing then.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from pydantic import BaseModel, ValidationError

from ic_tf_sdk._quoted import quoted, text
from ic_tf_sdk.specs.hyperparameter_hints import hint
from ic_tf_sdk.specs.pipeline_variable import is_pipeline_variable

__all__ = ["ALIASES", "are_several", "conflicts", "one_of_each", "unknown"]


ALIASES: Mapping[str, str] = {
    "train_only_top_layer": "train_only_on_top",
    "train_only_on_top_layer": "train_only_on_top",
    "eps": "epsilon",
    "adam_learning_rate": "learning_rate",
}
"""Other spellings in AWS's spec, documentation and version 1, after hyphens became underscores."""


def are_several(values: Iterable[str], canonical: Callable[[str], str]) -> bool:
    """Whether one hyperparameter is spelled in several ways, so that its default decides.

    Args:
        values: Names as they were spelled.
        canonical: The schema's name for any spelling.
    """
    names = list(values)
    return len(set(map(canonical, names))) < len(names)


def one_of_each(
    values: Mapping[str, object],
    defaults: Mapping[str, object],
    *,
    canonical: Callable[[str], str],
    schema: type[BaseModel],
) -> dict[str, object]:
    """The values, each hyperparameter under one spelling; under all of them where they conflict.

    Of equal values the first counts; of a default and another value the other, in any order.

    Args:
        values: Names as they were spelled, and their values.
        defaults: Canonical name -> what the model has where nothing is said.
        canonical: The schema's name for any spelling.
        schema: Its fields say what a text means: ``"1e-3"`` is ``0.001``.
    """
    counting: set[str] = set()
    for name, spellings in _spellings(values, canonical).items():
        counting |= set(
            _counting(spellings, values, defaults.get(name), partial(_typed, schema, name))
        )
    return {name: value for name, value in values.items() if name in counting}


def conflicts(values: Mapping[str, object], canonical: Callable[[str], str]) -> list[str]:
    """One sentence for each hyperparameter that still has two values.

    Args:
        values: From :func:`one_of_each`.
        canonical: As there.
    """
    spelled = [names for names in _spellings(values, canonical).values() if len(names) > 1]
    return [
        f"{' and '.join(f'{quoted(name)} ({text(values[name])})' for name in names)} name the same "
        "hyperparameter; give one of them."
        for names in spelled
    ]


def unknown(names: Iterable[str], known: Iterable[str]) -> list[str]:
    """One sentence for each name that is no hyperparameter's.

    Args:
        names: As they were spelled.
        known: The schema's names.
    """
    words = [*known, *ALIASES]
    return [f"Unknown hyperparameter {quoted(name)}.{hint(name, words)}" for name in names]


def _spellings(
    values: Mapping[str, object], canonical: Callable[[str], str]
) -> dict[str, list[str]]:
    spellings: dict[str, list[str]] = {}
    for name in values:
        spellings.setdefault(canonical(name), []).append(name)
    return spellings


def _counting(
    spellings: Sequence[str],
    values: Mapping[str, object],
    default: object,
    typed: Callable[[object], object],
) -> Sequence[str]:
    """The spellings of one hyperparameter whose values count: one, or all that conflict."""
    if len(spellings) == 1:
        return spellings
    first_with: dict[object, str] = {}
    for spelling in spellings:
        first_with.setdefault(typed(values[spelling]), spelling)
    if len(first_with) > 1:
        first_with.pop(typed(default), None)
    return list(first_with.values())


def _typed(schema: type[BaseModel], name: str, value: object) -> object:
    try:
        return getattr(schema.model_validate({name: value}), name)
    except ValidationError:
        # A variable is equal to itself alone, and has no text.
        return id(value) if is_pipeline_variable(value) else text(value)
