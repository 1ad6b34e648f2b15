"""The EXIF orientation of a JPEG or PNG, read and applied with TensorFlow operations.

TensorFlow's decoders ignore the tag, so that photos taken upright with a phone arrive lying on
their side. Here it is read inside the graph: training, evaluation and the exported signature turn
each photo the same way.

Few nodes matter here more than few steps: every photo pays for each node of a branch that is not
taken, and every job for tracing them.
"""

from typing import Any

import tensorflow as tf

from ic_tf_sdk.contract.image_cost import MAX_CHUNKS, MAX_SEGMENTS

__all__ = ["exif_of_jpeg", "exif_of_png", "upright"]

# EXIF stands in an APP1 segment before the pixels, in most files the first one. Any number of
# others, of at most 64 KiB each, may come before it: colour profiles, XMP, what Photoshop keeps.
_SEARCHED_BYTES = 256 * 1024
_EXIF_NAME = "Exif"
# RE2's \C is any byte.
# The EXIF of a PNG stands before its pixels or behind them.
_SEARCHED_ENDS = 64 * 1024
_EXIF_CHUNK = r"\C*eXIf(?:II|MM)\C*"
_MOST_TIFF = 64 * 1024

# Segments, as big-endian words: a marker, a length, and in the one wanted "Exif", 0.
_APP1, _START_OF_SCAN, _FILL, _NO_MARKER = 0xFFE1, 0xFFDA, 0xFFFF, 0xFF00
_EXIF = (0x4578, 0x6966, 0)

# A directory is a count and its entries, each of six words: tag, type, a long count, the value.
_TAG, _TYPE, _VALUE, _ENTRY_WORDS = 0, 1, 4, 6
_ORIENTATION_TAG, _LONG = 0x0112, 4
_MOST_ENTRIES = 1024

# By orientation, of which 0 stands for an unreadable one: what is mirrored after the axes are
# swapped, which 5 to 8 ask for.
_ROWS_MIRRORED = (False, False, False, True, True, False, False, True, True)
_COLUMNS_MIRRORED = (False, False, True, True, False, False, True, True, False)


def exif_of_jpeg(data: tf.Tensor) -> tf.Tensor:
    """Where the EXIF of a JPEG begins: int32 scalar, the offset of its TIFF header.

    Args:
        data: string scalar, the JPEG.

    Returns:
        The data's length where there is none.
    """
    # Walking the segments costs more than decoding a small photo, and little beside a large one;
    # most files have no EXIF.
    size = tf.strings.length(data)
    start = tf.strings.substr(data, 0, _SEARCHED_BYTES)
    # A match of the whole would look at each byte twice as long as a search for the first place.
    without = tf.strings.regex_replace(start, _EXIF_NAME, "", replace_global=False)
    may_have = (size > _SEARCHED_BYTES) | (tf.strings.length(without) < tf.strings.length(start))
    return tf.cond(may_have, lambda: _segment_offset(data), lambda: size)


def exif_of_png(data: tf.Tensor) -> tf.Tensor:
    """Where the EXIF of a PNG begins, as of ``exif_of_jpeg``.

    Args:
        data: string scalar, the PNG.
    """
    tail = tf.maximum(tf.strings.length(data) - _SEARCHED_ENDS, 0)
    ends = tf.strings.substr([data, data], [0, tail], [_SEARCHED_ENDS, _SEARCHED_ENDS])
    # Searching a large file as a whole would take a tenth of the time that decoding takes.
    has_exif = tf.reduce_any(tf.strings.regex_full_match(ends, _EXIF_CHUNK))
    return tf.cond(has_exif, lambda: _chunk_offset(data), lambda: tf.strings.length(data))


def upright(image: tf.Tensor, data: tf.Tensor, exif: tf.Tensor) -> tf.Tensor:
    """Turn and mirror a decoded image as its orientation tag asks.

    Args:
        image: uint8 [height, width, 3], as decoded.
        data: string scalar, the file.
        exif: int32 scalar, where its EXIF begins; the data's length where there is none.

    Returns:
        uint8 [height, width, 3], height and width swapped for orientations 5 to 8; as it came
        where there is no readable tag.
    """
    return tf.cond(
        exif < tf.strings.length(data),
        lambda: _turned(image, _orientation(data, exif)),
        lambda: image,
    )


def _turned(image: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    swapped = tf.transpose(image, tf.where(orientation > 4, [1, 0, 2], [0, 1, 2]))
    mirrored = tf.gather(tf.constant((_ROWS_MIRRORED, _COLUMNS_MIRRORED)), orientation, axis=1)
    return tf.reverse(swapped, tf.reshape(tf.where(mirrored), [-1]))


def _orientation(data: tf.Tensor, start: tf.Tensor) -> tf.Tensor:
    """The tag, int32 scalar in 1 to 8; 0 where there is none.

    Args:
        data: string scalar, the image file.
        start: int32 scalar, the offset of the TIFF header in it; the data's end without one.
    """
    # What is missing of a header counts as 0, too.
    tiff = tf.strings.substr(data, start, _MOST_TIFF) + b"\0" * 8
    offset = _numbers(tiff, tf.strings.substr(tiff, 4, 4), tf.int32, bytes_=4)[0]
    # An offset out of the file's hands finds an empty directory.
    offset = tf.clip_by_value(offset, 0, tf.strings.length(tiff))
    size = 2 * (1 + _ENTRY_WORDS * _MOST_ENTRIES)
    words = _numbers(tiff, tf.strings.substr(tiff, offset, size), tf.uint16, bytes_=size)
    entries = tf.reshape(words[1:], [_MOST_ENTRIES, _ENTRY_WORDS])
    is_wanted = (entries[:, _TAG] == _ORIENTATION_TAG) & (tf.range(_MOST_ENTRIES) < words[0])
    # A short number is the first word, whatever the byte order; a long one is both.
    long_words = tf.where(_is_little_endian(tiff), [1, 1 << 16], [1 << 16, 1])
    long_values = tf.reduce_sum(entries[:, _VALUE:] * long_words, axis=1)
    values = tf.where(entries[:, _TYPE] == _LONG, long_values, entries[:, _VALUE])
    value = tf.reduce_max(tf.where(is_wanted, values, 0))
    return tf.where(value > 8, 0, value)


def _is_little_endian(tiff: tf.Tensor) -> tf.Tensor:
    return tf.strings.substr(tiff, 0, 1) == b"I"


def _numbers(tiff: tf.Tensor, data: tf.Tensor, dtype: tf.DType, *, bytes_: int) -> tf.Tensor:
    """int32 of a TIFF's numbers in its own byte order; bytes that are missing count as 0."""
    little, big = (
        tf.cast(tf.io.decode_raw(data, dtype, little_endian=order, fixed_length=bytes_), tf.int32)
        for order in (True, False)
    )
    return tf.where(_is_little_endian(tiff), little, big)


def _segment_offset(data: tf.Tensor) -> tf.Tensor:
    """Offset of the TIFF header inside a JPEG's EXIF segment; the data's end without one."""
    size = tf.strings.length(data)

    def more(position: tf.Tensor, offset: tf.Tensor) -> tf.Tensor:
        return (offset == size) & (position + 18 <= size)

    def step(position: tf.Tensor, _: tf.Tensor) -> Any:
        words = tf.io.decode_raw(
            tf.strings.substr(data, position, 10), tf.uint16, little_endian=False
        )
        marker, length, *name = tf.unstack(tf.cast(words, tf.int32), 5)
        is_exif = (marker == _APP1) & tf.reduce_all(tf.stack(name) == _EXIF)
        ended = (marker < _NO_MARKER) | (marker == _START_OF_SCAN)
        following = position + tf.where(marker == _FILL, 1, 2 + tf.maximum(length, 2))
        return tf.where(ended, size, following), tf.where(is_exif, position + 10, size)

    return tf.while_loop(more, step, (tf.constant(2), size), maximum_iterations=MAX_SEGMENTS)[1]


def _chunk_offset(data: tf.Tensor) -> tf.Tensor:
    """Offset of the TIFF header inside a PNG's ``eXIf`` chunk; the data's end without one."""
    size = tf.strings.length(data)

    def more(position: tf.Tensor, offset: tf.Tensor) -> tf.Tensor:
        return (offset == size) & (position + 12 <= size)

    def step(position: tf.Tensor, _: tf.Tensor) -> Any:
        length = tf.io.decode_raw(
            tf.strings.substr(data, position, 4), tf.int32, little_endian=False
        )[0]
        name = tf.strings.substr(data, position + 4, 4)
        # A length out of the file's hands leads to its end.
        ended = (name == b"IEND") | (length < 0) | (length > size)
        following = tf.where(ended, size, position + 12 + tf.where(ended, 0, length))
        return following, tf.where(name == b"eXIf", position + 8, size)

    return tf.while_loop(more, step, (tf.constant(8), size), maximum_iterations=MAX_CHUNKS)[1]
