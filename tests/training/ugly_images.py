"""Image files as they are found in the wild, each with the fate that the decode policy gives it."""

import io
import struct
import zlib
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageFilter

WIDTH, HEIGHT = 40, 24


class Ugly(NamedTuple):
    """One file.

    Attributes:
        name: File name with its suffix; what it is called, not what it is.
        content: Its bytes.
        reason: Part of the reason for which it is refused; None where it is used.
        expected: What it decodes to, uint8 [height, width, 3], where that is known.
        tolerance: How far a decoded value may lie from it.
    """

    name: str
    content: bytes
    reason: str | None = None
    expected: np.ndarray | None = None
    tolerance: int = 14


def every() -> list[Ugly]:
    """All of them; their names differ."""
    return [*_jpegs(), *_broken_jpegs(), *_pngs(), *_broken_pngs(), *_others()]


def _picture(width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    x, y = np.meshgrid(np.linspace(20, 220, width), np.linspace(30, 230, height))
    return Image.fromarray(np.stack([x, y, 240 - x], axis=2).astype(np.uint8))


def _encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)  # type: ignore[arg-type]
    return stream.getvalue()


def _array(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"))


def _jpegs() -> list[Ugly]:
    rgb = _picture()
    plain = _encoded(rgb, "JPEG", quality=95)
    upright = _array(rgb)
    found = [
        Ugly("plain.jpg", plain, expected=upright),
        Ugly("upper-case.JPG", plain, expected=upright),
        Ugly("four-letters.JpEg", plain, expected=upright),
        Ugly("näme with blänks 花.jpg", plain, expected=upright),
        Ugly("progressive.jpg", _encoded(rgb, "JPEG", quality=95, progressive=True), None, upright),
        Ugly("restart-markers.jpg", _encoded(rgb, "JPEG", quality=95, restart_marker_rows=1)),
        Ugly("subsampled-444.jpg", _encoded(rgb, "JPEG", quality=95, subsampling=0), None, upright),
        Ugly("subsampled-420.jpg", _encoded(rgb, "JPEG", quality=95, subsampling=2), None, upright),
        Ugly("lowest-quality.jpg", _encoded(rgb, "JPEG", quality=1)),
        Ugly("rgb-not-ycc.jpg", _encoded(rgb, "JPEG", quality=95, keep_rgb=True), None, upright),
        Ugly("colour-profile.jpg", _encoded(rgb, "JPEG", icc_profile=b"x" * 70_000)),
        Ugly("comment.jpg", _encoded(rgb, "JPEG", comment=b"made by a camera")),
        Ugly("trailing-bytes.jpg", plain + b"\0" * 5000 + b"appended", expected=upright),
        Ugly("one-pixel.jpg", _encoded(_picture(1, 1), "JPEG")),
        Ugly("one-by-5000.jpg", _encoded(_picture(1, 5000), "JPEG")),
        Ugly("5000-by-one.jpg", _encoded(_picture(5000, 1), "JPEG")),
        Ugly("jpeg-called.png", plain, expected=upright),
        Ugly("cmyk.jpg", _cmyk(), expected=_array(rgb)),
        Ugly("ycck.jpg", _with_transform(_cmyk(), 2)),
        Ugly("cmyk-without-adobe.jpg", _without_adobe(_cmyk())),
        Ugly(
            "grey.jpg",
            _encoded(rgb.convert("L"), "JPEG", quality=95),
            None,
            np.repeat(np.asarray(rgb.convert("L"))[..., None], 3, axis=2),
        ),
    ]
    return found + [_turned(orientation) for orientation in range(1, 9)]


def _cmyk() -> bytes:
    # Pillow writes an Adobe marker, and with it the inverted values that Photoshop writes.
    inverted = 255 - np.asarray(_picture())
    black = np.zeros((HEIGHT, WIDTH, 1), np.uint8)
    image = Image.merge(
        "CMYK",
        [Image.fromarray(inverted[..., c]) for c in range(3)] + [Image.fromarray(black[..., 0])],
    )
    return _encoded(image, "JPEG", quality=95)


def _with_transform(data: bytes, transform: int) -> bytes:
    end = data.index(b"\xff\xee") + 15
    return data[:end] + bytes([transform]) + data[end + 1 :]


def _without_adobe(data: bytes) -> bytes:
    start = data.index(b"\xff\xee")
    return data[:start] + data[start + 16 :]


def _turned(orientation: int) -> Ugly:
    turns = {
        1: lambda a: a,
        2: lambda a: a[:, ::-1],
        3: lambda a: a[::-1, ::-1],
        4: lambda a: a[::-1],
        5: lambda a: a.transpose(1, 0, 2),
        6: lambda a: a.transpose(1, 0, 2)[:, ::-1],
        7: lambda a: a.transpose(1, 0, 2)[::-1, ::-1],
        8: lambda a: a.transpose(1, 0, 2)[::-1],
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    content = _encoded(_picture(), "JPEG", quality=95, exif=exif)
    return Ugly(f"exif-{orientation}.jpg", content, None, turns[orientation](_array(_picture())))


def _broken_jpegs() -> list[Ugly]:
    plain = _encoded(_picture(), "JPEG", quality=95)
    noisy = Image.effect_noise((200, 200), 80).filter(ImageFilter.SMOOTH).convert("RGB")
    large = _encoded(noisy, "JPEG", quality=90)
    return [
        Ugly("cut-in-pixels.jpg", large[: len(large) // 2], reason="Invalid JPEG"),
        Ugly("cut-in-header.jpg", plain[:60], reason=""),
        Ugly("cut-after-magic.jpg", plain[:3], reason=""),
        Ugly("no-pixels.jpg", _before_scan(plain), reason=""),
        Ugly("end-missing.jpg", plain[:-2], reason=""),
        Ugly("bomb.jpg", _with_size(plain, 60_000, 60_000), reason="3600000000 pixels"),
        Ugly("no-height.jpg", _with_size(plain, 0, WIDTH), reason=""),
    ]


def _before_scan(data: bytes) -> bytes:
    return data[: data.index(b"\xff\xda")]


def _with_size(data: bytes, height: int, width: int) -> bytes:
    frame = data.index(b"\xff\xc0") + 5
    return data[:frame] + struct.pack(">HH", height, width) + data[frame + 4 :]


def _pngs() -> list[Ugly]:
    rgb = _picture()
    array = _array(rgb)
    alpha = np.linspace(0, 255, WIDTH).astype(np.uint8)[None, :].repeat(HEIGHT, 0)
    glass = np.concatenate([array, alpha[..., None]], axis=2)
    on_white = array * (alpha[..., None] / 255.0) + 255 - alpha[..., None]
    grey = np.asarray(rgb.convert("L"))
    few = rgb.quantize(16)
    bits = np.asarray(rgb.convert("1"))
    wide = (grey.astype(np.uint16) << 8) + 255
    clear = rgb.quantize(8)
    clear_array = _array(clear).copy()
    clear_array[np.asarray(clear) == 3] = 255
    frames = [rgb, rgb.rotate(180)]
    return [
        Ugly("plain.png", _encoded(rgb, "PNG"), None, array, 0),
        Ugly("png-called.jpg", _encoded(rgb, "PNG"), None, array, 0),
        Ugly("upper-case.PNG", _encoded(rgb, "PNG"), None, array, 0),
        Ugly("alpha.png", _encoded(Image.fromarray(glass), "PNG"), None, on_white, 1),
        Ugly("grey.png", _encoded(Image.fromarray(grey), "PNG"), None, _three(grey), 0),
        Ugly("grey-alpha.png", _encoded(Image.fromarray(glass).convert("LA"), "PNG")),
        Ugly("16-bit-grey.png", _encoded(Image.fromarray(wide), "PNG"), None, _three(grey), 1),
        Ugly("16-bit-rgb.png", _sixteen_bits(array), None, array, 1),
        Ugly("palette.png", _encoded(few, "PNG"), None, _array(few), 0),
        Ugly("palette-clear.png", _encoded(clear, "PNG", transparency=3), None, clear_array, 0),
        Ugly("one-bit.png", _encoded(rgb.convert("1"), "PNG"), None, _three(bits * 255), 0),
        Ugly(
            "animated.png",
            _encoded(frames[0], "PNG", save_all=True, append_images=frames[1:]),
            None,
            array,
            0,
        ),
        Ugly("interlaced.png", _interlaced(), None),
        Ugly("one-pixel.png", _encoded(_picture(1, 1), "PNG"), None, _array(_picture(1, 1)), 0),
        Ugly("one-by-5000.png", _encoded(_picture(1, 5000), "PNG")),
        Ugly("trailing-bytes.png", _encoded(rgb, "PNG") + b"more", None, array, 0),
    ]


def _three(grey: np.ndarray) -> np.ndarray:
    return np.repeat(grey[..., None], 3, axis=2)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body))


def _png(width: int, height: int, rows: bytes, *, depth: int = 8, interlace: int = 0) -> bytes:
    header = struct.pack(">LLBBBBB", width, height, depth, 2, 0, 0, interlace)
    body = _chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + body + _chunk(b"IEND", b"")


def _sixteen_bits(array: np.ndarray) -> bytes:
    wide = (array.astype(">u2") * 257).astype(">u2")
    return _png(WIDTH, HEIGHT, b"".join(b"\0" + row.tobytes() for row in wide), depth=16)


def _interlaced() -> bytes:
    # One pixel: Adam7's first pass has it, the other six are empty.
    return _png(1, 1, b"\0\x10\x20\x30", interlace=1)


def _broken_pngs() -> list[Ugly]:
    plain = _encoded(_picture(), "PNG")
    noisy = np.random.default_rng(0).integers(0, 256, (60, 60, 3), np.uint8)
    large = _encoded(Image.fromarray(noisy), "PNG")
    wrong = bytearray(plain)
    wrong[plain.index(b"IDAT") + 12] ^= 0xFF
    return [
        Ugly("cut-in-pixels.png", large[: len(large) // 2], reason=""),
        Ugly("cut-in-header.png", plain[:20], reason=""),
        Ugly("magic-only.png", plain[:8], reason=""),
        Ugly("wrong-checksum.png", bytes(wrong), reason=""),
        Ugly("bomb.png", _png(60_000, 60_000, b""), reason="3600000000 pixels"),
        Ugly("no-width.png", _png(0, 5, b""), reason=""),
        Ugly("no-pixels.png", _png(5, 5, b""), reason=""),
        Ugly("xcode.png", _ios_png(), reason="CgBI"),
    ]


def _ios_png() -> bytes:
    plain = _encoded(_picture(), "PNG")
    return plain[:8] + _chunk(b"CgBI", b"P\0 \2") + plain[8:]


def _others() -> list[Ugly]:
    rgb = _picture()

    return [
        Ugly("empty.jpg", b"", reason="empty"),
        Ugly("empty.png", b"", reason="empty"),
        Ugly("page.jpg", b"<!DOCTYPE html><html>404</html>", reason="HTML"),
        Ugly("text.jpg", b"version https://git-lfs.github.com/spec/v1\n", reason="text"),
        Ugly("noise.jpg", bytes(range(128, 255)) * 9, reason="unknown content"),
        Ugly("gif-called.png", _encoded(rgb, "GIF"), reason="GIF"),
        Ugly("gif-called.jpg", _encoded(rgb, "GIF"), reason="GIF"),
        Ugly("bmp-called.jpg", _encoded(rgb, "BMP"), reason="BMP"),
        Ugly("tiff-called.jpg", _encoded(rgb, "TIFF"), reason="TIFF"),
        Ugly("webp-called.jpg", _encoded(rgb, "WEBP"), reason="WebP"),
        Ugly("heic-called.jpg", b"\0\0\0\x18ftypheic" + b"\0" * 50, reason="HEIC"),
        Ugly("heic-burst.jpg", b"\0\0\0\x18ftypmsf1" + b"\0" * 50, reason="HEIC"),
        Ugly("avif-sequence.png", b"\0\0\0\x18ftypavis" + b"\0" * 50, reason="AVIF"),
        Ugly("pdf-called.jpg", b"%PDF-1.7\n" + b"\0" * 50, reason="PDF"),
        Ugly("zip-called.jpg", b"PK\x03\x04" + b"\0" * 50, reason="ZIP"),
    ]
