"""An image of any kind as a JPEG or PNG that training takes, by Pillow."""

import importlib
import io
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, NamedTuple

from ic_tf_sdk import extras
from ic_tf_sdk.contract import image_cost
from ic_tf_sdk.contract.image_cost import ImageCost
from ic_tf_sdk.contract.image_header import header_of
from ic_tf_sdk.install_line import adding
from ic_tf_sdk.launch.local.importing.given_file import UnusableError

__all__ = ["Converted", "converted", "prepared_pillow"]

# Kind of ``content_kind`` -> Pillow's names, and whether the kind is lossy: then the copy is a
# JPEG; what is exact stays exact, as a PNG.
_KINDS = {
    "WebP": (("WEBP",), True),
    "HEIC": (("HEIF",), True),
    "AVIF": (("AVIF", "HEIF"), True),
    "JPEG 2000": (("JPEG2000",), True),
    "TIFF": (("TIFF",), False),
    "BMP": (("BMP", "DIB"), False),
    "GIF": (("GIF",), False),
    "unknown content": (("PPM",), False),
    "text": (("PPM",), False),
}
_HEIF = ("pi_heif", "pillow_heif")
_QUALITY = 95
_SIXTEEN_BITS = 65535
_READING = threading.Lock()


class Converted(NamedTuple):
    """An image that training takes.

    Attributes:
        content: The bytes of its file; None where they are those that were given.
        suffix: ``".jpg"`` or ``".png"``.
        kind: What it was.
        note: What was left behind: ``"the first of 12 pictures"``; empty for nothing.
    """

    content: bytes | None
    suffix: str
    kind: str
    note: str = ""


@contextmanager
def prepared_pillow() -> Iterator[None]:
    """Pillow, loaded, with HEIC where there is a reader of it, for as long as the context is open.

    Its warnings, of broken notes in files, are nobody's business; the limit of pixels is ours.

    Raises:
        MissingExtraError: It is not installed.
    """
    image = extras.load("PIL.Image")
    for name in _HEIF:
        if find_spec(name) is not None:
            importlib.import_module(name).register_heif_opener()
            break
    with _READING, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before, image.MAX_IMAGE_PIXELS = image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            image.MAX_IMAGE_PIXELS = before


def converted(content: bytes) -> Converted:
    """Look at an image, and convert it where training does not take its kind.

    Args:
        content: The file's bytes.

    Raises:
        UnusableError: It is no image, damaged, too large, or of a kind without a reader here.
    """
    header = header_of(io.BytesIO(content), "")
    if header.kind in ("JPEG", "PNG"):
        if header.problem:
            raise UnusableError(header.problem)
        # A header does not tell what is broken behind it.
        _loaded(content, [header.kind])
        return Converted(None, ".png" if header.kind == "PNG" else ".jpg", header.kind)
    if header.kind not in _KINDS:
        raise UnusableError(header.problem or header.kind)
    formats, lossy = _KINDS[header.kind]
    if header.kind == "HEIC" and not any(find_spec(name) for name in _HEIF):
        raise UnusableError(f"HEIC, which needs the package pi-heif ({adding('heic')})")
    if formats == ("PPM",) and content[:2] not in (b"P1", b"P2", b"P3", b"P4", b"P5", b"P6"):
        raise UnusableError(header.kind)
    picture, frames = _loaded(content, list(formats))
    data, suffix = _encoded(picture, lossy=lossy)
    note = f"the first of {frames} pictures" if frames > 1 else ""
    kind = "PPM" if formats == ("PPM",) else header.kind
    return Converted(data, suffix, kind, note)


def _loaded(content: bytes, formats: list[str]) -> tuple[Any, int]:
    """The decoded picture, turned as its notes say, and how many there are in the file."""
    image, ops = extras.load("PIL.Image"), extras.load("PIL.ImageOps")
    known = [name for name in formats if name in _registered(image)]
    if not known:
        raise UnusableError(f"{formats[0]}, which this Pillow does not read; install a newer one")
    try:
        with image.open(io.BytesIO(content), formats=known) as picture:
            _require_affordable(picture)
            frames = int(getattr(picture, "n_frames", 1))
            picture.load()
            return ops.exif_transpose(picture) or picture, frames
    except UnusableError:
        raise
    except MemoryError as error:
        raise UnusableError("not enough memory to decode it") from error
    except Exception as error:
        # Of a damaged file a decoder raises whatever it stumbles over.
        text = " ".join(str(error).split()) or type(error).__name__
        text = "it cannot be identified" if "cannot identify" in text else text
        raise UnusableError(f"damaged {formats[0]}: {text}") from error


def _require_affordable(picture: Any) -> None:
    width, height = picture.size
    if excess := image_cost.excess(ImageCost(height, width, 1)):
        raise UnusableError(excess)


def _registered(image: Any) -> dict[str, Any]:
    image.init()
    found: dict[str, Any] = image.OPEN
    return found


def _encoded(picture: Any, *, lossy: bool) -> tuple[bytes, str]:
    try:
        picture = _eight_bits(picture)
        transparent = "A" in picture.getbands() or "transparency" in picture.info
        mode = "RGBA" if transparent else "L" if picture.mode in ("1", "L") else "RGB"
        profile = picture.info.get("icc_profile")
        picture = picture.convert(mode)
        stream = io.BytesIO()
        if lossy and not transparent:
            settings = {"quality": _QUALITY, "subsampling": 0, "icc_profile": profile}
            picture.save(stream, "JPEG", **settings)
            return stream.getvalue(), ".jpg"
        picture.save(stream, "PNG")
        return stream.getvalue(), ".png"
    except UnusableError:
        raise
    except Exception as error:
        raise UnusableError(f"it cannot be converted: {error}") from error


def _eight_bits(picture: Any) -> Any:
    """A picture of wider values brought into 0 to 255."""
    if picture.mode == "F":
        raise UnusableError("values with a fraction, of unknown range; save it with 8 or 16 bit")
    if not picture.mode.startswith("I"):
        return picture
    low, high = picture.convert("I").getextrema()
    if low < 0 or high > _SIXTEEN_BITS:
        raise UnusableError("values of 32 bit, of unknown range; save it with 8 or 16 bit")
    return picture.convert("I").point(lambda value: value * (1 / 257.0)).convert("L")
