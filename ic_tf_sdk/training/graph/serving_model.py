"""The exported SavedModel: serves encoded images, and can be trained further."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import tensorflow as tf

from ic_tf_sdk.contract.container_answer import CALIBRATED, PLAIN, UNKNOWN, both_labels
from ic_tf_sdk.contract.model_labels import LABELS_ASSET
from ic_tf_sdk.contract.scratch_folder import scratch_folder
from ic_tf_sdk.training.graph.folded_function import folded_function
from ic_tf_sdk.training.graph.preprocessing import Preprocessing
from ic_tf_sdk.training.graph.unknown_score import UnknownScore

__all__ = ["TOP_K", "Extra", "ServingModel", "save"]

TOP_K = 5
"""Labels in ``top_labels``, or as many as there are."""


class Extra(NamedTuple):
    """What a fine-tuned model answers beside the network's own probabilities.

    Attributes:
        temperature: What divides the logits for calibrated probabilities; None where it is unknown.
        unknown: The score of unknown images; None where there is none.
        features: With ``unknown``: the first half of ``classify``, to features
            float32 [batch, features].
        head: The second half, from those to logits.
    """

    temperature: float | None = None
    unknown: UnknownScore | None = None
    features: Any = None
    head: Any = None


# Not tf.Module, which has its own ``variables``: those of a TF Hub module are lists to be saved.
class ServingModel(tf.train.Checkpoint):
    """A classifier with its pre- and post-processing.

    Signatures:

    ``serving_default``
        ``image_bytes`` string [batch], each an encoded JPEG or PNG of any size, to
        ``probabilities`` float32 [batch, units], ``labels`` string [batch, classes],
        ``predicted_label`` string [batch], ``top_probabilities`` float32 [batch, k] and
        ``top_labels`` string [batch, k], the most probable first. ``units`` is the number of
        classes, or 1 in binary mode: then it is the probability of ``positive_label`` string
        [batch], the second label.
    ``serving_pixels``
        ``pixels`` float32 [batch, height, width, 3], RGB in 0 to 255 and already of the input
        size, to ``probabilities`` alone: for converters and embedded users, many of which know no
        strings. The labels are the asset ``labels.json``.
    ``serving_uint8``
        The same of uint8 pixels.
    ``calibrated``
        As ``serving_default``, of the logits divided by the temperature; only with one.
    ``unknown``
        As ``serving_default``, and ``unknown_score`` float32 [batch], above 0 for an image that is
        perhaps of no class, and ``unknown`` bool [batch]. ``calibrated`` has both, too.

    A fine-tuned one can be called, too, see ``trainable_form``.

    ``load_image`` is the first half of ``serving_default``: one encoded image, string scalar, to
    its pixels float32 [height, width, 3]. ``answer_pixels`` is the second half of all of them:
    pixels as of ``serving_pixels`` to ``probabilities``, ``calibrated_probabilities`` and
    ``unknown_score``.

    Args:
        classify: Images in the module's own pixel range to logits float32 [batch, units].
        preprocessing: What comes before.
        labels: Names in class order; two for one unit.
        activation: What turns logits into probabilities.
        parts: What ``classify`` uses, by attribute name, so that its variables are saved, once.
        extra: What it answers where it is asked.
        folds: Whether the network of the signatures computes with constants, as a copy of its
            variables, see ``folded_function``.
    """

    def __init__(
        self,
        classify: Callable[[tf.Tensor], tf.Tensor],
        preprocessing: Preprocessing,
        labels: tuple[str, ...],
        *,
        activation: Literal["softmax", "sigmoid"],
        parts: Mapping[str, Any],
        extra: Extra = Extra(),  # noqa: B008
        folds: bool = True,
    ) -> None:
        super().__init__()
        for name, part in parts.items():
            setattr(self, name, part)
        self._classify = classify
        self.preprocessing = preprocessing
        self._names = labels
        self._activation = tf.sigmoid if activation == "sigmoid" else tf.nn.softmax
        self._extra, self._temperature = extra, extra.temperature
        if extra.unknown is not None:
            # Tracked, so that its variable is saved.
            self.unknown_score = extra.unknown
        size = (preprocessing.height, preprocessing.width, 3)
        self.load_image = _function(preprocessing.load, [], tf.string, "image_bytes")
        answer = _function(self._answer_pixels, [None, *size], tf.float32, "pixels")
        self.answer_pixels = folded_function(answer) if folds else answer
        # The others call the traced one, so that the network is traced once. What of its outputs
        # one of them does not use is not computed.
        self.serve_pixels = _function(self._serve_pixels, [None, *size], tf.float32, "pixels")
        self.serve_uint8 = _function(self._serve_uint8, [None, *size], tf.uint8, "pixels")
        self.serve_bytes = _function(self._serve_bytes, [None], tf.string, "image_bytes")
        if extra.unknown is not None:
            unknown = self._serve_unknown
            self.serve_unknown = _function(unknown, [None], tf.string, "image_bytes")
        if extra.temperature is not None:
            calibrated = self._serve_calibrated
            self.serve_calibrated = _function(calibrated, [None], tf.string, "image_bytes")

    def of_bytes(self) -> dict[str, Any]:
        """Name of each signature of encoded images -> its traced function."""
        functions = {PLAIN: self.serve_bytes}
        if self._temperature is not None:
            functions[CALIBRATED] = self.serve_calibrated
        if self._extra.unknown is not None:
            functions[UNKNOWN] = self.serve_unknown
        return functions

    def _serve_bytes(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """``serving_default``: encoded images, string [batch]."""
        probabilities = self._answers(image_bytes)["probabilities"]
        return {"probabilities": probabilities, **self._named(probabilities)}

    def _serve_calibrated(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """``calibrated``: encoded images, string [batch]."""
        answers = self._answers(image_bytes)
        probabilities = answers["calibrated_probabilities"]
        return {"probabilities": probabilities, **self._named(probabilities), **_unknown(answers)}

    def _serve_unknown(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """``unknown``: encoded images, string [batch]."""
        answers = self._answers(image_bytes)
        probabilities = answers["probabilities"]
        return {"probabilities": probabilities, **self._named(probabilities), **_unknown(answers)}

    def _answers(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        """``answer_pixels`` of encoded images, string [batch]."""
        size = (self.preprocessing.height, self.preprocessing.width, 3)
        pixels = tf.map_fn(
            self.preprocessing.load,
            image_bytes,
            fn_output_signature=tf.TensorSpec(size, tf.float32),
        )
        answers: dict[str, tf.Tensor] = self.answer_pixels(pixels)
        return answers

    def _serve_uint8(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        """``serving_uint8``: uint8 [batch, height, width, 3]."""
        outputs: dict[str, tf.Tensor] = self.serve_pixels(tf.cast(pixels, tf.float32))
        return outputs

    def _serve_pixels(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        """``serving_pixels``: float32 [batch, height, width, 3] in 0..255."""
        return {"probabilities": self.answer_pixels(pixels)["probabilities"]}

    def _answer_pixels(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        """``answer_pixels``: float32 [batch, height, width, 3] in 0..255."""
        images = self.preprocessing.normalise(pixels)
        if self._extra.unknown is None:
            logits = self._classify(images)
        else:
            features = self._extra.features(images)
            logits = self._extra.head(features)
        answers = {"probabilities": self._activation(logits)}
        if self._temperature is not None:
            answers["calibrated_probabilities"] = self._activation(logits / self._temperature)
        if self._extra.unknown is not None:
            answers["unknown_score"] = self._extra.unknown(features, logits)
        return answers

    def _named(self, probabilities: tf.Tensor) -> dict[str, tf.Tensor]:
        """The outputs that name labels, of probabilities float32 [batch, units].

        Each has the batch dimension, which TensorFlow Serving's row format wants in every output.
        """
        labels = tf.constant(self._names)
        binary = probabilities.shape[1] == 1 and len(self._names) == 2
        every = tf.concat(both_labels(probabilities), 1) if binary else probabilities
        top, indices = tf.math.top_k(every, min(TOP_K, len(self._names)))
        outputs = {
            "labels": tf.tile(labels[tf.newaxis], [tf.shape(probabilities)[0], 1]),
            "predicted_label": tf.gather(labels, tf.argmax(every, axis=1)),
            "top_probabilities": top,
            "top_labels": tf.gather(labels, indices),
        }
        if binary:
            outputs["positive_label"] = tf.fill([tf.shape(probabilities)[0]], self._names[1])
        return outputs


def _unknown(answers: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """The outputs on whether an image is unknown; none of a model without a score."""
    if "unknown_score" not in answers:
        return {}
    score = answers["unknown_score"]
    return {"unknown_score": score, "unknown": score > 0.0}


def save(model: ServingModel, folder: Path) -> None:
    """Write the SavedModel of a ``ServingModel``.

    Args:
        model: The module to write.
        folder: ``1/`` of the model archive; its number is the version that is served.
    """
    with scratch_folder("labels") as temporary:
        labels = temporary / LABELS_ASSET
        labels.write_text(json.dumps(model._names, ensure_ascii=False), encoding="utf-8")
        model.label_list = tf.saved_model.Asset(str(labels))
        signatures = {
            **model.of_bytes(),
            "serving_pixels": model.serve_pixels,
            "serving_uint8": model.serve_uint8,
        }
        tf.saved_model.save(model, str(folder), signatures=signatures)


def _function(python: Callable[..., Any], shape: list[int | None], dtype: Any, name: str) -> Any:
    signature = [tf.TensorSpec(shape, dtype, name)]
    return tf.function(python, input_signature=signature, autograph=False)
