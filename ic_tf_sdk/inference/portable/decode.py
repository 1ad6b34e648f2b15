"""From a file's bytes to an upright picture: the pixels that ``training.graph.decode`` gives."""

from typing import Any

from ic_tf_sdk.contract.image_cost import MAX_PIXELS
from ic_tf_sdk.inference.portable import jpeg, png
from ic_tf_sdk.inference.portable.orientation import exif_of_jpeg, exif_of_png, upright
from ic_tf_sdk.inference.portable.undecodable_error import UndecodableError

__all__ = ["decode"]

_JPEG_MAGIC = b"\xff\xd8\xff"
_PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def decode(data: bytes) -> Any:
    """Decode one image, by the policy of ``training.graph.decode``.

    Args:
        data: The content of a JPEG or PNG file.

    Returns:
        uint8 array [height, width, 3], RGB in 0 to 255.

    Raises:
        UndecodableError: The policy refuses it, or it is of a kind that TensorFlow alone decodes.
        MissingExtraError: The decoders are not installed.
    """
    if data.startswith(_JPEG_MAGIC):
        _limit(*jpeg.size(data), f"Invalid JPEG data, size {len(data)}")
        return upright(jpeg.decode(data), data, exif_of_jpeg(data))
    if data.startswith(_PNG_MAGIC):
        _limit(*png.size(data))
        return upright(png.decode(data), data, exif_of_png(data))
    raise UndecodableError("not a JPEG or PNG image")


def _limit(height: int, width: int, empty: str = "") -> None:
    pixels = height * width
    if empty and not pixels:
        raise UndecodableError(empty)
    if not 0 < pixels <= MAX_PIXELS:
        raise UndecodableError(f"image of {pixels} pixels; at most {MAX_PIXELS} are decoded")
