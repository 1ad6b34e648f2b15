"""The hyperparameter schema: names, types, ranges, defaults, aliases and meanings, stated once.

``retrieve_default``, ``validate``, the command line, the training package, the exported specs and
the reference documentation all read this class. Names, types and ranges are those of the real
JumpStart spec v4.0.6; defaults are those of the AWS documentation where both have one (``epochs`` 3
rather than 5, ``initial_accumulator_value`` 0.0001 rather than 0.1).
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ic_tf_sdk.errors import HyperparameterError
from ic_tf_sdk.specs import hyperparameter_spellings
from ic_tf_sdk.specs.hyperparameter_hints import hint
from ic_tf_sdk.specs.hyperparameter_spellings import ALIASES
from ic_tf_sdk.specs.hyperparameter_types import (
    Choice,
    Flag,
    Fraction,
    Signed,
    Whole,
    refusal,
)
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


class Hyperparameters(BaseModel):
    """The algorithm's hyperparameters, as typed values.

    The 27 of the algorithm come first, in the order of the real spec, then the additions of this
    package, which are neutral by default. Every field also accepts its string form (``"0.001"``,
    ``"True"``): SageMaker sends nothing else.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    train_only_on_top: Flag = Field(
        False, description="Train only the classification layer; the backbone stays as it is."
    )
    epochs: Annotated[int, Whole, Field(strict=True, ge=1, le=1000)] = Field(
        3, description="Passes over the training images."
    )
    batch_size: Annotated[int, Whole, Field(strict=True, ge=1, le=1024)] = Field(
        32, description="Images per step, over all devices and hosts together."
    )
    optimizer: Annotated[
        Literal["adam", "sgd", "nesterov", "rmsprop", "adagrad", "adadelta"], Choice
    ] = Field("adam", description="The optimizer.")
    learning_rate: Fraction = Field(0.001, description="The optimizer's learning rate.")
    beta_1: Fraction = Field(0.9, description="Decay of the first moment (adam).")
    beta_2: Fraction = Field(0.999, description="Decay of the second moment (adam).")
    momentum: Fraction = Field(0.9, description="Momentum (sgd, nesterov, rmsprop).")
    epsilon: Fraction = Field(
        1e-07, description="Numerical-stability constant (adam, rmsprop, adagrad, adadelta)."
    )
    rho: Fraction = Field(0.95, description="Decay of the gradient average (rmsprop, adadelta).")
    initial_accumulator_value: Fraction = Field(
        0.0001, description="Start of the gradient accumulators (adagrad)."
    )
    reinitialize_top_layer: Annotated[Literal["Auto", "True", "False"], Choice] = Field(
        "Auto",
        description=(
            "Start the classification layer afresh in incremental training. Auto keeps it: the "
            "class set must be the same anyway."
        ),
    )
    early_stopping: Flag = Field(
        False, description="Stop when the evaluation metric no longer improves."
    )
    early_stopping_patience: Annotated[int, Whole, Field(strict=True, ge=1, le=1000)] = Field(
        5, description="Epochs without improvement before stopping."
    )
    early_stopping_min_delta: Fraction = Field(
        0.0, description="The least change of the metric that counts as an improvement."
    )
    dropout_rate: Fraction = Field(
        0.2, description="Fraction of features dropped before the classification layer."
    )
    regularizers_l2: Fraction = Field(
        0.0001, description="L2 penalty on the classification layer's weights."
    )
    label_smoothing: Fraction = Field(
        0.1, description="Probability moved from the true class to all classes in the loss."
    )
    image_resize_interpolation: Annotated[
        Literal[
            "bilinear",
            "nearest",
            "bicubic",
            "area",
            "lanczos3",
            "lanczos5",
            "gaussian",
            "mitchellcubic",
        ],
        Choice,
    ] = Field("bilinear", description="How images are resized to the model's input size.")
    augmentation: Flag = Field(
        False, description="Flip, rotate and zoom the training images at random."
    )
    augmentation_random_flip: Annotated[
        Literal["horizontal_and_vertical", "horizontal", "vertical", "None"], Choice
    ] = Field("horizontal_and_vertical", description="Which random flips augmentation makes.")
    augmentation_random_rotation: Signed = Field(
        0.2,
        description=(
            "Largest rotation as a fraction of a full turn: positive counterclockwise, negative "
            "clockwise."
        ),
    )
    augmentation_random_zoom: Signed = Field(
        0.1, description="Largest zoom as a fraction of the size: positive out, negative in."
    )
    binary_mode: Flag = Field(
        False, description="Two classes with one sigmoid output; needs exactly two classes."
    )
    eval_metric: Annotated[Literal["accuracy", "precision", "recall", "auc", "prc"], Choice] = (
        Field(
            "accuracy",
            description=(
                "The metric that picks the best epoch and stops early; others than accuracy need "
                "binary_mode."
            ),
        )
    )
    validation_split_ratio: Fraction = Field(
        0.2, description="Fraction of the training images held out without a validation channel."
    )
    random_seed: Annotated[int, Whole, Field(strict=True, ge=0, le=2**63 - 1)] = Field(
        123, description="Seed of the split, the order, the weights and augmentation."
    )

    class_weight: Annotated[Literal["none", "balanced"], Choice] = Field(
        "none", description="Weigh the loss by inverse class frequency."
    )
    on_bad_image: Annotated[Literal["error", "skip"], Choice] = Field(
        "error", description="Stop at images that cannot be decoded, or leave them out."
    )
    mixed_precision: Annotated[Literal["off", "auto", "bfloat16"], Choice] = Field(
        "off", description="Compute the backbone in bfloat16 where the processor gains from it."
    )
    feature_cache: Annotated[Literal["auto", "off"], Choice] = Field(
        "auto",
        description="Do once for all epochs: a frozen backbone's features, else decoding.",
    )
    deterministic: Flag = Field(
        False, description="Refuse TensorFlow operations that may differ from run to run."
    )


ADDITIONS = ("class_weight", "on_bad_image", "mixed_precision", "feature_cache", "deterministic")
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
    try:
        Hyperparameters.model_validate({n: v for n, v in named.items() if n not in passed_over})
    except ValidationError as error:
        wrong = {str(item["loc"][0]): None for item in error.errors()}
        sentences += [_sentence(name, spelled[name], named[name]) for name in wrong]
    return sentences + _across(named)


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
    field = Hyperparameters.model_fields.get(name)
    if field is None:
        known = [*Hyperparameters.model_fields, *ALIASES]
        return f"Unknown hyperparameter {spelled!r}.{hint(spelled, known)}"
    return refusal(field, f"Hyperparameter {spelled!r}", value)


def _across(named: Mapping[str, object]) -> list[str]:
    """Rules that join two fields, read from the raw values so that they join the other problems."""
    metric = named.get("eval_metric", "accuracy")
    given = named.get("binary_mode", "False")
    binary = is_pipeline_variable(given) or str(given) == "True"
    if metric in ("precision", "recall", "auc", "prc") and not binary:
        return [
            (
                f"Hyperparameter 'eval_metric' can be {metric!r} only with binary_mode 'True'; "
                "use 'accuracy', or set binary_mode."
            )
        ]
    return []
