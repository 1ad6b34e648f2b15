"""A fine-tuned classifier that another program saved: AWS's own training script, or Keras.

It is a SavedModel with ``class_label_to_prediction_index.json`` beside its folder. What is not
recorded is found out by running it, and what cannot be found out is refused.
"""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Literal, NamedTuple

import tensorflow as tf

from ic_tf_sdk.contract.model_archive import OpenedModel
from ic_tf_sdk.contract.model_info import FineTuning, ModelInfo
from ic_tf_sdk.contract.pixel_range import PixelRange
from ic_tf_sdk.errors import ArchiveError
from ic_tf_sdk.training.graph.saved_model import LOADING_ERRORS, reason

__all__ = ["ForeignClassifier", "parts", "recognise", "split"]

# Keras layers that change pixels before the backbone sees them, and whose effect is not recorded.
_UNKNOWN_PREPROCESSING = (b'"class_name": "TFOpLambda"', b'"class_name": "Lambda"')
_RESCALING = b'"class_name": "Rescaling"'

_METADATA = "keras_metadata.pb"


class ForeignClassifier(NamedTuple):
    """What a foreign SavedModel turned out to be.

    Attributes:
        forward: float32 [batch, height, width, 3] in ``pixel_range`` to float32 [batch, classes],
            in inference mode.
        labels: Class names by class index.
        height: Pixels.
        width: Pixels.
        pixel_range: 0..1, the range of TF Hub's modules, unless the SavedModel rescales by itself.
        output: What ``forward`` gives.
        loaded: The SavedModel.
        name: What the user calls it.
    """

    forward: Callable[[tf.Tensor], tf.Tensor]
    labels: tuple[str, ...]
    height: int
    width: int
    pixel_range: PixelRange
    output: Literal["probabilities", "logits"]
    loaded: Any
    name: str

    def info(self) -> ModelInfo:
        """The description that the archive lacks."""
        return ModelInfo(
            kind="fine_tuned",
            model_id=self.name,
            model_version="0",
            input_height=self.height,
            input_width=self.width,
            pixel_range=self.pixel_range,
            fine_tuning=FineTuning(
                labels=self.labels,
                binary_mode=False,
                interpolation="bilinear",
                hyperparameters={},
                package_version="",
            ),
        )


def recognise(loaded: Any, model: OpenedModel) -> ForeignClassifier:
    """Find out what a foreign fine-tuned classifier takes and gives.

    Args:
        loaded: What ``saved_model.load`` returned.
        model: The archive that it was loaded from; ``is_foreign`` is true of it.

    Raises:
        ArchiveError: It takes no images of one known size, its pixels' range is not known, or its
            outputs are not one for each label.
    """
    labels, name = model.labels or (), model.name
    forward, height, width = _forward(loaded, name)
    outputs = _tried(forward, _pictures(height, width), name)
    if outputs.shape.rank != 2 or outputs.shape[1] != len(labels):
        raise ArchiveError(
            f"{name} has {len(labels)} labels, and its SavedModel gives {outputs.shape}: one "
            "output for each label is needed. Deploy it with the image and script that made it."
        )
    return ForeignClassifier(
        forward,
        labels,
        height,
        width,
        _pixel_range(model.saved_model, name),
        "probabilities" if _are_probabilities(outputs) else "logits",
        loaded,
        name.name,
    )


def split(classifier: ForeignClassifier) -> SimpleNamespace:
    """Take a Keras classifier apart, as training further needs it.

    Returns:
        See ``parts``.

    Raises:
        ArchiveError: Its layers are not one backbone, dropout and one dense layer, shown by
            comparing what they give with what the classifier gives.
    """
    layers = _layers(classifier.loaded)
    pictures = _pictures(classifier.height, classifier.width)
    for dense in [place for place, layer in enumerate(layers) if _is_dense(layer)][-1:]:
        for place in range(len(layers)):
            candidate = parts(classifier.loaded, (place, dense))
            if place != dense and _gives_the_same(candidate, classifier, pictures):
                return candidate
    raise ArchiveError(
        f"{classifier.name} is a fine-tuned classifier that this package did not make, and its "
        "backbone and classification layer cannot be told apart, so it cannot be trained further. "
        "It can be served (`ic-tf serve`). To train, start from its model id, or from an artifact "
        "of this package."
    )


def parts(loaded: Any, places: tuple[int, int]) -> SimpleNamespace:
    """A Keras classifier's parts, where they are known from another copy of it.

    Args:
        loaded: What ``tf.saved_model.load`` returned.
        places: Of the backbone and of the classification layer among its layers.

    Returns:
        ``backbone``, the last layer's ``kernel`` [features, classes] and ``bias`` [classes], and
        the ``places``.
    """
    backbone, dense = (_layers(loaded)[place] for place in places)
    return SimpleNamespace(backbone=backbone, kernel=dense.kernel, bias=dense.bias, places=places)


def _tried(forward: Callable[[tf.Tensor], tf.Tensor], pictures: tf.Tensor, name: Path) -> tf.Tensor:
    """The outputs of four pictures: float32 [4, classes], if it is a classifier."""
    try:
        return forward(pictures)
    except LOADING_ERRORS as error:
        raise ArchiveError(
            f"The SavedModel in {name} cannot be run on pictures of {pictures.shape[1]} x "
            f"{pictures.shape[2]} pixels: {reason(error)}."
        ) from error


def _forward(loaded: Any, name: Path) -> tuple[Callable[[tf.Tensor], tf.Tensor], int, int]:
    """The graph of float images in inference mode: a signature's, or Keras's own."""
    signatures = [*getattr(loaded, "signatures", {}).values()]
    for function in (*signatures, getattr(loaded, "_default_save_signature", None)):
        if function is None:
            continue
        positional, named = function.structured_input_signature
        specs = [*tf.nest.flatten(positional), *named.values()]
        if len(specs) == 1 and _is_image(specs[0]):
            key = next(iter(named), None)
            return _called(function, key), int(specs[0].shape[1]), int(specs[0].shape[2])
    raise ArchiveError(
        f"{name} is a fine-tuned classifier that this package did not make, and it has no "
        "signature of float images of one size. Deploy it with the image and script that made it."
    )


def _called(function: Any, key: str | None) -> Callable[[tf.Tensor], tf.Tensor]:
    def forward(images: tf.Tensor) -> tf.Tensor:
        outputs = function(images) if key is None else function(**{key: images})
        return tf.cast(tf.nest.flatten(outputs)[0], tf.float32)

    return forward


def _is_image(spec: Any) -> bool:
    shape = spec.shape
    return bool(
        spec.dtype == tf.float32 and shape.rank == 4 and shape[-1] == 3 and None not in shape[1:]
    )


def _pictures(height: int, width: int) -> tf.Tensor:
    """Four noisy pictures, always the same: float32 [4, height, width, 3] in 0..1."""
    return tf.random.stateless_uniform([4, height, width, 3], seed=[3, 1])


def _are_probabilities(values: tf.Tensor) -> bool:
    """Whether each row of float32 [n, classes] is a distribution."""
    sums = tf.reduce_sum(values, axis=1)
    return bool(tf.reduce_all(values >= 0) and tf.reduce_all(tf.abs(sums - 1) < 1e-3))


def _pixel_range(saved_model: Path, name: Path) -> PixelRange:
    path = saved_model / _METADATA
    described = path.read_bytes() if path.is_file() else b""
    if _RESCALING in described:
        return "0..255"
    if any(layer in described for layer in _UNKNOWN_PREPROCESSING):
        raise ArchiveError(
            f"{name} is a Keras classifier with preprocessing of its own, from which the range of "
            "its pixels cannot be told. Deploy it with the image and script that made it."
        )
    return "0..1"


def _layers(loaded: Any) -> list[Any]:
    """The children that Keras saves as ``layer-0``, ``layer-1`` and so on."""
    layers: list[Any] = []
    while hasattr(loaded, f"layer-{len(layers)}"):
        layers.append(getattr(loaded, f"layer-{len(layers)}"))
    return layers


def _is_dense(layer: Any) -> bool:
    kernel, bias = getattr(layer, "kernel", None), getattr(layer, "bias", None)
    return kernel is not None and bias is not None and kernel.shape.rank == 2


def _gives_the_same(
    candidate: SimpleNamespace, classifier: ForeignClassifier, pictures: tf.Tensor
) -> bool:
    """Whether parts, put together, answer pictures float32 [n, height, width, 3] as the whole."""
    from ic_tf_sdk.training.graph.hub_module import feature_vector, hub_layer

    try:
        features = feature_vector(hub_layer(candidate.backbone, trainable=False)(pictures))
        logits = tf.matmul(features, candidate.kernel) + candidate.bias
    except (ValueError, TypeError, ArchiveError, tf.errors.OpError):
        return False
    answers = tf.nn.softmax(logits) if classifier.output == "probabilities" else logits
    difference = tf.reduce_max(tf.abs(answers - classifier.forward(pictures)))
    return bool(difference <= 1e-4 * (1 + tf.reduce_max(tf.abs(answers))))
