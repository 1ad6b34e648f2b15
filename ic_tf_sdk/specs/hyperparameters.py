"""The hyperparameter schema: names, types, ranges, defaults, aliases and meanings, stated once.

``retrieve_default``, ``validate``, the command line, the training package, the exported specs and
the reference documentation all read this class. Its fields stand in ``algorithm_hyperparameters``
and ``own_hyperparameters``.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict, ValidationError

from ic_tf_sdk._quoted import quoted
from ic_tf_sdk.errors import HyperparameterError
from ic_tf_sdk.specs import hyperparameter_rules, hyperparameter_spellings
from ic_tf_sdk.specs.algorithm_hyperparameters import AlgorithmHyperparameters
from ic_tf_sdk.specs.hyperparameter_spellings import ALIASES
from ic_tf_sdk.specs.hyperparameter_types import refusal
from ic_tf_sdk.specs.own_hyperparameters import OwnHyperparameters
from ic_tf_sdk.specs.pipeline_variable import is_pipeline_variable
from ic_tf_sdk.specs.sagemaker_names import of_algorithm

__all__ = [
    "ADDITIONS",
    "ALIASES",
    "Hyperparameters",
    "as_text",
    "canonical_name",
    "default_text",
    "parse",
    "problems",
    "texts",
]


class Hyperparameters(OwnHyperparameters, AlgorithmHyperparameters):
    """The algorithm's hyperparameters, as typed values.

    The 27 of the algorithm come first, in the order of the real spec, then the additions of this
    package, which are neutral by default. Every field also accepts its string form (``"0.001"``,
    ``"True"``): SageMaker sends nothing else.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    @property
    def caches_features(self) -> bool:
        """Whether each image passes the backbone once, and the head alone is trained."""
        # Augmented images differ in each epoch, and their features with them.
        frozen = self.train_only_on_top and not self.augmentation
        return frozen and self.feature_cache == "auto"

    @property
    def solves_alone(self) -> bool:
        """Whether the classification layer is solved, and nothing is trained beside it."""
        return self.head_solver == "converged" and self.train_only_on_top

    @property
    def solves_first(self) -> bool:
        """Whether the classification layer is solved, and then trained with all others."""
        return self.head_solver == "converged" and not self.train_only_on_top


ADDITIONS = tuple(OwnHyperparameters.model_fields)
"""Additions of this package: accepted when given, never part of a model's defaults."""


def canonical_name(name: str) -> str:
    """The schema's name for any accepted spelling; an unknown name comes back as it is.

    >>> canonical_name("train_only_top_layer"), canonical_name("batch-size")
    ('train_only_on_top', 'batch_size')

    Args:
        name: For example ``"train_only_top_layer"``, ``"eps"`` or ``"batch-size"``.
    """
    plain = name.replace("-", "_")
    canonical = ALIASES.get(plain, plain)
    return canonical if canonical in Hyperparameters.model_fields else name


def parse(
    values: Mapping[str, object], defaults: Mapping[str, object] | None = None
) -> Hyperparameters:
    """Typed hyperparameters from names and values as they come from a request.

    >>> parse({"epochs": "5", "eps": 0.1}).epsilon
    0.1

    Args:
        values: Any accepted spelling of each name; strings or Python values. What is not named
            keeps the schema's default; SageMaker's own names are left aside. Of two spellings of
            one hyperparameter that which is no default counts.
        defaults: Canonical name -> default of the model; None takes the schema's.

    Raises:
        HyperparameterError: With every problem of ``values`` at once.
    """
    wrong = problems(values, defaults)
    if wrong:
        raise HyperparameterError(wrong)
    named = {canonical_name(name): value for name, value in _counting(values, defaults).items()}
    return Hyperparameters.model_validate(named)


def problems(
    values: Mapping[str, object],
    defaults: Mapping[str, object] | None = None,
    *,
    open_values: bool = False,
) -> list[str]:
    """One sentence for each thing that is wrong with ``values``; empty where nothing is.

    >>> problems({"epochs": 0})
    ["Hyperparameter 'epochs' cannot be 0: it is a whole number from 1 to 1000."]

    Args:
        values: Names in any accepted spelling, and strings or Python values; SageMaker's own names
            are left aside.
        defaults: As of :func:`parse`.
        open_values: Whether pipeline variables may stand for values that come later.
    """
    values = _counting(values, defaults)
    sentences = hyperparameter_spellings.conflicts(values, canonical_name)
    named = {canonical_name(name): value for name, value in values.items()}
    spelled = {canonical_name(name): name for name in values}
    fields = Hyperparameters.model_fields
    left_open = {n for n, v in named.items() if is_pipeline_variable(v) and n in fields}
    passed_over = left_open if open_values else set()
    # pydantic finds no more where a name is no valid text, as a flag's may be.
    unknown = [name for name in named if name not in fields]
    checked = {n: v for n, v in named.items() if n in fields and n not in passed_over}
    try:
        Hyperparameters.model_validate(checked)
    except ValidationError as error:
        wrong = {str(item["loc"][0]): None for item in error.errors()}
        sentences += [_sentence(name, spelled[name], named[name]) for name in wrong]
    sentences += hyperparameter_spellings.unknown(unknown, fields)
    return sentences + hyperparameter_rules.broken(named)


def as_text(value: object) -> Any:
    """A hyperparameter's value as SageMaker sends it; a pipeline variable stays what it is.

    >>> as_text(True), as_text(1e-07)
    ('True', '1e-07')
    """
    return value if is_pipeline_variable(value) else str(value)


def default_text(name: str) -> str:
    """The schema's default of a hyperparameter, as SageMaker sends it."""
    return str(Hyperparameters.model_fields[name].default)


def texts(
    values: Mapping[str, object], defaults: Mapping[str, object] | None = None
) -> dict[str, Any]:
    """Hyperparameters as SageMaker sends them, under their canonical names and less its own.

    >>> texts({"eps": 1e-8, "_tuning_objective_metric": "val_accuracy"})
    {'epsilon': '1e-08'}

    Args:
        values: In which :func:`problems` finds none.
        defaults: As of :func:`parse`.
    """
    return {canonical_name(name): as_text(v) for name, v in _counting(values, defaults).items()}


def _counting(
    values: Mapping[str, object], defaults: Mapping[str, object] | None
) -> dict[str, object]:
    """The algorithm's own among the values, less defaults under a second spelling."""
    if defaults is None:
        defaults = {name: field.default for name, field in Hyperparameters.model_fields.items()}
    return hyperparameter_spellings.one_of_each(
        of_algorithm(values), defaults, canonical=canonical_name, schema=Hyperparameters
    )


def _sentence(name: str, spelled: str, value: object) -> str:
    field = Hyperparameters.model_fields[name]
    return refusal(field, f"Hyperparameter {quoted(spelled)}", value)
