"""The EXIF orientation of a JPEG, read and applied with TensorFlow operations.

TensorFlow's decoders ignore the tag, so that photos taken upright with a phone arrive lying on
their side. Here it is read inside the graph: training, evaluation and the exported signature turn
each photo the same way.
"""

import tensorflow as tf

__all__ = ["apply_orientation", "read_orientation"]

# EXIF stands in an APP1 segment near the start; a segment is at most 64 KiB, and only JFIF and
# colour-profile segments come before it.
_SEARCHED_BYTES = 256 * 1024

_APP1, _START_OF_SCAN, _FILL = 0xE1, 0xDA, 0xFF
_EXIF = (0x45, 0x78, 0x69, 0x66, 0, 0)
# RE2's \C is any byte.
_EXIF_SOMEWHERE = r"\C*Exif\C*"
_ORIENTATION_TAG = 0x0112


def read_orientation(data: tf.Tensor) -> tf.Tensor:
    """The orientation tag of an encoded JPEG.

    Args:
        data: string scalar, a JPEG.

    Returns:
        int32 scalar, 1 to 8; 1 (upright) where there is no readable tag.
    """
    start = tf.strings.substr(data, 0, _SEARCHED_BYTES)
    # Walking the segments costs more than decoding a small photo; most files have no EXIF.
    has_exif = tf.strings.regex_full_match(start, _EXIF_SOMEWHERE)
    return tf.cond(has_exif, lambda: _read_segments(start), lambda: tf.constant(1))


def _read_segments(start: tf.Tensor) -> tf.Tensor:
    head = tf.cast(tf.io.decode_raw(start, tf.uint8), tf.int32)
    tiff = _find_exif(head)
    return tf.cond(tiff > 0, lambda: _read_tag(head, tiff), lambda: tf.constant(1))


def apply_orientation(image: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    """Turn and mirror an image as its orientation tag asks.

    Args:
        image: [height, width, channels] as decoded.
        orientation: int32 scalar, 1 to 8.

    Returns:
        The upright image; height and width swapped for orientations 5 to 8.
    """
    turns = [
        lambda: image,
        lambda: image[:, ::-1],
        lambda: image[::-1, ::-1],
        lambda: image[::-1],
        lambda: tf.transpose(image, [1, 0, 2]),
        lambda: tf.transpose(image, [1, 0, 2])[:, ::-1],
        lambda: tf.transpose(image, [1, 0, 2])[::-1, ::-1],
        lambda: tf.transpose(image, [1, 0, 2])[::-1],
    ]
    return tf.switch_case(orientation - 1, turns)


def _find_exif(head: tf.Tensor) -> tf.Tensor:
    """Offset of the TIFF header inside the EXIF segment, or 0."""
    size = tf.size(head)

    def more(position: tf.Tensor, tiff: tf.Tensor) -> tf.Tensor:
        return (tiff == 0) & (position + 18 <= size)

    def step(position: tf.Tensor, _: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        marker = head[position + 1]
        length = head[position + 2] * 256 + head[position + 3]
        is_exif = (marker == _APP1) & tf.reduce_all(head[position + 4 : position + 10] == _EXIF)
        ended = (head[position] != _FILL) | (marker == _START_OF_SCAN)
        following = tf.where(marker == _FILL, position + 1, position + 2 + tf.maximum(length, 2))
        return tf.where(ended, size, following), tf.where(is_exif & ~ended, position + 10, 0)

    _, tiff = tf.while_loop(more, step, (tf.constant(2), tf.constant(0)))
    return tiff


def _read_tag(head: tf.Tensor, tiff: tf.Tensor) -> tf.Tensor:
    little = head[tiff] == 0x49
    last = tf.size(head) - 1

    def byte(offset: tf.Tensor) -> tf.Tensor:
        # An offset out of the file's hands reads the last byte; the result is checked to be 1 to 8.
        return tf.gather(head, tf.clip_by_value(offset, 0, last))

    def short(offset: tf.Tensor) -> tf.Tensor:
        first, second = byte(offset), byte(offset + 1)
        return tf.where(little, first + 256 * second, 256 * first + second)

    def long(offset: tf.Tensor) -> tf.Tensor:
        first, second = short(offset), short(offset + 2)
        # The directory lies in the first 64 KiB of the segment; a larger offset is none.
        value = tf.where(little, first, second)
        return tf.where(tf.where(little, second, first) == 0, value, last)

    directory = tiff + long(tiff + 4)
    entries = directory + 2 + 12 * tf.range(tf.minimum(short(directory), 1024))
    matches = tf.boolean_mask(short(entries + 8), short(entries) == _ORIENTATION_TAG)
    value = tf.reduce_max(tf.concat([matches[:1], [0]], axis=0))
    return tf.where((value >= 1) & (value <= 8), value, 1)
