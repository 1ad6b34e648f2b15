"""Warm-up requests: TensorFlow Serving replays them before it reports the model as available.

Without them the first caller pays for building the graph's kernels.
"""

from collections.abc import Iterable
from pathlib import Path

import tensorflow as tf

__all__ = ["FILE", "write"]

FILE = Path("assets.extra", "tf_serving_warmup_requests")
"""Where TensorFlow Serving looks, below the SavedModel's folder: a TFRecord of PredictionLog."""

# Field numbers of tensorflow_serving/apis: prediction_log.proto, predict.proto, model.proto. Every
# field on the way is length-delimited, so that the messages need no generated code.
_PREDICT_LOG, _REQUEST = 6, 1
_MODEL_SPEC, _INPUTS = 1, 2
_NAME, _SIGNATURE_NAME = 1, 3
_KEY, _VALUE = 1, 2


def write(folder: Path, signatures: Iterable[str], *, height: int, width: int) -> None:
    """Write one request with a JPEG and one with a PNG, the two ways through the decoder.

    Args:
        folder: The SavedModel's.
        signatures: Those of encoded images.
        height: Of the pictures, in pixels.
        width: Of the pictures, in pixels.
    """
    grey = tf.fill([height, width, 3], tf.constant(127, tf.uint8))
    path = folder / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    with tf.io.TFRecordWriter(str(path)) as records:
        for signature in signatures:
            for image in (tf.io.encode_jpeg(grey), tf.io.encode_png(grey)):
                records.write(_prediction_log(tf.reshape(image, [1]), signature))


def _prediction_log(images: tf.Tensor, signature: str) -> bytes:
    """A ``PredictionLog`` of one request, for encoded images string [batch]."""
    tensor = tf.make_tensor_proto(images).SerializeToString()
    inputs = _field(_KEY, b"image_bytes") + _field(_VALUE, tensor)
    spec = _field(_NAME, b"model") + _field(_SIGNATURE_NAME, signature.encode())
    request = _field(_MODEL_SPEC, spec) + _field(_INPUTS, inputs)
    return _field(_PREDICT_LOG, _field(_REQUEST, request))


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited field of the protocol buffer wire format."""
    return bytes([number << 3 | 2]) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """A number in groups of seven bits, the lowest first, as protocol buffers write it."""
    groups = bytearray()
    while value > 0x7F:
        groups.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*groups, value])
