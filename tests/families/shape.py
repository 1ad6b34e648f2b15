"""The sizes of a module that a test builds."""

from dataclasses import dataclass

from ic_tf_sdk.specs.model_spec import ModelSpec

# A head of 21,843 classes on 8,192 features would have 700 MB. The width of a classifier's features
# shows nowhere outside; these can be divided by what each architecture needs.
_CLASSIFIER_FEATURES = 96
_CLASSIFIER_FEATURES_OF_FIVE = 120

# Of the ids whose class count no source documents.
_CLASSES = 1000


@dataclass(frozen=True)
class Shape:
    """What a module of a model takes and gives.

    Attributes:
        size: Height and width of its pictures in pixels.
        input: Height and width as its signature has them; None where any will do.
        features: Width of the features.
        classes: Width of the logits; None for a feature vector.
    """

    size: int
    input: tuple[int | None, int | None]
    features: int
    classes: int | None


def feature_vector(spec: ModelSpec) -> Shape:
    """Of a model's backbone."""
    assert spec.feature_vector_size is not None
    return Shape(spec.input_height, _input(spec), spec.feature_vector_size, None)


def classifier(spec: ModelSpec) -> Shape:
    """Of a model's published classifier, its features narrowed."""
    five = spec.family == "PNASNet"
    features = _CLASSIFIER_FEATURES_OF_FIVE if five else _CLASSIFIER_FEATURES
    return Shape(spec.input_height, _input(spec), features, spec.num_classes or _CLASSES)


def _input(spec: ModelSpec) -> tuple[int | None, int | None]:
    if spec.input_size == "fixed":
        return spec.input_height, spec.input_width
    return None, None
