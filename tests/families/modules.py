"""A small module for each model of the catalogue, architecture and form as TF Hub has them.

The real weights are on no machine that tests run on. These modules have a family's blocks in its
order, fewer and narrower, at random; inputs, outputs, signatures, arguments and format are real.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from ic_tf_sdk.specs.model_spec import ModelSpec
from tests.families.shape import Shape, classifier, feature_vector
from tests.families.windows import windows_of

__all__ = ["key", "save", "writer"]


def save(spec: ModelSpec, scope: str, folder: Path) -> Path:
    """Write a model's module.

    Args:
        spec: A model of any family but the embedded one, which is here as it is.
        scope: ``"training"`` for the feature vector, ``"inference"`` for the classifier.
        folder: The SavedModel's.

    Returns:
        ``folder``.
    """
    import tf_keras

    # Initial weights, and the names of layers, which are counted.
    tf_keras.utils.set_random_seed(5)
    tf_keras.backend.clear_session()
    writer(spec)(_shape(spec, scope), folder)
    return folder


def key(spec: ModelSpec, scope: str) -> object:
    """The same of two models whose modules would be the same."""
    family = spec.family.replace("BiT-S", "BiT-M")
    return family, _variant(spec), _shape(spec, scope)


def _shape(spec: ModelSpec, scope: str) -> Shape:
    return feature_vector(spec) if scope == "training" else classifier(spec)


def _variant(spec: ModelSpec) -> object:
    """What of a network the sizes do not say."""
    if spec.family == "Swin":
        return windows_of(spec.model_id)
    return "-distilled-" in spec.model_id


def writer(spec: ModelSpec) -> Callable[[Shape, Path], None]:
    """What writes modules of a model's family: of their shape and the SavedModel's folder."""
    from tests.families import big_transfer, efficient, lite, swin, transformers

    networks = _slim_networks()
    if spec.family in networks:
        from tests.families import slim

        return partial(slim.save, networks[spec.family])
    deit = transformers.DistilledDeiT if "-distilled-" in spec.model_id else transformers.DeiT
    writers: dict[str, Callable[[Shape, Path], None]] = {
        "BiT-M": big_transfer.save,
        "BiT-S": big_transfer.save,
        "CaiT": partial(transformers.save, transformers.CaiT),
        "DeiT": partial(transformers.save, deit),
        "EfficientNet": efficient.save_efficientnet,
        "EfficientNetLite": lite.save,
        "EfficientNetV2": efficient.save_efficientnet_v2,
        "ResNet50": efficient.save_resnet,
        "Swin": lambda shape, folder: swin.save(shape, windows_of(spec.model_id), folder),
    }
    return writers[spec.family]


def _slim_networks() -> dict[str, Any]:
    from tests.families import inception, mobile, residual, searched

    return {
        "InceptionResNetV2": inception.resnet_v2,
        "InceptionV1": inception.v1,
        "InceptionV2": inception.v2,
        "InceptionV3": inception.v3,
        "MobileNetV1": mobile.v1,
        "MobileNetV2": mobile.v2,
        "MobileNetV3": mobile.v3,
        "NASNet": searched.nasnet,
        "PNASNet": searched.pnasnet,
        "ResNetV1": residual.v1,
        "ResNetV2": residual.v2,
    }
