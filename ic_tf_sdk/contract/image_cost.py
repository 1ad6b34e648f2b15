"""What decoding an image would cost, told from its header and its parts before it is decoded.

Copied into every model archive, see ``handler_file``: it imports the standard library alone.
Training, evaluation, batches, the local endpoint and the container ask it. TensorFlow's decoders
have no such limits: a progressive JPEG of a thousand scans takes minutes, and a PNG unpacks every
compressed text that is in it.
"""

import os
import re
import struct
from typing import BinaryIO, NamedTuple

MAX_PIXELS = 178_956_970
"""Height times width; the size at which Pillow, too, refuses to decode. 512 MiB as RGB."""

SERVED_PIXELS = 100_000_000
"""What is answered unless ``PIXELS_VARIABLE`` says another number: 0.9 GB while it is decoded."""

PIXELS_VARIABLE = "IC_TF_SDK_MAX_PIXELS"
"""The environment variable with the most pixels that an endpoint decodes."""

MAX_SCANS = 100
"""Of one JPEG. Encoders write ten; each costs a pass over all of the picture."""

MAX_SEGMENTS = 5000
"""Of one JPEG: 320 MB of notes and profiles."""

MAX_CHUNKS = 50_000
"""Of one PNG: 100 MB in the smallest chunks that encoders write."""

MAX_TEXTS = 16
"""Compressed texts and profiles of a PNG. A kilobyte of each may be unpacked to 8 MB."""

# What decoding costs, in pixels of a baseline JPEG: that of a PNG with transparency, and what each
# ten scans add (docs/benchmarks.md, "Decoding 100 megapixels").
_PNG_WORK, _SCANS_WORK = 12, 10

_BLOCK = 1 << 16
# A marker, behind garbage and fill bytes; in a scan 0 stands behind each FF of the data, or the
# number of a restart.
_MARKER = re.compile(rb"\xff([^\x00\xff])", re.DOTALL)
_SCAN_END = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])", re.DOTALL)
_FRAMES = (*range(0xC0, 0xC4), *range(0xC5, 0xC8), *range(0xC9, 0xCC), *range(0xCD, 0xD0))
_PROGRESSIVE = (0xC2, 0xC6, 0xCA, 0xCE)
_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
_WITHOUT_LENGTH = (0x01, *range(0xD0, 0xD9))
_COMPRESSED = (b"zTXt", b"iCCP")
_LONGEST_KEYWORD = 80


class ImageCost(NamedTuple):
    """What is known of an image's cost; zeros of one that is no JPEG or PNG.

    Attributes:
        height: Pixels as stored.
        width: Likewise.
        scans: Passes over the picture.
        parts: Segments or chunks, at most one more than are allowed.
        texts: Compressed texts and profiles.
        is_png: Whether it is a PNG.
    """

    height: int = 0
    width: int = 0
    scans: int = 0
    parts: int = 0
    texts: int = 0
    is_png: bool = False

    @property
    def pixels(self) -> int:
        """Height times width."""
        return self.height * self.width

    @property
    def most_parts(self) -> int:
        """Parts that an image of this kind may have."""
        return MAX_CHUNKS if self.is_png else MAX_SEGMENTS

    @property
    def work(self) -> int:
        """Processor time of decoding, in pixels of a baseline JPEG."""
        if self.is_png:
            return self.pixels * _PNG_WORK
        return self.pixels * (1 if self.scans < 2 else 3 + self.scans // _SCANS_WORK)


def measure(stream: BinaryIO, *, chunks: bool = True) -> ImageCost:
    """Read what an image would cost.

    It reads as the decoders do: what one of them decodes has the size that is found here.

    Args:
        stream: The file, at any position.
        chunks: Whether to count the parts of a PNG, on which ``work`` does not depend.
    """
    stream.seek(0)
    head = stream.read(24)
    if head.startswith(b"\xff\xd8\xff"):
        return _of_jpeg(stream)
    # Nothing else is a PNG to the decoder; what stands there in Xcode's form is no size.
    if head.startswith(b"\x89PNG\r\n\x1a\n") and head[12:16] == b"IHDR" and len(head) == 24:
        width, height = struct.unpack(">LL", head[16:])
        parts, texts = _chunks(stream) if chunks else (0, 0)
        return ImageCost(height, width, 1, parts, texts, is_png=True)
    return ImageCost()


def excess(cost: ImageCost, most_pixels: int = MAX_PIXELS) -> str | None:
    """Why an image costs too much to be decoded; None where it does not.

    Args:
        cost: From ``measure``.
        most_pixels: Pixels that are decoded.
    """
    if cost.pixels > most_pixels:
        # The words of the decoder in the graph, and what a server's owner can change.
        ours = most_pixels < MAX_PIXELS
        what = f"served here ({PIXELS_VARIABLE})" if ours else "decoded"
        return f"image of {cost.pixels} pixels; at most {most_pixels} are {what}"
    if cost.scans > MAX_SCANS:
        return f"JPEG of more than {MAX_SCANS} scans; save it again"
    if cost.texts > MAX_TEXTS:
        return f"PNG with more than {MAX_TEXTS} compressed texts and profiles; save it again"
    if cost.parts > cost.most_parts:
        return f"image of more than {cost.most_parts} segments or chunks; save it again"
    return None


def served_pixels() -> int:
    """The most pixels that are answered: the environment's number, or ``SERVED_PIXELS``.

    Raises:
        ValueError: The environment variable is no number from 1 to ``MAX_PIXELS``.
    """
    text = os.environ.get(PIXELS_VARIABLE, "").strip()
    if not text:
        return SERVED_PIXELS
    if not re.fullmatch("[0-9]{1,9}", text) or not 0 < int(text) <= MAX_PIXELS:
        raise ValueError(
            f"{PIXELS_VARIABLE} must be a whole number from 1 to {MAX_PIXELS}, not {text[:60]!r}."
        )
    return int(text)


def _of_jpeg(stream: BinaryIO) -> ImageCost:
    height = width = components = scans = 0
    progressive, position, pattern = False, 2, _MARKER
    parts = 0
    while parts <= MAX_SEGMENTS:
        parts += 1
        marker, position = _next_marker(stream, position, pattern)
        if marker in (None, _END_OF_IMAGE) or scans > MAX_SCANS:
            break
        if marker in _WITHOUT_LENGTH:
            continue
        stream.seek(position)
        segment = stream.read(8)
        if marker in _FRAMES and not components and len(segment) == 8:
            height, width, components = struct.unpack(">xxxHHB", segment)
            progressive = marker in _PROGRESSIVE
        position += max(int.from_bytes(segment[:2], "big"), 2)
        if marker == _START_OF_SCAN:
            scans, pattern = scans + 1, _SCAN_END
            # Whoever finds all components in the first scan reads no second one.
            if not progressive and segment[2:3] == bytes([components]):
                break
    return ImageCost(height, width, scans, parts)


def _next_marker(
    stream: BinaryIO, position: int, pattern: "re.Pattern[bytes]"
) -> tuple[int | None, int]:
    """The next marker and where it ends; None where there is none."""
    size = 64
    while True:
        stream.seek(position)
        block = stream.read(size)
        found = pattern.search(block)
        if found:
            return found[1][0], position + found.end()
        if len(block) < size:
            return None, position
        # The last byte may be the first of a marker.
        position, size = position + len(block) - 1, _BLOCK


def _chunks(stream: BinaryIO) -> tuple[int, int]:
    """How many chunks a PNG has, and how many of them are compressed."""
    texts, parts, position = 0, 0, 8
    while parts <= MAX_CHUNKS:
        parts += 1
        stream.seek(position)
        chunk = stream.read(8)
        if len(chunk) < 8 or chunk[4:] == b"IEND" or texts > MAX_TEXTS:
            break
        if chunk[4:] in _COMPRESSED or (chunk[4:] == b"iTXt" and _is_compressed(stream)):
            texts += 1
        position += 12 + int.from_bytes(chunk[:4], "big")
    return parts, texts


def _is_compressed(stream: BinaryIO) -> bool:
    """Whether an international text, at whose beginning the stream stands, is compressed."""
    _, end, rest = stream.read(_LONGEST_KEYWORD + 2).partition(b"\0")
    return bool(end) and rest[:1] == b"\1"
