"""A JPEG as TensorFlow decodes it: by libjpeg-turbo, with its faster transform.

Pillow chooses the slower one, which rounds elsewhere: that moves probabilities by one in a hundred.
"""

import re
import struct
from typing import Any, NamedTuple

from ic_tf_sdk import extras
from ic_tf_sdk.contract.image_cost import MAX_SEGMENTS
from ic_tf_sdk.inference.portable.undecodable_error import UndecodableError

__all__ = ["decode", "size"]

# A marker, behind fill bytes and what belongs to nothing.
_MARKER = re.compile(rb"\xff([^\x00\xff])", re.DOTALL)
_END_OF_IMAGE, _START_OF_SCAN, _ADOBE = 0xD9, 0xDA, 0xEE
_WITHOUT_LENGTH = (0x01, *range(0xD0, 0xD9))
# How the pixels are coded: baseline, the same with more tables, progressive. TensorFlow's build
# decodes no arithmetic codes.
_PROGRESSIVE = 0xC2
_FRAMES = (0xC0, 0xC1, _PROGRESSIVE)
_NO_FRAMES = (0xC4, 0xC8, 0xCC)
_FAILED = "jpeg::Uncompress failed. Invalid JPEG data or crop window"
_PRINTED = 4
# Rows that are mixed at once; as numbers of 16 bits they take twice their size.
_STRIP = 256


class _Frame(NamedTuple):
    height: int
    width: int
    components: int
    progressive: bool
    adobe: bool


def size(data: bytes) -> tuple[int, int]:
    """Height and width as stored, from the header alone.

    Args:
        data: The JPEG.

    Raises:
        UndecodableError: It has no header.
    """
    frame = _frame(data)
    return frame.height, frame.width


def decode(data: bytes) -> Any:
    """The pixels, uint8 [height, width, 3], RGB, as stored.

    Args:
        data: The JPEG.

    Raises:
        UndecodableError: It is damaged, or is of a kind that is not decoded.
    """
    frame = _frame(data)
    if frame.components == _PRINTED:
        return _mixed(_decoded(data, frame, "CMYK"), inverted=frame.adobe)
    return _decoded(data, frame, "RGB")


def _decoded(data: bytes, frame: _Frame, colours: str) -> Any:
    decoder = extras.load("simplejpeg")

    def run(*, strict: bool) -> Any:
        return decoder.decode_jpeg(data, colours, fastdct=True, fastupsample=False, strict=strict)

    try:
        return run(strict=True)
    except ValueError as error:
        if "subsampling" in str(error):
            raise UndecodableError(
                "a JPEG whose colours have sizes that TensorFlow alone decodes; save it again, or "
                "ask with TensorFlow"
            ) from error
        # libjpeg makes up what is damaged, and what is cut off TensorFlow refuses.
        if "end of JPEG file" in str(error) or data.rfind(b"\xff\xd9") < 0:
            raise UndecodableError(_FAILED) from error
        # Of such files some were made up here with other pixels than TensorFlow's.
        if frame.progressive:
            raise UndecodableError(
                "a damaged progressive JPEG, of which TensorFlow alone makes a picture; save it "
                "again, or ask with TensorFlow"
            ) from error
    try:
        return run(strict=False)
    except ValueError as error:
        raise UndecodableError(_FAILED) from error


def _frame(data: bytes) -> _Frame:
    found, adobe, position = None, False, 2
    for _ in range(MAX_SEGMENTS):
        marker = _MARKER.search(data, position)
        if marker is None or marker[1][0] == _END_OF_IMAGE:
            break
        code, position = marker[1][0], marker.end()
        if code == _START_OF_SCAN and found is not None:
            return found._replace(adobe=adobe)
        if code in _WITHOUT_LENGTH:
            continue
        segment = data[position + 2 : position + 16]
        if 0xC0 <= code <= 0xCF and code not in _NO_FRAMES:
            if code not in _FRAMES or len(segment) < 6:
                break
            height, width, components = struct.unpack_from(">xHHB", segment)
            found = _Frame(height, width, components, code == _PROGRESSIVE, adobe=False)
        adobe |= code == _ADOBE and segment.startswith(b"Adobe")
        position += max(int.from_bytes(data[position : position + 2], "big"), 2)
    raise UndecodableError(f"Invalid JPEG data, size {len(data)}")


def _mixed(inks: Any, *, inverted: bool) -> Any:
    """Printing colours as TensorFlow mixes them; Photoshop's, with its mark, are inverted.

    Args:
        inks: uint8 [height, width, 4].
        inverted: Whether 255 is no ink.
    """
    import numpy as np

    mixed = np.empty((*inks.shape[:2], 3), np.uint8)
    for start in range(0, len(inks), _STRIP):
        strip = inks[start : start + _STRIP].astype(np.uint16)
        light = strip if inverted else 255 - strip
        mixed[start : start + _STRIP] = light[..., :3] * light[..., 3:] // 255
    return mixed
