"""The exported SavedModel: serves encoded images, and can be trained further."""

from pathlib import Path
from typing import Any

import tensorflow as tf

from ic_tf_sdk.training.classifier import Classifier
from ic_tf_sdk.training.objective import probabilities
from ic_tf_sdk.training.preprocessing import Preprocessing

__all__ = ["ServingModel", "save"]


class ServingModel(tf.Module):
    """A fine-tuned classifier with its pre- and post-processing.

    Signatures:

    ``serving_default``
        ``image_bytes`` string [batch], each an encoded JPEG or PNG of any size, to
        ``probabilities`` float32 [batch, units], ``labels`` string [batch, classes] and
        ``predicted_label`` string [batch]. ``units`` is the number of classes, or 1 in binary
        mode: then it is the probability of the second label.
    ``serving_pixels``
        ``pixels`` float32 [batch, height, width, 3], RGB in 0 to 255 and already of the input
        size, to the same outputs: for converters and embedded users.

    The variables are those of the backbone and the dense layer, each stored once; ``backbone`` is
    the TF Hub module itself, so that ``hub.KerasLayer`` can go on training it.
    """

    def __init__(
        self,
        classifier: Classifier,
        preprocessing: Preprocessing,
        labels: tuple[str, ...],
        *,
        binary_mode: bool,
    ) -> None:
        super().__init__()
        self.backbone = classifier.backbone
        self.kernel = classifier.dense.kernel
        self.bias = classifier.dense.bias
        self._call = classifier.logits
        self._preprocessing = preprocessing
        self._labels = labels
        self._binary_mode = binary_mode
        self.serve_bytes = tf.function(
            self._serve_bytes,
            input_signature=[tf.TensorSpec([None], tf.string, "image_bytes")],
        )
        size = (None, preprocessing.height, preprocessing.width, 3)
        self.serve_pixels = tf.function(
            self._serve_pixels, input_signature=[tf.TensorSpec(size, tf.float32, "pixels")]
        )

    def _serve_bytes(self, image_bytes: tf.Tensor) -> dict[str, tf.Tensor]:
        size = (self._preprocessing.height, self._preprocessing.width, 3)
        pixels = tf.map_fn(
            self._preprocessing.load,
            image_bytes,
            fn_output_signature=tf.TensorSpec(size, tf.float32),
        )
        return self._serve_pixels(pixels)

    def _serve_pixels(self, pixels: tf.Tensor) -> dict[str, tf.Tensor]:
        logits = self._call(self._preprocessing.normalise(pixels))
        found = probabilities(logits, binary_mode=self._binary_mode)
        labels = tf.constant(self._labels)
        index = (
            tf.cast(found[:, 0] > 0.5, tf.int32)
            if self._binary_mode
            else tf.argmax(found, axis=1, output_type=tf.int32)
        )
        return {
            "probabilities": found,
            # TensorFlow Serving's row format wants the batch dimension in every output.
            "labels": tf.tile(labels[tf.newaxis], [tf.shape(found)[0], 1]),
            "predicted_label": tf.gather(labels, index),
        }


def save(model: Any, folder: Path) -> None:
    """Write the SavedModel of a ``ServingModel``.

    Args:
        model: The module to write.
        folder: ``1/`` of the model archive; its number is the version that is served.
    """
    tf.saved_model.save(
        model,
        str(folder),
        signatures={"serving_default": model.serve_bytes, "serving_pixels": model.serve_pixels},
    )
