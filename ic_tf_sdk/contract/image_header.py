"""What a file says of itself before its pixels: kind, size, colour, and whether it is complete.

A few small reads per file and no decoding, so that a channel is scanned in a fraction of an epoch.
What a header cannot tell for sure (does it break off?) is marked ``suspect``: only those files need
to be decoded to know.
"""

import os
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

__all__ = ["MAX_PIXELS", "ImageHeader", "apparent_type", "read_header"]

MAX_PIXELS = 178_956_970
"""Height times width; the size at which Pillow, too, refuses to decode. 512 MiB as RGB."""

_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF8", "GIF"),
    (b"BM", "BMP"),
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"%PDF", "PDF"),
    (b"PK\x03\x04", "ZIP"),
    (b"\x1f\x8b", "gzip"),
    (b"8BPS", "Photoshop"),
    (b"\0\0\x01\0", "icon"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
)
_ISO_MEDIA = {b"heic": "HEIC", b"heix": "HEIC", b"mif1": "HEIC", b"avif": "AVIF"}

_SUFFIX_KINDS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG"}
_PNG_COLOURS = {0: "grey", 3: "palette", 4: "grey", 6: ""}
# More segments or chunks before the pixels than any camera or editor writes.
_MAX_SEGMENTS = 1000


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """One file, as far as it can be known without decoding.

    Attributes:
        kind: ``"JPEG"``, ``"PNG"``, another kind's name, or the system's word for a file that
            cannot be opened.
        width: Pixels as stored, before EXIF turns them; 0 where unknown.
        height: Likewise.
        notes: What is worth knowing: ``"CMYK"``, ``"grey"``, ``"16 bit"``, ``"palette"``,
            ``"transparent"``, ``"animated"``, ``"progressive"``, ``"interlaced"``,
            ``"turned by EXIF"``, ``"misnamed"``.
        problem: Why it is refused, as the decoder would refuse it; None if nothing is known
            against it.
        suspect: It may be damaged; decoding tells.
    """

    kind: str
    width: int = 0
    height: int = 0
    notes: tuple[str, ...] = ()
    problem: str | None = None
    suspect: bool = False


def apparent_type(head: bytes) -> str:
    """The kind of content that begins with these bytes.

    Args:
        head: The first 32 bytes or more; fewer only where the content is shorter.

    Returns:
        ``"JPEG"``, ``"PNG"``, ``"GIF"``, …, ``"empty"``, ``"text"`` or ``"unknown content"``.
    """
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP"
    if head[4:8] == b"ftyp":
        return _ISO_MEDIA.get(head[8:12], "MP4 video")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<":
        return "HTML or XML"
    if not head:
        return "empty"
    return "text" if head.isascii() and head[:32].decode().isprintable() else "unknown content"


def read_header(path: str | Path) -> ImageHeader:
    """Read a file's header and end.

    Args:
        path: Any file; one that cannot be opened is described, not raised.
    """
    try:
        with Path(path).open("rb") as stream:
            kind = apparent_type(stream.read(64))
            if kind not in ("JPEG", "PNG"):
                return ImageHeader(kind, problem=kind)
            header = _read_jpeg(stream) if kind == "JPEG" else _read_png(stream)
    except OSError as error:
        reason = error.strerror or str(error)
        return ImageHeader(reason, problem=reason)
    named = _SUFFIX_KINDS.get(Path(path).suffix.lower(), kind)
    return _checked(header, misnamed=named != kind)


def _checked(header: ImageHeader, *, misnamed: bool) -> ImageHeader:
    notes = (*header.notes, "misnamed") if misnamed else header.notes
    pixels = header.width * header.height
    problem = None
    if pixels > MAX_PIXELS:
        problem = f"image of {pixels} pixels; at most {MAX_PIXELS} are decoded"
    return ImageHeader(header.kind, header.width, header.height, notes, problem, header.suspect)


def _read_jpeg(stream: BinaryIO) -> ImageHeader:
    notes: list[str] = []
    width = height = components = 0
    position = 2
    for _ in range(_MAX_SEGMENTS):
        stream.seek(position)
        marker, length = _segment(stream.read(4))
        if marker in (0, 0xD9, 0xDA):
            break
        position += 2 + length
        if marker == 0xE1 and _turned(stream.read(length - 2)):
            notes.append("turned by EXIF")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            frame = stream.read(6).ljust(6, b"\0")
            height, width, components = struct.unpack(">xHHB", frame)
            notes += ["progressive"] * (marker == 0xC2)
    notes += {1: ["grey"], 4: ["CMYK"]}.get(components, [])
    # A whole file ends with the end-of-image marker; some cameras append more, which is no harm.
    suspect = _end(stream, 2) != b"\xff\xd9" or width * height == 0
    return ImageHeader("JPEG", width, height, tuple(notes), suspect=suspect)


def _segment(start: bytes) -> tuple[int, int]:
    if len(start) < 4 or start[0] != 0xFF:
        return 0, 0
    if start[1] == 0xFF:
        # A fill byte before the marker: one step on.
        return 0xFF, -1
    return start[1], max(struct.unpack(">H", start[2:])[0], 2)


def _turned(body: bytes) -> bool:
    """Whether an APP1 segment's EXIF asks for any turn."""
    if not body.startswith(b"Exif\0\0"):
        return False
    tiff = body[6:]
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return False
    try:
        directory = struct.unpack_from(f"{order}L", tiff, 4)[0]
        for index in range(struct.unpack_from(f"{order}H", tiff, directory)[0]):
            entry = directory + 2 + 12 * index
            if struct.unpack_from(f"{order}H", tiff, entry)[0] == 0x0112:
                (value,) = struct.unpack_from(f"{order}H", tiff, entry + 8)
                return value in range(2, 9)
    except struct.error:
        pass
    return False


def _read_png(stream: BinaryIO) -> ImageHeader:
    stream.seek(8)
    start = stream.read(25).ljust(25, b"\0")
    width, height, depth, colour, _, _, interlace = struct.unpack(">8xLLBBBBB4x", start)
    notes = [_PNG_COLOURS[colour]] if _PNG_COLOURS.get(colour) else []
    notes += ["16 bit"] * (depth == 16) + ["transparent"] * (colour in (4, 6))
    notes += ["interlaced"] * (interlace == 1) + _chunk_notes(stream)
    suspect = b"IEND" not in _end(stream, 12) or width * height == 0
    return ImageHeader("PNG", width, height, tuple(notes), suspect=suspect)


def _chunk_notes(stream: BinaryIO) -> list[str]:
    notes, position = [], 33
    for _ in range(_MAX_SEGMENTS):
        stream.seek(position)
        chunk = stream.read(8)
        if len(chunk) < 8 or chunk[4:] in (b"IDAT", b"IEND"):
            break
        notes += {b"tRNS": ["transparent"], b"acTL": ["animated"]}.get(chunk[4:], [])
        position += 12 + struct.unpack(">L", chunk[:4])[0]
    return notes


def _end(stream: BinaryIO, count: int) -> bytes:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(size - count, 0))
    return stream.read(count)
