"""The EXIF orientation, read and applied to the letter as ``training.graph.orientation`` does.

``contract.exif`` reads that of whole blocks, for what is said of a file; here a damaged one, too,
has to turn a picture as it was turned in training.
"""

import struct
from typing import Any

from ic_tf_sdk.contract.image_cost import MAX_CHUNKS, MAX_SEGMENTS

__all__ = ["exif_of_jpeg", "exif_of_png", "upright"]

_APP1, _START_OF_SCAN, _FILL, _NO_MARKER = 0xFFE1, 0xFFDA, 0xFFFF, 0xFF00
_ENDS = 64 * 1024
_MOST_TIFF = 64 * 1024
_MOST_ENTRIES = 1024
_TAG, _LONG = 0x0112, 4
_SWAPPED = (5, 6, 7, 8)
_ROWS_MIRRORED = (3, 4, 7, 8)
_COLUMNS_MIRRORED = (2, 3, 6, 7)


def exif_of_jpeg(data: bytes) -> int | None:
    """The offset of the TIFF header of a JPEG's EXIF; None without one.

    Args:
        data: The JPEG.
    """
    position = 2
    for _ in range(MAX_SEGMENTS):
        if position + 18 > len(data):
            return None
        marker, length = struct.unpack_from(">HH", data, position)
        if marker == _APP1 and data[position + 4 : position + 10] == b"Exif\0\0":
            return position + 10
        if marker < _NO_MARKER or marker == _START_OF_SCAN:
            return None
        position += 1 if marker == _FILL else 2 + max(length, 2)
    return None


def exif_of_png(data: bytes) -> int | None:
    """The offset of the TIFF header of a PNG's EXIF; None without one.

    Args:
        data: The PNG.
    """
    if not any(b"eXIfII" in end or b"eXIfMM" in end for end in (data[:_ENDS], data[-_ENDS:])):
        return None
    position = 8
    for _ in range(MAX_CHUNKS):
        if position + 12 > len(data):
            return None
        length, name = struct.unpack_from(">i4s", data, position)
        if name == b"eXIf":
            return position + 8
        if name == b"IEND" or length < 0:
            return None
        position += 12 + length
    return None


def upright(picture: Any, data: bytes, exif: int | None) -> Any:
    """A decoded picture, turned and mirrored as its tag asks.

    Args:
        picture: uint8 [height, width, 3].
        data: The file.
        exif: Where its TIFF header begins; None without one.
    """
    turn = 0 if exif is None else _orientation(data[exif : exif + _MOST_TIFF])
    if turn in _SWAPPED:
        picture = picture.transpose(1, 0, 2)
    if turn in _ROWS_MIRRORED:
        picture = picture[::-1]
    if turn in _COLUMNS_MIRRORED:
        picture = picture[:, ::-1]
    return picture


def _orientation(tiff: bytes) -> int:
    """1 to 8; 0 without a tag. What is missing of the header counts as 0."""
    order = "<" if tiff[:1] == b"I" else ">"
    size = len(tiff) + 8
    padded = tiff + bytes(8 + 2 + 12 * (_MOST_ENTRIES + 1))
    directory = min(max(struct.unpack_from(f"{order}i", padded, 4)[0], 0), size)
    count = min(struct.unpack_from(f"{order}H", padded, directory)[0], _MOST_ENTRIES)
    largest = 0
    for entry in range(directory + 2, directory + 2 + 12 * count, 12):
        tag, kind = struct.unpack_from(f"{order}HH", padded, entry)
        if tag == _TAG:
            number = "i" if kind == _LONG else "H"
            largest = max(largest, struct.unpack_from(order + number, padded, entry + 8)[0])
    return 0 if largest > 8 else largest
