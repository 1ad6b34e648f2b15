"""An image in any form that a notebook has, as the encoded bytes that a model answers."""

import errno
import io
from pathlib import Path
from typing import Any

from ic_tf_sdk import extras, s3
from ic_tf_sdk._quoted import quoted
from ic_tf_sdk.contract import regular_file
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.inference import image_source

__all__ = ["content", "encoded", "name_of"]

_FORMS = (
    "a path, an S3 URI, the bytes of an image file, a PIL image, or an array of uint8 with the "
    "shape [height, width] or [height, width, 1, 3 or 4]"
)
_CHANNELS = (1, 3, 4)
# Of PIL's modes those that a PNG holds; the others are converted.
_PNG_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")


def encoded(image: object) -> bytes:
    """The encoded image.

    What is no file yet becomes a PNG, which keeps every pixel; so the model answers what it would
    answer to the file.

    Args:
        image: A path, an S3 URI, encoded bytes, a ``PIL.Image.Image``, or an array of uint8, 0 to
            255, of the shape [height, width] or [height, width, channels] with 1, 3 or 4 channels.

    Raises:
        UserError: It is none of these, or no file is there.
        StorageError: S3 refuses, or is not there.
        MissingExtraError: Pillow is not installed, for an array.
    """
    if isinstance(image, bytes | bytearray | memoryview):
        return bytes(image)
    if isinstance(image, str | Path):
        return _read(str(image))
    if hasattr(image, "getexif") and hasattr(image, "mode"):
        return _png(image)
    if hasattr(image, "__array__"):
        return _png(_from_array(image))
    raise UserError(f"A {type(image).__name__} is no image; give {_FORMS}, or a list of them.")


def content(image: bytes | str | Path) -> bytes:
    """The bytes of an image file that is given as such, by its path or by its S3 URI.

    Raises:
        OSError: The file cannot be read.
        UserError: There is none.
        StorageError: S3 refuses, or is not there.
    """
    if isinstance(image, str | Path):
        return regular_file.read(image) if not s3.is_uri(str(image)) else _read(str(image))
    return bytes(image)


def name_of(image: object, index: int) -> str:
    """What to call an image in a table: its path, or its number."""
    return str(image) if isinstance(image, str | Path) else f"image {index + 1}"


def _read(location: str) -> bytes:
    if not s3.is_uri(location) and _is_folder(location):
        raise UserError(
            f"{location} is a folder; give one image, or a list: "
            f"sorted(pathlib.Path({location!r}).rglob('*.jpg'))."
        )
    return image_source.find([location])[0].read()


def _is_folder(location: str) -> bool:
    try:
        return Path(location).is_dir()
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        raise UserError(
            f"{quoted(location)} is too long for a path. Give base64 as the bytes that it stands "
            "for: base64.b64decode(text)."
        ) from error


def _png(picture: Any) -> bytes:
    turned = extras.load("PIL.ImageOps").exif_transpose(picture)
    if turned.mode not in _PNG_MODES:
        turned = turned.convert("RGB")
    stream = io.BytesIO()
    # Little compression: the bytes are decoded again at once.
    turned.save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def _from_array(array: Any) -> Any:
    numpy = extras.load("numpy")
    pixels = numpy.asarray(array)
    fits = pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] in _CHANNELS)
    if pixels.dtype != numpy.uint8 or not fits or 0 in pixels.shape:
        shape = ", ".join(map(str, pixels.shape))
        # Floats may be 0 to 1 or 0 to 255; a guess would be a wrong answer without a word.
        raise UserError(
            f"An array of {pixels.dtype} with the shape [{shape}] is no image; give {_FORMS}."
        )
    # Pillow takes grey ones without a channel.
    grey = pixels.shape[2:] == (1,)
    return extras.load("PIL.Image").fromarray(pixels[:, :, 0] if grey else pixels)
