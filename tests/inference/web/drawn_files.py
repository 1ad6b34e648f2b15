"""Files of every form that a JPEG or PNG may have, drawn at random."""

import io
import struct
from typing import Any

import numpy as np
from PIL import Image

_SUBSAMPLED = {"4:4:4": 0, "4:2:2": 1, "4:2:0": 2}
# Samplings that Pillow does not write, of one with as many blocks in each unit: how often the unit
# is wider and taller.
_OTHERS = {0x21: (0x12, 0.5, 2.0), 0x22: (0x41, 2.0, 0.5)}
_TALL = {0x22: (0x14, 0.5, 2.0)}


def jpegs(count: int, seed: int = 0) -> list[tuple[str, bytes]]:
    """JPEGs of all qualities, samplings, sizes; progressive and with restarts."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        kind = ["RGB", "RGB", "RGB", "L", "CMYK"][int(rng.integers(5))]
        image, options = _picture(rng, kind), _options(rng)
        content = _encoded(image, "JPEG", **options)
        found.append((f"{number} {image.mode} {image.size} {options}", content))
        # In a progressive one each colour has blocks of its own.
        if kind == "RGB" and not options["progressive"]:
            found += [(f"{number} {name}", one) for name, one in _resampled(content, image.size)]
    return found


def pngs(count: int, seed: int = 0) -> list[tuple[str, bytes]]:
    """PNGs of all modes that Pillow writes, some with one transparent colour."""
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        mode = ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"][int(rng.integers(7))]
        image = _picture(rng, mode)
        options: dict[str, Any] = {"bits": int(rng.choice([2, 4, 8]))} if mode == "P" else {}
        if mode == "P" and rng.random() < 0.5:
            options["transparency"] = bytes(rng.integers(0, 256, 3, dtype=np.uint8))
        elif mode in ("L", "RGB") and rng.random() < 0.5:
            pixel = image.getpixel((0, 0))
            options["transparency"] = pixel
        found.append((f"{number} {mode} {image.size} {options}", _encoded(image, "PNG", **options)))
    return found


def not_whole() -> bytes:
    """A progressive JPEG that ends, in good order, before its details."""
    image = _picture(np.random.default_rng(3), "RGB", size=(80, 60))
    content = _encoded(image, "JPEG", quality=90, progressive=True)
    scans = [at for at in range(len(content)) if content[at : at + 2] == b"\xff\xda"]
    return content[: scans[2]] + b"\xff\xd9"


def _picture(rng: Any, mode: str, size: tuple[int, int] | None = None) -> Image.Image:
    width, height = size or (int(rng.integers(1, 75)), int(rng.integers(1, 75)))
    small = rng.integers(0, 256, (max(1, height // 3), max(1, width // 3), 4), dtype=np.uint8)
    image = Image.fromarray(small, "RGBA").resize((width, height), Image.Resampling.BICUBIC)
    if mode == "I;16":
        return Image.fromarray(rng.integers(0, 1 << 16, (height, width), dtype=np.uint16))
    if mode == "CMYK":
        return Image.frombytes("CMYK", (width, height), image.tobytes())
    if mode == "P":
        return image.convert("RGB").quantize(4)
    return image.convert(mode)


def _options(rng: Any) -> dict[str, Any]:
    options: dict[str, Any] = {"quality": int(rng.integers(1, 101))}
    options["subsampling"] = int(rng.choice(list(_SUBSAMPLED.values())))
    options["progressive"] = bool(rng.random() < 0.4)
    if rng.random() < 0.3:
        options["restart_marker_blocks"] = int(rng.integers(1, 5))
    return options


def _resampled(content: bytes, size: tuple[int, int]) -> list[tuple[str, bytes]]:
    """The same numbers as of another sampling: the picture is another, and a right one."""
    at = next(place for place in range(len(content)) if content[place : place + 2] in _FRAMES)
    sampling, found = content[at + 11], []
    units = [-(-one // (8 * part)) for one, part in zip(size, divmod(sampling, 16), strict=True)]
    for table in (_OTHERS, _TALL):
        if sampling in table:
            other = table[sampling][0]
            width, height = (
                8 * part * count for part, count in zip(divmod(other, 16), units, strict=True)
            )
            head = content[: at + 5] + struct.pack(">HH", height, width)
            found.append((f"as {other:#x}", head + content[at + 9 : at + 11] + bytes([other])
                          + content[at + 12 :]))  # fmt: skip
    return found


_FRAMES = (b"\xff\xc0", b"\xff\xc1", b"\xff\xc2")


def _encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()
