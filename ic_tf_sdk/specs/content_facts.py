"""What a content source's data file holds, typed: the fields that this package itself reads.

The body of the JumpStart spec has more; ``export`` and ``search`` hand it on field by field.
"""

from typing import Literal, TypedDict

from ic_tf_sdk.enums import Scope

__all__ = ["ContentFacts", "EcrSpecs", "JumpStartBody", "PredictorSpecs", "Variable"]


class EcrSpecs(TypedDict):
    """Which of AWS's images runs a script."""

    framework: str
    framework_version: str
    py_version: str


class Variable(TypedDict):
    """An environment variable of the inference container."""

    name: str
    default: str | int
    required_for_model_class: bool


class PredictorSpecs(TypedDict):
    """The media types that an endpoint takes and gives."""

    default_content_type: str
    supported_content_types: list[str]
    default_accept_type: str
    supported_accept_types: list[str]


class EstimatorKwargs(TypedDict):
    """Settings of a training job."""

    max_run: int


class JumpStartBody(TypedDict):
    """The body of a JumpStart spec, alike for all models but for ``{model_id}`` in its text."""

    hosting_ecr_specs: EcrSpecs
    training_ecr_specs: EcrSpecs
    inference_environment_variables: list[Variable]
    metrics: list[dict[str, str]]
    default_training_instance_type: str
    default_inference_instance_type: str
    supported_training_instance_types: list[str]
    supported_inference_instance_types: list[str]
    predictor_specs: PredictorSpecs
    estimator_kwargs: EstimatorKwargs


class ContentFacts(TypedDict):
    """A content source's data file.

    ``accounts`` is the field of ``regions.json`` that says whether a region has the source's
    images, ``families`` which instance families the source's spec names, by their processor, or
    None where it is every family with an image, ``end_of_patch`` the day of each image's last
    security patch, ``YYYY-MM-DD``, or None where it is not known.
    """

    accounts: str
    families: dict[Literal["cpu", "gpu"], list[str]] | None
    end_of_patch: dict[Scope, str | None]
    spec: JumpStartBody
