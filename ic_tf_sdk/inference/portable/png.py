"""A PNG as TensorFlow decodes it: its parts are read here, its rows by Pillow.

Pillow passes over damage in the pixels' checksums, and stops at damage in parts that say nothing
of the picture; so that it is given those alone that count.
"""

import io
import re
import struct
import zlib
from typing import Any, NamedTuple

from ic_tf_sdk import extras
from ic_tf_sdk.contract.image_header import IOS_PNG
from ic_tf_sdk.inference.portable.undecodable_error import UndecodableError

__all__ = ["decode", "size"]

_MAGIC = b"\x89PNG\r\n\x1a\n"
_CRITICAL = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_NAME = re.compile(rb"[a-z][A-Za-z]{3}")
_GREY, _RGB, _PALETTE, _GREY_ALPHA, _RGB_ALPHA = 0, 2, 3, 4, 6
_DEPTHS = {
    _GREY: (1, 2, 4, 8, 16),
    _RGB: (8, 16),
    _PALETTE: (1, 2, 4, 8),
    _GREY_ALPHA: (8, 16),
    _RGB_ALPHA: (8, 16),
}
# What names the one transparent colour of a picture that has no palette.
_KEY_BYTES = {_GREY: 2, _RGB: 6}
_STRIP_PIXELS = 1 << 18


class _Header(NamedTuple):
    width: int
    height: int
    depth: int
    colour: int
    compression: int
    filtering: int
    interlace: int


def size(data: bytes) -> tuple[int, int]:
    """Height and width, from the header alone; 0 where they are not there.

    Args:
        data: The PNG.

    Raises:
        UndecodableError: It is Xcode's form.
    """
    head = data[12:24].ljust(12, b"\0")
    if head.startswith(b"CgBI"):
        raise UndecodableError(IOS_PNG)
    width, height = struct.unpack(">4xii", head)
    return height, width


def decode(data: bytes) -> Any:
    """The pixels, uint8 [height, width, 3], RGB, as stored, what is transparent on white.

    Args:
        data: The PNG.

    Raises:
        UndecodableError: It is damaged, or is of a kind that is not decoded.
    """
    damaged = UndecodableError(f"Invalid PNG data, size {len(data)}")
    chunks = _chunks(data)
    header = None if chunks is None else _header(chunks)
    if chunks is None or header is None:
        raise damaged
    key = chunks.get(b"tRNS")
    if header.depth == 16 and header.colour == _RGB and key is not None:
        raise UndecodableError(
            "a PNG of 16 bits a colour with a transparent one, which TensorFlow alone decodes; "
            "save it again, or ask with TensorFlow"
        )
    try:
        rows = _rows(chunks)
    except (OSError, SyntaxError, ValueError, zlib.error) as error:
        raise damaged from error
    colours, alpha = _parted(rows, header, chunks.get(b"PLTE", b""), key)
    # TensorFlow fills in the largest value of the depth where there is none, and takes a picture
    # that has no other for opaque.
    largest = (1 << min(header.depth, 8)) - 1
    if alpha is None or alpha.min() == largest:
        return colours
    return _on_white(colours, alpha)


def _chunks(data: bytes) -> dict[bytes, bytes] | None:
    """What counts of the parts, by name, the pixels in one; None of a file that is damaged."""
    found: dict[bytes, bytes] = {}
    pixels: list[bytes] = []
    position, last = 8, b""
    while last != b"IEND":
        if position + 12 > len(data):
            return None
        length, name = struct.unpack_from(">L4s", data, position)
        end = position + 8 + length
        if end + 4 > len(data) or (not last) != (name == b"IHDR"):
            return None
        if name not in _CRITICAL and not _NAME.fullmatch(name):
            return None
        content = data[position + 8 : end]
        counts = name in _CRITICAL or name == b"tRNS"
        is_whole = counts and zlib.crc32(content, zlib.crc32(name)) == _number(data, end)
        if name in _CRITICAL and not is_whole:
            return None
        if is_whole and not _taken(name, content, found, pixels, last):
            return None
        position, last = end + 4, name
    found[b"IDAT"] = b"".join(pixels)
    return found if pixels else None


def _taken(
    name: bytes, content: bytes, found: dict[bytes, bytes], pixels: list[bytes], last: bytes
) -> bool:
    """Take up a part, or pass over it where libpng does; whether the file may have it there."""
    if name == b"IDAT":
        is_next = not pixels or last == name
        pixels.append(content)
        return is_next
    if name == b"PLTE" and name in found:
        return False
    is_late = bool(pixels) and name in (b"PLTE", b"tRNS")
    if not is_late and (name != b"tRNS" or _is_key(content, found)):
        found.setdefault(name, content)
    return True


def _is_key(content: bytes, found: dict[bytes, bytes]) -> bool:
    """Whether it is as long as the transparency of such a picture can be."""
    depth, colour = found[b"IHDR"][8:10].ljust(2, b"\0")
    if colour == _PALETTE:
        return len(content) <= min(len(found.get(b"PLTE", b"")) // 3, 1 << depth)
    return len(content) == _KEY_BYTES.get(colour)


def _number(data: bytes, position: int) -> int:
    return int.from_bytes(data[position : position + 4], "big")


def _header(chunks: dict[bytes, bytes]) -> _Header | None:
    if len(chunks[b"IHDR"]) != 13 or len(chunks.get(b"PLTE", b"")) % 3:
        return None
    header = _Header(*struct.unpack(">LLBBBBB", chunks[b"IHDR"]))
    is_known = header.depth in _DEPTHS.get(header.colour, ())
    if not is_known or header.compression or header.filtering or header.interlace > 1:
        return None
    if header.colour == _PALETTE and not 0 < len(chunks.get(b"PLTE", b"")) <= 3 * 256:
        return None
    return header


def _rows(chunks: dict[bytes, bytes]) -> Any:
    """The numbers as Pillow reads them: of each pixel the palette's place, a grey, or colours."""
    import numpy as np

    plugin = extras.load("PIL.PngImagePlugin")
    # Pillow lays the transparent colour and the palette over the numbers by rules of its own.
    names = (b"IHDR", b"PLTE", b"IDAT")
    parts = [_chunk(name, chunks[name]) for name in names if name in chunks]
    content = b"".join([_MAGIC, *parts, _chunk(b"IEND", b"")])
    # Not by Image.open, which warns of sizes that are let pass here.
    with plugin.PngImageFile(io.BytesIO(content)) as image:
        image.load()
        return np.asarray(image.convert("L") if image.mode == "1" else image)


def _chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(content, zlib.crc32(name))
    return struct.pack(">L", len(content)) + name + content + struct.pack(">L", checksum)


def _parted(rows: Any, header: _Header, palette: bytes, key: bytes | None) -> tuple[Any, Any]:
    """Colours uint8 [height, width, 3] and transparency [height, width], None without one."""
    import numpy as np

    if header.colour == _PALETTE:
        table = np.zeros((256, 3), np.uint8)
        given = np.frombuffer(palette, np.uint8).reshape(-1, 3)
        table[: len(given)] = given
        clear = np.full(256, 255, np.uint8)
        some = np.frombuffer(key or b"", np.uint8)
        clear[: len(some)] = some
        return table[rows], None if key is None else clear[rows]
    alpha = None
    if header.colour in (_GREY_ALPHA, _RGB_ALPHA):
        rows, alpha = rows[..., :-1], rows[..., -1]
    elif key is not None:
        alpha = _of_one_colour(rows, header, key)
    if header.colour == _GREY and header.depth == 16:
        rows = (rows >> 8).astype(np.uint8)
    if header.colour in (_GREY, _GREY_ALPHA):
        rows = np.repeat(rows.reshape(header.height, header.width, 1), 3, axis=2)
    return np.ascontiguousarray(rows), alpha


def _of_one_colour(rows: Any, header: _Header, key: bytes) -> Any:
    """The transparency of a picture of which one colour is transparent."""
    import numpy as np

    words = 1 if header.colour == _GREY else 3
    wanted = np.array(struct.unpack(f">{words}H", key))
    if header.depth < 8:
        # Pillow has spread them over all of the range.
        wanted = wanted * (255 // ((1 << header.depth) - 1))
    is_clear = (rows.reshape(header.height, header.width, words) == wanted).all(axis=2)
    return np.where(is_clear, 0, 255).astype(np.uint8)


def _on_white(colours: Any, alpha: Any) -> Any:
    import numpy as np

    height, width = alpha.shape
    laid = np.empty_like(colours)
    rows = max(_STRIP_PIXELS // width, 1)
    for start in range(0, height, rows):
        strip = slice(start, start + rows)
        share = alpha[strip][..., None].astype(np.uint32)
        # The nearest whole number: a half cannot be, 255 is odd.
        laid[strip] = (2 * (colours[strip] * share + 255 * (255 - share)) + 255) // 510
    return laid
