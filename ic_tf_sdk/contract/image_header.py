"""What a file says of itself before its pixels: kind, size, colour, and whether it is complete.

A few small reads per file and no decoding, so that a channel is scanned in a fraction of an epoch.
What a header cannot tell for sure (does it break off?) is marked ``suspect``: only those files need
to be decoded to know.
"""

import os
import struct
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from ic_tf_sdk.contract import exif, file_sample, image_cost, regular_file
from ic_tf_sdk.contract.content_kind import apparent_type
from ic_tf_sdk.contract.image_cost import ImageCost

__all__ = ["IOS_PNG", "ImageHeader", "header_of", "read_header"]

IOS_PNG = "a PNG optimised for iOS (CgBI), which only Apple's programs read; export it again"
"""Why Xcode's form of PNG, whose bytes are in another order, is refused."""

_SUFFIX_KINDS = {".jpg": "JPEG", ".jpeg": "JPEG", ".png": "PNG"}
_PNG_COLOURS = {0: "grey", 3: "palette", 4: "grey"}
# More segments or chunks before the pixels than any camera or editor writes; behind them stand no
# notes.
_MAX_SEGMENTS = 1000
_MOST_EXIF = 64 * 1024
# Of EXIF's orientations 5 to 8 swap width and height.
_LAST_UPRIGHT = 4


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """One file, as far as it can be known without decoding.

    Attributes:
        kind: ``"JPEG"``, ``"PNG"``, another kind's name, or the system's word for a file that
            cannot be opened.
        width: Pixels as stored, before EXIF turns them; 0 where unknown.
        height: Likewise.
        size: Bytes of the file.
        notes: What is worth knowing: ``"CMYK"``, ``"grey"``, ``"16 bit"``, ``"palette"``,
            ``"transparent"``, ``"animated"``, ``"progressive"``, ``"interlaced"``,
            ``"turned by EXIF"``, ``"misnamed"``.
        problem: Why it is refused, as the decoder would refuse it; None if nothing is known
            against it.
        suspect: It may be damaged; decoding tells.
        sample: From ``file_sample``, of what may be an image; empty where it is refused.
        sideways: EXIF turns it by a quarter: shown, it is as wide as ``height`` says.
    """

    kind: str
    width: int = 0
    height: int = 0
    size: int = 0
    notes: tuple[str, ...] = ()
    problem: str | None = None
    suspect: bool = False
    sample: str = ""
    sideways: bool = False


def read_header(path: str | Path) -> ImageHeader:
    """Read a file's header and end.

    Args:
        path: Any file; one that cannot be opened is described, not raised.
    """
    try:
        with regular_file.opened(path) as stream:
            return header_of(stream, Path(path).suffix)
    except OSError as error:
        reason = error.strerror or str(error)
        return ImageHeader(reason, problem=reason)


def header_of(stream: BinaryIO, suffix: str) -> ImageHeader:
    """Read the header and end of a file that is open.

    Args:
        stream: The file, at its beginning.
        suffix: That of its name.

    Raises:
        OSError: It cannot be read.
    """
    # The scan opens a file once: an object in S3 is asked for anew each time.
    sample = file_sample.digest(stream)
    stream.seek(0)
    kind = apparent_type(stream.read(64))
    if kind not in ("JPEG", "PNG"):
        return ImageHeader(kind, problem=kind)
    cost = image_cost.measure(stream)
    header = (_read_jpeg if kind == "JPEG" else _read_png)(stream, cost)
    header = replace(header, size=stream.seek(0, os.SEEK_END), sample=sample)
    named = _SUFFIX_KINDS.get(suffix.lower(), kind)
    notes = (*header.notes, "misnamed") if named != kind else header.notes
    return replace(header, notes=notes, problem=image_cost.excess(cost) or header.problem)


def _read_jpeg(stream: BinaryIO, cost: ImageCost) -> ImageHeader:
    notes: list[str] = []
    components = 0
    position, tiff = 2, None
    for _ in range(_MAX_SEGMENTS):
        stream.seek(position)
        marker, length = _segment(stream.read(4))
        if marker in (0, 0xD9, 0xDA):
            break
        position += 2 + length
        if marker == 0xE1 and tiff is None:
            tiff = _tiff(stream.read(length - 2))
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            components = stream.read(6).ljust(6, b"\0")[5]
            notes += ["progressive"] * (marker == 0xC2)
    notes += {1: ["grey"], 4: ["CMYK"]}.get(components, [])
    orientation = exif.orientation(tiff or b"")
    notes += ["turned by EXIF"] * (orientation > 1)
    # A whole file ends with the end-of-image marker; some cameras append more, which is no harm.
    suspect = _end(stream, 2) != b"\xff\xd9" or cost.pixels == 0
    header = ImageHeader("JPEG", cost.width, cost.height, notes=tuple(notes), suspect=suspect)
    return replace(header, sideways=orientation > _LAST_UPRIGHT)


def _segment(start: bytes) -> tuple[int, int]:
    if len(start) < 4 or start[0] != 0xFF:
        return 0, 0
    if start[1] == 0xFF:
        # A fill byte before the marker: one step on.
        return 0xFF, -1
    return start[1], max(struct.unpack(">H", start[2:])[0], 2)


def _tiff(body: bytes) -> bytes | None:
    """What an APP1 segment has of EXIF; None where it is one of another kind, as of XMP."""
    return body[6:] if body.startswith(b"Exif\0\0") else None


def _read_png(stream: BinaryIO, cost: ImageCost) -> ImageHeader:
    stream.seek(12)
    name, depth, colour, interlace = struct.unpack(">4s8xBBxxB", stream.read(17).ljust(17, b"\0"))
    if name == b"CgBI":
        return ImageHeader("PNG", problem=IOS_PNG)
    if name != b"IHDR":
        return ImageHeader("PNG", suspect=True)
    notes = [_PNG_COLOURS[colour]] if colour in _PNG_COLOURS else []
    notes += ["16 bit"] * (depth == 16) + ["transparent"] * (colour in (4, 6))
    chunk_notes, orientation = _chunk_notes(stream)
    notes += ["interlaced"] * (interlace == 1) + chunk_notes
    suspect = b"IEND" not in _end(stream, 12) or cost.pixels == 0
    header = ImageHeader("PNG", cost.width, cost.height, notes=tuple(notes), suspect=suspect)
    return replace(header, sideways=orientation > _LAST_UPRIGHT)


def _chunk_notes(stream: BinaryIO) -> tuple[list[str], int]:
    """What the chunks before the pixels say, and the orientation."""
    notes, position, tiff = [], 33, None
    for _ in range(_MAX_SEGMENTS):
        stream.seek(position)
        chunk = stream.read(8)
        if len(chunk) < 8 or chunk[4:] in (b"IDAT", b"IEND"):
            break
        length = struct.unpack(">L", chunk[:4])[0]
        notes += {b"tRNS": ["transparent"], b"acTL": ["animated"]}.get(chunk[4:], [])
        if chunk[4:] == b"eXIf" and tiff is None:
            tiff = stream.read(min(length, _MOST_EXIF))
        position += 12 + length
    if tiff is None:
        # It may stand behind the pixels, which are thousands of chunks: it is looked for from the
        # end, where nothing but text is beside it.
        tiff = _end(stream, _MOST_EXIF).rpartition(b"eXIf")[2]
    orientation = exif.orientation(tiff)
    return notes + ["turned by EXIF"] * (orientation > 1), orientation


def _end(stream: BinaryIO, count: int) -> bytes:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(max(size - count, 0))
    return stream.read(count)
