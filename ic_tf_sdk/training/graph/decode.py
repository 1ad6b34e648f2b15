"""From encoded bytes to an upright RGB image: the one decoder of training and serving.

The policy, by content and not by file name:

====================================  ==========================================================
JPEG, any number of components        converted to RGB, turned by its EXIF orientation
PNG, 8 or 16 bit, grey, palette, RGB  converted to 8-bit RGB
PNG with transparency                 laid on white
animated PNG                          its first picture
anything else                         refused
more than ``MAX_PIXELS``              refused before it is decoded
====================================  ==========================================================
"""

import tensorflow as tf

from ic_tf_sdk.contract.image_header import MAX_PIXELS
from ic_tf_sdk.training.graph.orientation import upright

__all__ = ["MAX_PIXELS", "decode"]

_JPEG_MAGIC = b"\xff\xd8\xff"
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def decode(data: tf.Tensor) -> tf.Tensor:
    """Decode one image.

    Args:
        data: string scalar, the content of a JPEG or PNG file.

    Returns:
        uint8 [height, width, 3], RGB in 0 to 255.

    Raises:
        tf.errors.InvalidArgumentError: When executed, for anything the policy refuses.
    """
    is_jpeg = tf.strings.substr(data, 0, 3) == _JPEG_MAGIC
    is_png = tf.strings.substr(data, 0, 8) == _PNG_MAGIC
    image = tf.cond(
        is_jpeg,
        lambda: _decode_jpeg(data),
        lambda: tf.cond(is_png, lambda: _decode_png(data), _refuse),
    )
    return tf.ensure_shape(image, [None, None, 3])


def _refuse() -> tf.Tensor:
    with tf.control_dependencies([_assert(False, "not a JPEG or PNG image")]):
        return tf.zeros([1, 1, 3], tf.uint8)


def _decode_jpeg(data: tf.Tensor) -> tf.Tensor:
    shape = tf.io.extract_jpeg_shape(data)
    with tf.control_dependencies([_limit(shape[0], shape[1])]):
        image = tf.io.decode_jpeg(data, channels=3)
    return upright(image, data)


def _decode_png(data: tf.Tensor) -> tf.Tensor:
    # Width and height stand big-endian at bytes 16 and 20 of every PNG, the bit depth at 24.
    header = tf.io.decode_raw(tf.strings.substr(data + b"\0" * 25, 16, 9), tf.uint8)
    size = tf.bitcast(tf.reshape(header[:8], [2, 4])[:, ::-1], tf.int32)
    with tf.control_dependencies([_limit(size[1], size[0])]):
        image = tf.io.decode_png(data, channels=4)
    opacity = _opacity(image[..., 3:], header[8])
    colour = tf.cast(image[..., :3], tf.float32)
    return tf.cast(tf.round(colour * opacity + 255.0 * (1.0 - opacity)), tf.uint8)


def _opacity(alpha: tf.Tensor, depth: tf.Tensor) -> tf.Tensor:
    """Alpha as float32 in 0 to 1.

    For an opaque PNG of 1, 2 or 4 bits TensorFlow fills alpha with the largest value of that depth,
    not with 255.
    """
    largest = tf.bitwise.left_shift(tf.constant(1, tf.uint8), depth % 8) - tf.constant(1, tf.uint8)
    opaque = (depth < 8) & tf.reduce_all(alpha == largest)
    return tf.where(opaque, 1.0, tf.cast(alpha, tf.float32) / 255.0)


def _limit(height: tf.Tensor, width: tf.Tensor) -> tf.Operation:
    pixels = tf.cast(height, tf.int64) * tf.cast(width, tf.int64)
    reason = tf.strings.format(f"image of {{}} pixels; at most {MAX_PIXELS} are decoded", pixels)
    return _assert((pixels > 0) & (pixels <= MAX_PIXELS), reason)


def _assert(condition: tf.Tensor, reason: tf.Tensor) -> tf.Operation:
    # tf.debugging.Assert adds a branch, which takes longer to trace than the assertion to run.
    return tf.raw_ops.Assert(condition=condition, data=[tf.convert_to_tensor(reason)])
