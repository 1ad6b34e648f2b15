"""The orientation that EXIF asks for, read as ``training.graph.orientation`` reads it."""

import struct

__all__ = ["orientation"]

_TAG, _LONG = 0x0112, 4


def orientation(tiff: bytes) -> int:
    r"""The orientation tag of an EXIF block.

    Args:
        tiff: The block from its TIFF header on, which is behind ``Exif\0\0`` in a JPEG and all of
            an ``eXIf`` chunk in a PNG.

    Returns:
        1 to 8; 0 where there is none, or none that can be read.

    Example:
        >>> orientation(b"MM\0*" + bytes.fromhex("00000008 0001 0112 0003 00000001 0006 0000"))
        6
    """
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return 0
    try:
        directory = struct.unpack_from(f"{order}L", tiff, 4)[0]
        for index in range(struct.unpack_from(f"{order}H", tiff, directory)[0]):
            tag, kind = struct.unpack_from(f"{order}HH", tiff, directory + 2 + 12 * index)
            if tag == _TAG:
                number = "L" if kind == _LONG else "H"
                (value,) = struct.unpack_from(order + number, tiff, directory + 10 + 12 * index)
                return int(value) if value in range(1, 9) else 0
    except struct.error:
        pass
    return 0
