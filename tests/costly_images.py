"""Small files that cost a decoder much: made here, none of them takes a decoder to be made."""

import struct
import zlib
from collections.abc import Iterator

# Of a code of one bit: nothing follows in this block, and in the 2**15 - 1 blocks after it.
_LONGEST_RUN = (1 << 15) - 1


def segment(marker: int, body: bytes) -> bytes:
    """A segment of a JPEG."""
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">L", len(body)) + kind + body + struct.pack(">L", zlib.crc32(kind + body))


def progressive_jpeg(width: int, height: int, scans: int) -> bytes:
    """A grey JPEG of this many scans, of which all but the first change nothing."""
    frame = struct.pack(">BHHB", 8, height, width, 1) + bytes([1, 0x11, 0])
    one_code = bytes([1] + [0] * 15)
    start = segment(0xDB, bytes([0] + [1] * 64)) + segment(0xC2, frame)
    start += segment(0xC4, b"\x00" + one_code + b"\0") + segment(0xC4, b"\x10" + one_code + b"\xe0")
    blocks = -(-width // 8) * -(-height // 8)
    first = segment(0xDA, bytes([1, 1, 0, 0, 0, 0])) + _bits("0" * blocks)
    runs = _bits(("0" + "1" * 14) * -(-blocks // _LONGEST_RUN))
    other = segment(0xDA, bytes([1, 1, 0, 1, 63, 0])) + runs
    return b"\xff\xd8" + start + first + other * (scans - 1) + b"\xff\xd9"


def png(
    width: int, height: int, *, colour: int = 2, before: bytes = b"", rows: int | None = None
) -> bytes:
    """A PNG of one colour: 2 is RGB, 6 with transparency; chunks may stand before its pixels.

    Of ``rows`` alone there are pixels: what the header says is enough to refuse it.
    """
    header = struct.pack(">LLBBBBB", width, height, 8, colour, 0, 0, 0)
    row = b"\0" + b"\x80" * (width * (4 if colour == 6 else 3))
    pack = zlib.compressobj(6)
    count = height if rows is None else rows
    pixels = b"".join([*(pack.compress(row) for _ in range(count)), pack.flush()])
    parts = [chunk(b"IHDR", header), before, chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def compressed_texts(count: int) -> bytes:
    """Chunks of 8 kB each that unpack to 8 MB."""
    return chunk(b"zTXt", b"k\0\0" + zlib.compress(b"a" * 7_900_000, 9)) * count


def refused() -> Iterator[tuple[str, bytes, str]]:
    """Name, content and reason of files that no door lets pass."""
    small = progressive_jpeg(16, 16, 2)
    yield "scans", progressive_jpeg(4000, 4000, 1000), "more than 100 scans"
    many = progressive_jpeg(64, 64, 101)
    hidden = many[:2] + segment(0xFE, b"") + bytes(9) + b"\xff" * 9 + many[2:]
    yield "scans-behind-garbage", hidden, "more than 100 scans"
    yield "repeated-baseline", _baseline(101), "more than 100 scans"
    yield "texts", png(10, 10, before=compressed_texts(17)), "more than 16 compressed texts"
    yield "chunks", png(10, 10, before=chunk(b"teSt", b"") * 50_001), "more than 50000 segments"
    yield "segments", small[:2] + segment(0xFE, b"") * 5_001 + small[2:], "more than 5000 segments"
    yield "bomb", png(30_000, 6_000, rows=1), "180000000 pixels"


def _baseline(scans: int) -> bytes:
    """A JPEG of three components, each scan of one of them: it is read until its end."""
    frame = struct.pack(">BHHB", 8, 16, 16, 3) + b"".join(bytes([c, 0x11, 0]) for c in (1, 2, 3))
    start = segment(0xDB, bytes([0] + [1] * 64)) + segment(0xC0, frame)
    one_code = bytes([1] + [0] * 15) + b"\0"
    start += segment(0xC4, b"\x00" + one_code) + segment(0xC4, b"\x10" + one_code)
    each = [
        segment(0xDA, bytes([1, 1 + s % 3, 0, 0, 63, 0])) + _bits("00" * 4) for s in range(scans)
    ]
    return b"\xff\xd8" + start + b"".join(each) + b"\xff\xd9"


def _bits(bits: str) -> bytes:
    bits += "1" * (-len(bits) % 8)
    data = int(bits, 2).to_bytes(len(bits) // 8, "big")
    return data.replace(b"\xff", b"\xff\0")
