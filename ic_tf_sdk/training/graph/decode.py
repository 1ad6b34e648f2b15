"""From encoded bytes to an upright RGB image: the one decoder of training and serving.

The policy, by content and not by file name:

====================================  ==========================================================
JPEG, any number of components        converted to RGB, turned by its EXIF orientation
PNG, 1 to 16 bit, any colours         converted to 8-bit RGB, turned by its EXIF orientation
PNG with transparency                 laid on white
animated PNG                          its first picture
a PNG that Xcode optimised for iOS    refused
anything else                         refused
more than ``MAX_PIXELS``              refused before it is decoded
====================================  ==========================================================
"""

import tensorflow as tf

from ic_tf_sdk.contract.image_cost import MAX_PIXELS
from ic_tf_sdk.contract.image_header import IOS_PNG
from ic_tf_sdk.training.graph.orientation import exif_of_jpeg, exif_of_png, upright

__all__ = ["MAX_PIXELS", "decode"]

_JPEG_MAGIC = b"\xff\xd8\xff"
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"

# Pixels that are laid on white at once; as float32 they take several times their size.
_STRIP_PIXELS = 1 << 18


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
    image, exif = tf.cond(
        is_jpeg,
        lambda: (_decode_jpeg(data), exif_of_jpeg(data)),
        lambda: tf.cond(is_png, lambda: (_decode_png(data), exif_of_png(data)), _refuse),
    )
    return tf.ensure_shape(upright(image, data, exif), [None, None, 3])


def _refuse() -> tuple[tf.Tensor, tf.Tensor]:
    with tf.control_dependencies([_assert(False, "not a JPEG or PNG image")]):
        return tf.zeros([1, 1, 3], tf.uint8), tf.constant(0)


def _decode_jpeg(data: tf.Tensor) -> tf.Tensor:
    shape = tf.io.extract_jpeg_shape(data)
    with tf.control_dependencies([_limit(shape[0], shape[1])]):
        return tf.io.decode_jpeg(data, channels=3)


def _decode_png(data: tf.Tensor) -> tf.Tensor:
    # The first chunk's name stands at byte 12 of every PNG, its width and height big-endian at 16
    # and 20, the bit depth at 24.
    start = tf.strings.substr(data + b"\0" * 25, 12, 13)
    header = tf.io.decode_raw(tf.strings.substr(start, 4, 9), tf.uint8)
    size = tf.bitcast(tf.reshape(header[:8], [2, 4])[:, ::-1], tf.int32)
    is_ours = _assert(tf.strings.substr(start, 0, 4) != b"CgBI", IOS_PNG)
    with tf.control_dependencies([is_ours]):
        limit = _limit(size[1], size[0])
    with tf.control_dependencies([limit]):
        image = tf.io.decode_png(data, channels=4)
    # Most are opaque. A picture costs 4 bytes a pixel here and 3 as RGB, and no more than that:
    # a small file may be a large picture.
    is_opaque = tf.reduce_min(image[..., 3:]) == _opaque(header[8])
    return tf.cond(is_opaque, lambda: image[..., :3], lambda: _on_white(image))


def _opaque(depth: tf.Tensor) -> tf.Tensor:
    """The alpha, uint8 scalar, with which TensorFlow fills a PNG of this depth that has none.

    For 1, 2 or 4 bits that is the largest value of the depth, not 255.
    """
    largest = tf.bitwise.left_shift(tf.constant(1, tf.uint8), depth % 8) - tf.constant(1, tf.uint8)
    return tf.where(depth < 8, largest, tf.constant(255, tf.uint8))


def _on_white(image: tf.Tensor) -> tf.Tensor:
    """Lay a picture on white, strip by strip.

    Args:
        image: uint8 [height, width, 4], RGB and alpha, each 0 to 255.

    Returns:
        uint8 [height, width, 3].
    """
    height, width = tf.unstack(tf.shape(image)[:2])
    rows = tf.maximum(_STRIP_PIXELS // width, 1)
    count = (height + rows - 1) // rows

    def lay(index: tf.Tensor, result: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        # The last strip may have fewer rows.
        strip = tf.cast(image[index * rows : (index + 1) * rows], tf.float32)
        opacity = strip[..., 3:] / 255.0
        colour = tf.round(strip[..., :3] * opacity + 255.0 * (1.0 - opacity))
        places = index * rows + tf.range(tf.shape(strip)[0])
        # In its place: strips that are put together afterwards take 3 bytes a pixel more, and
        # tensor_scatter_nd_update copies all of it for each strip. Nothing else sees the tensor.
        laid = tf.raw_ops.InplaceUpdate(x=result, i=places, v=tf.cast(colour, tf.uint8))
        return index + 1, tf.ensure_shape(laid, [None, None, 3])

    empty = tf.raw_ops.Empty(shape=[height, width, 3], dtype=tf.uint8)
    empty = tf.ensure_shape(empty, [None, None, 3])
    start = (0, empty)
    return tf.while_loop(lambda index, _: index < count, lay, start, parallel_iterations=1)[1]


def _limit(height: tf.Tensor, width: tf.Tensor) -> tf.Operation:
    pixels = tf.cast(height, tf.int64) * tf.cast(width, tf.int64)
    reason = tf.strings.format(f"image of {{}} pixels; at most {MAX_PIXELS} are decoded", pixels)
    return _assert((pixels > 0) & (pixels <= MAX_PIXELS), reason)


def _assert(condition: tf.Tensor, reason: tf.Tensor) -> tf.Operation:
    # tf.debugging.Assert adds a branch, which takes longer to trace than the assertion to run.
    return tf.raw_ops.Assert(condition=condition, data=[tf.convert_to_tensor(reason)])
