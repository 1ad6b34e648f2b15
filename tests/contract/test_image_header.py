"""What a file's header says of it, against what Pillow wrote into it."""

import io
import random
import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from ic_tf_sdk.contract.image_header import IOS_PNG, ImageHeader, read_header
from tests.costly_images import chunk, segment

RGB = Image.new("RGB", (40, 24), (200, 90, 10))
TURNED = Image.Exif()
TURNED[0x0112] = 6
UPRIGHT = Image.Exif()
UPRIGHT[0x0112] = 1


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)  # type: ignore[arg-type]
    return stream.getvalue()


JPEG = encoded(RGB, "JPEG")
PNG = encoded(RGB, "PNG")
EXIF = encoded(RGB, "JPEG", exif=TURNED)
PHOTOSHOP = segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta/>")


def with_eXIf(tiff: bytes, *, behind: bool) -> bytes:
    """A PNG with this block of EXIF before or behind its pixels."""
    at = PNG.index(b"IEND" if behind else b"IDAT") - 4
    return PNG[:at] + chunk(b"eXIf", tiff) + PNG[at:]


def png(depth: int, colour: int, interlace: int = 0) -> bytes:
    """The header of a PNG of 5 x 3 pixels, and its end."""
    header = struct.pack(">LLBBBBB", 5, 3, depth, colour, 0, 0, interlace)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(b"")), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


TIFF = TURNED.tobytes().removeprefix(b"Exif\0\0")
NOTES = {
    "plain.jpg": (JPEG, ()),
    "grey.jpg": (encoded(RGB.convert("L"), "JPEG"), ("grey",)),
    "cmyk.jpg": (encoded(RGB.convert("CMYK"), "JPEG"), ("CMYK",)),
    "progressive.jpeg": (encoded(RGB, "JPEG", progressive=True), ("progressive",)),
    "turned.jpg": (EXIF, ("turned by EXIF",)),
    "upright.jpg": (encoded(RGB, "JPEG", exif=UPRIGHT), ()),
    "other-notes-first.jpg": (EXIF[:2] + PHOTOSHOP + EXIF[2:], ("turned by EXIF",)),
    "the-first-exif-counts.jpg": (EXIF[:2] + JPEG[2:20] + EXIF[2:], ("turned by EXIF",)),
    "filled.jpg": (EXIF[:2] + b"\xff" * 5 + EXIF[2:], ("turned by EXIF",)),
    "named.png": (JPEG, ("misnamed",)),
    "named.jpg": (PNG, ("misnamed",)),
    "without-suffix": (PNG, ()),
    "plain.PNG": (PNG, ()),
    "grey.png": (png(8, 0), ("grey",)),
    "grey-16.png": (png(16, 0), ("grey", "16 bit")),
    "palette.png": (png(8, 3), ("palette",)),
    "grey-transparent.png": (png(8, 4), ("grey", "transparent")),
    "transparent.png": (png(8, 6), ("transparent",)),
    "interlaced.png": (png(8, 2, 1), ("interlaced",)),
    "one-colour-is-transparent.png": (encoded(RGB, "PNG", transparency=(0, 0, 0)),
                                      ("transparent",)),
    "animated.png": (encoded(RGB, "PNG", save_all=True, append_images=[Image.new("RGB", (40, 24))]),
                     ("animated",)),
    "turned.png": (with_eXIf(TIFF, behind=False), ("turned by EXIF",)),
    "turned-behind.png": (with_eXIf(TIFF, behind=True), ("turned by EXIF",)),
}  # fmt: skip


@pytest.mark.parametrize("name", NOTES)
def test_what_is_worth_knowing_is_noted(tmp_path: Path, name: str) -> None:
    content, notes = NOTES[name]
    (tmp_path / name).write_bytes(content)
    header = read_header(tmp_path / name)
    assert header.notes == notes
    assert (header.problem, header.suspect) == (None, False)
    # What EXIF turns here is turned by a quarter.
    assert header.sideways == ("turned by EXIF" in notes)
    assert header.kind == ("PNG" if content.startswith(b"\x89PNG") else "JPEG")
    assert header.size == len(content)
    with Image.open(io.BytesIO(content)) as image:
        assert (header.width, header.height) == image.size


def described(path: Path, content: bytes) -> ImageHeader:
    path.write_bytes(content)
    return read_header(path)


@pytest.mark.parametrize(
    "content",
    [
        JPEG[:-1],
        JPEG[:-2],
        JPEG[:200],
        JPEG + b"appended",
        # No frame, so that there is no size.
        JPEG[:2] + b"\xff\xd9",
        PNG[:-9],
        PNG[: PNG.index(b"IDAT")],
        png(8, 2).replace(struct.pack(">LL", 5, 3), struct.pack(">LL", 5, 0)),
        PNG.replace(b"IHDR", b"IHDX"),
    ],
)
def test_what_may_be_damaged_is_to_be_decoded(tmp_path: Path, content: bytes) -> None:
    header = described(tmp_path / "image", content)
    assert (header.suspect, header.problem) == (True, None)


def test_what_cannot_be_an_image_is_refused_by_its_kind(tmp_path: Path) -> None:
    header = described(tmp_path / "page.png", b"<html>")
    assert (header.kind, header.problem) == ("HTML or XML", "HTML or XML")
    assert not header.suspect
    assert not header.sideways
    missing = read_header(tmp_path / "none.png")
    assert missing.problem == missing.kind == "No such file or directory"
    assert missing.size == 0
    ios = PNG[:8] + chunk(b"CgBI", bytes(4)) + PNG[8:]
    assert described(tmp_path / "ios.png", ios).problem == IOS_PNG


@pytest.mark.parametrize("cut", [0, 1, 2, 3, 10, 15])
def test_a_png_cut_within_its_header_is_described(tmp_path: Path, cut: int) -> None:
    header = described(tmp_path / "image.png", PNG[: 8 + cut])
    assert (header.width, header.height) == (0, 0)
    assert header.suspect


def test_notes_are_looked_for_in_a_thousand_segments(tmp_path: Path) -> None:
    """More than any camera writes; those behind them cost the scan of a channel more time."""
    filled = segment(0xFE, b"")
    for count, notes in ((999, ("turned by EXIF",)), (1000, ())):
        content = JPEG[:2] + filled * count + segment(0xE1, TURNED.tobytes()) + JPEG[2:]
        assert described(tmp_path / "image.jpg", content).notes == notes
    at = PNG.index(b"IDAT") - 4
    for count, notes in ((999, ("transparent",)), (1000, ())):
        content = PNG[:at] + chunk(b"teSt", b"") * count + chunk(b"tRNS", bytes(6)) + PNG[at:]
        assert described(tmp_path / "image.png", content).notes == notes


def test_an_orientation_behind_the_pixels_is_found_in_the_last_64_kib(tmp_path: Path) -> None:
    found = with_eXIf(TIFF, behind=True)
    end = chunk(b"IEND", b"")
    # From the name of its chunk on.
    behind = len(found) - found.index(b"eXIf") - len(end)
    for size, notes in ((64 << 10, ("turned by EXIF",)), ((64 << 10) + 1, ())):
        text = chunk(b"tEXt", b"k\0".ljust(size - behind - len(end) - 12, b"x"))
        content = found[: -len(end)] + text + end
        assert described(tmp_path / "image.png", content).notes == notes


# As short as a block of EXIF can be: one entry, and nothing behind it.
def shortest(orientation: int) -> bytes:
    entry = struct.pack(">HHLH", 0x0112, 3, 1, orientation)
    return b"MM\0*" + struct.pack(">LH", 8, 1) + entry


@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_orientation_but_the_first_turns_and_from_the_fifth_by_a_quarter(
    tmp_path: Path, orientation: int
) -> None:
    notes = ("turned by EXIF",) if orientation > 1 else ()
    tiff = shortest(orientation)
    jpeg = JPEG[:2] + segment(0xE1, b"Exif\0\0" + tiff) + JPEG[2:]
    pngs = [with_eXIf(tiff, behind=behind) for behind in (False, True)]
    for content in (jpeg, *pngs):
        header = described(tmp_path / "image", content)
        assert header.notes == notes
        assert header.sideways == (orientation >= 5)


def test_before_many_pixels_the_first_block_counts(tmp_path: Path) -> None:
    noise = Image.frombytes("RGB", (200, 200), random.Random(1).randbytes(120_000))
    large = encoded(noise, "PNG")
    assert len(large) > 100_000
    at = large.index(b"IDAT") - 4
    text = chunk(b"tEXt", b"k\0" + shortest(8))
    blocks = [chunk(b"eXIf", shortest(number)) for number in (6, 1)]
    for order, notes in ((blocks, ("turned by EXIF",)), (blocks[::-1], ())):
        content = large[:at] + text + b"".join(order) + large[at:]
        assert described(tmp_path / "a.png", content).notes == notes


@pytest.mark.parametrize("marker", range(0xBF, 0xD1))
def test_each_frame_says_how_many_colours_there_are(tmp_path: Path, marker: int) -> None:
    """Between its markers stand those of tables, of which no number of colours can be read."""
    frame = segment(marker, struct.pack(">BHHB", 8, 300, 500, 1) + bytes(3))
    header = described(tmp_path / "a.jpg", b"\xff\xd8" + frame + b"\xff\xd9")
    is_frame = 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC)
    assert ("grey" in header.notes) == is_frame
    assert ("progressive" in header.notes) == (marker == 0xC2)


@pytest.mark.parametrize(
    "before", [b"\xff\xd9\0\2", segment(0xDA, b""), b"\0\0\0\0"], ids=["end", "scan", "garbage"]
)
def test_behind_the_header_nothing_is_noted(tmp_path: Path, before: bytes) -> None:
    exif, note = segment(0xE1, b"Exif\0\0" + shortest(6)), segment(0xFE, b"")
    assert described(tmp_path / "a.jpg", b"\xff\xd8" + note + exif + b"\xff\xd9").notes
    assert (
        described(tmp_path / "a.jpg", b"\xff\xd8" + note + before + exif + b"\xff\xd9").notes == ()
    )


@pytest.mark.parametrize("end", [b"\xff\xe1\0", b"\xff\xe1", b"\xff\xc0\0\x0b\x08", b"\xff"])
def test_a_jpeg_cut_within_its_header_is_described(tmp_path: Path, end: bytes) -> None:
    header = described(tmp_path / "a.jpg", b"\xff\xd8" + end)
    assert (header.width, header.height, header.notes, header.suspect) == (0, 0, (), True)


def test_a_file_is_the_same_by_its_sample_and_another_by_its_bytes(tmp_path: Path) -> None:
    first = described(tmp_path / "a.png", PNG)
    assert first.sample == described(tmp_path / "b.png", PNG).sample
    assert first.sample != described(tmp_path / "c.png", encoded(RGB.rotate(9), "PNG")).sample
    assert described(tmp_path / "d.png", b"<html>").sample == ""
