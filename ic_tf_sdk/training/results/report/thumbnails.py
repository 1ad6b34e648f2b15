"""Small pictures inside the page itself."""

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import tensorflow as tf

from ic_tf_sdk.contract import regular_file
from ic_tf_sdk.contract.image_header import ImageHeader, header_of
from ic_tf_sdk.training.data.concurrent_reads import read_each
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.graph.decode import decode
from ic_tf_sdk.training.graph.preprocessing import Preprocessing

__all__ = ["LONGEST", "Thumbnail", "make"]

LONGEST = 112
"""Pixels of a small picture's longer side."""

_SHORTEST = 28
# Bytes of a picture from which it is encoded again, coarser: noise is what JPEG cannot make small.
_LARGE = 5000
_QUALITIES = (75, 35)
_THREADS = 4
# By which JPEG can be shrunk.
_RATIOS = (1, 2, 4, 8)


class Thumbnail(NamedTuple):
    """A small picture.

    Attributes:
        uri: A data URI of a JPEG.
        width: Pixels.
        height: Pixels.
    """

    uri: str
    width: int
    height: int


def make(
    folder: ImageFolder, rows: Sequence[int], preprocessing: Preprocessing
) -> dict[int, Thumbnail]:
    """Make small pictures; what cannot be read any more has none.

    Args:
        folder: The images.
        rows: Which of them.
        preprocessing: That of the job.
    """

    def one(row: int) -> Thumbnail | None:
        try:
            return _small(folder.root / folder.files[row], preprocessing)
        except (OSError, tf.errors.OpError):
            return None

    made = zip(rows, read_each(one, rows, threads=_THREADS), strict=True)
    return {row: small for row, small in made if small is not None}


def _small(path: Path, preprocessing: Preprocessing) -> Thumbnail:
    # Opened once: an object in S3 is asked for anew each time.
    with regular_file.opened(path) as stream:
        header = header_of(stream, path.suffix)
        stream.seek(0)
        content = stream.read()
    width, height = header.width or 1, header.height or 1
    if header.sideways:
        width, height = height, width
    scale = LONGEST / max(width, height)
    width, height = (max(round(side * scale), _SHORTEST) for side in (width, height))
    # What is square as the network's input is gets its form back.
    pixels = _pixels(content, header, preprocessing)
    shown = tf.image.resize(pixels, [height, width], method="area")
    image = tf.cast(tf.clip_by_value(tf.round(shown), 0.0, 255.0), tf.uint8)
    return Thumbnail(f"data:image/jpeg;base64,{_encoded(image)}", width, height)


def _pixels(content: bytes, header: ImageHeader, preprocessing: Preprocessing) -> tf.Tensor:
    """The picture, upright, in 0 to 255 [any height, any width, 3]."""
    if header.kind == "JPEG" and header.problem is None and "turned by EXIF" not in header.notes:
        # Most photos: the decoder's policy has nothing to add, and JPEG is shrunk as it is decoded.
        enough = max(header.width, header.height) / (2 * LONGEST)
        ratio = max(one for one in _RATIOS if one == 1 or one <= enough)
        return tf.io.decode_jpeg(content, channels=3, ratio=ratio)
    # Step by step: the first run of a traced decoder takes longer than a hundred pictures.
    return preprocessing.resize(decode(tf.constant(content)))


def _encoded(image: tf.Tensor) -> str:
    for quality in _QUALITIES:
        data = tf.io.encode_jpeg(image, quality=quality).numpy()
        if len(data) <= _LARGE:
            break
    return base64.b64encode(data).decode("ascii")
