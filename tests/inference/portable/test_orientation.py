"""Where a file's EXIF begins and how it turns a picture, of files written byte by byte."""

import struct

import numpy as np
import pytest

from ic_tf_sdk.contract.image_cost import MAX_CHUNKS, MAX_SEGMENTS
from ic_tf_sdk.inference.portable import orientation

ENOUGH = bytes(20)


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">HH", marker, len(content) + 2) + content


EXIF = segment(0xFFE1, b"Exif\0\0II*\0")


def tiff(*entries: tuple[int, int, int], order: str = "<", directory: int = 8) -> bytes:
    """A TIFF block of entries: tag, kind and value."""
    head = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}i", directory)
    rows = b"".join(
        struct.pack(f"{order}HHi", tag, kind, 1)
        + struct.pack(f"{order}i" if kind == 4 else f"{order}Hxx", value)
        for tag, kind, value in entries
    )
    block = struct.pack(f"{order}H", len(entries)) + rows
    return head + bytes(max(directory - 8, 0)) + block


def test_of_a_jpeg_the_segment_is_found_behind_others_and_fill_bytes() -> None:
    assert orientation.exif_of_jpeg(b"\xff\xd8" + EXIF + ENOUGH) == 12
    before = segment(0xFFE0, b"JFIF\0") + segment(0xFFE1, b"http://") + b"\xff"
    place = 12 + len(before)
    assert orientation.exif_of_jpeg(b"\xff\xd8" + before + EXIF + ENOUGH) == place
    # A length below its own two bytes counts as they.
    short = struct.pack(">HH", 0xFFE2, 0)
    assert orientation.exif_of_jpeg(b"\xff\xd8" + short + EXIF + ENOUGH) == 16
    one = struct.pack(">HH", 0xFFE2, 3) + b"x"
    assert orientation.exif_of_jpeg(b"\xff\xd8" + one + EXIF + ENOUGH) == 17
    lowest = segment(0xFF00, b"")
    assert orientation.exif_of_jpeg(b"\xff\xd8" + lowest + EXIF + ENOUGH) == 16


@pytest.mark.parametrize(
    "before", [segment(0xFFDA, b""), segment(0xFEFF, b""), segment(0x0000, b"")]
)
def test_of_a_jpeg_nothing_is_sought_behind_the_pixels_or_what_is_no_marker(before: bytes) -> None:
    assert orientation.exif_of_jpeg(b"\xff\xd8" + before + EXIF + ENOUGH) is None


def test_of_a_jpeg_a_segment_needs_eighteen_bytes_and_a_place_among_the_first() -> None:
    whole = b"\xff\xd8" + EXIF + bytes(4)
    assert len(whole) == 20
    assert orientation.exif_of_jpeg(whole) == 12
    assert orientation.exif_of_jpeg(whole[:-1]) is None
    for count, place in ((MAX_SEGMENTS - 1, 12 + 4 * (MAX_SEGMENTS - 1)), (MAX_SEGMENTS, None)):
        many = segment(0xFFE0, b"") * count
        assert orientation.exif_of_jpeg(b"\xff\xd8" + many + EXIF + ENOUGH) == place


def chunk(name: bytes, content: bytes, *, length: int | None = None) -> bytes:
    size = len(content) if length is None else length
    return struct.pack(">i", size) + name + content + b"\0\0\0\0"


MAGIC = b"\x89PNG\r\n\x1a\n"
OF_PNG = chunk(b"eXIf", b"II*\0")


def test_of_a_png_the_chunk_is_found_behind_others() -> None:
    assert orientation.exif_of_png(MAGIC + OF_PNG) == 16
    assert orientation.exif_of_png(MAGIC + chunk(b"eXIf", b"MM\0*")) == 16
    before = chunk(b"IHDR", b"x" * 13) + chunk(b"tEXt", b"")
    assert orientation.exif_of_png(MAGIC + before + OF_PNG) == 16 + len(before)
    assert orientation.exif_of_png(MAGIC + before) is None
    assert orientation.exif_of_png(MAGIC + chunk(b"eXIf", b"XX*\0")) is None


def test_of_a_png_nothing_is_sought_behind_its_end_or_a_broken_length() -> None:
    for before in (chunk(b"IEND", b""), chunk(b"tEXt", b"", length=-1)):
        assert orientation.exif_of_png(MAGIC + before + OF_PNG) is None
    # Of no chunk, and of one that is cut off before its checksum.
    assert orientation.exif_of_png(MAGIC + chunk(b"tEXt", b"eXIfII", length=99)) is None
    for count, place in ((MAX_CHUNKS - 1, 16 + 12 * (MAX_CHUNKS - 1)), (MAX_CHUNKS, None)):
        assert orientation.exif_of_png(MAGIC + chunk(b"tEXt", b"") * count + OF_PNG) == place


def test_of_a_png_a_chunk_has_twelve_bytes_at_least() -> None:
    text = chunk(b"tEXt", b"eXIfII")
    assert orientation.exif_of_png(MAGIC + text) is None
    empty = MAGIC + text + chunk(b"eXIf", b"")
    assert orientation.exif_of_png(empty) == len(empty) - 4
    assert orientation.exif_of_png(empty[:-1]) is None
    # Nothing is sought at the place that a length of -1 leads to.
    data = MAGIC + chunk(b"tEXt", b"", length=-1) + b"\0\0\0" + b"eXIfII*\0" + bytes(12)
    assert orientation.exif_of_png(data) is None


def test_of_a_png_both_ends_are_looked_through_for_the_mark() -> None:
    ends = 64 * 1024
    for filling, is_found in ((0, True), (3 * ends, False)):
        behind = chunk(b"IDAT", bytes(filling))
        in_the_middle = MAGIC + behind + OF_PNG + behind
        place = 16 + len(behind)
        assert orientation.exif_of_png(in_the_middle) == (place if is_found else None)
    # To the last byte of either end.
    mark = b"eXIfII"
    for filling, is_found in ((ends - 8 - 12 - 4 - len(mark), True), (ends - 8 - 16 - 5, False)):
        first = MAGIC + chunk(b"tEXt", bytes(filling)) + OF_PNG
        assert (first[:ends].count(mark) == 1) is is_found
        found = orientation.exif_of_png(first + chunk(b"IDAT", bytes(3 * ends)))
        assert (found is not None) is is_found
    long = MAGIC + chunk(b"IDAT", bytes(3 * ends))
    for filling, is_found in (
        (ends - len(mark) - 6 - 12, True),
        (ends - len(mark) - 5 - 12, False),
    ):
        last = long + OF_PNG + chunk(b"tEXt", bytes(filling))
        assert (last[-ends:].count(mark) == 1) is is_found
        assert (orientation.exif_of_png(last) is not None) is is_found


PICTURE = np.arange(6, dtype=np.uint8).reshape(2, 3, 1)


@pytest.mark.parametrize(
    ("value", "rows"),
    [
        (0, [[0, 1, 2], [3, 4, 5]]),
        (1, [[0, 1, 2], [3, 4, 5]]),
        (2, [[2, 1, 0], [5, 4, 3]]),
        (3, [[5, 4, 3], [2, 1, 0]]),
        (4, [[3, 4, 5], [0, 1, 2]]),
        (5, [[0, 3], [1, 4], [2, 5]]),
        (6, [[3, 0], [4, 1], [5, 2]]),
        (7, [[5, 2], [4, 1], [3, 0]]),
        (8, [[2, 5], [1, 4], [0, 3]]),
        (9, [[0, 1, 2], [3, 4, 5]]),
    ],
)
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("kind", [3, 4])
def test_a_picture_is_turned_as_its_tag_says(
    value: int, rows: list[list[int]], order: str, kind: int
) -> None:
    data = b"before" + tiff((0x0112, kind, value), order=order)
    turned = orientation.upright(PICTURE, data, 6)
    assert turned[..., 0].tolist() == rows
    assert orientation.upright(PICTURE, data, None) is PICTURE


def read(block: bytes) -> int:
    return orientation._orientation(block)


def test_the_largest_of_several_tags_counts_and_others_do_not() -> None:
    assert read(tiff((0x0111, 3, 3), (0x0112, 3, 6), (0x0113, 3, 8))) == 6
    assert read(tiff((0x0112, 3, 6), (0x0112, 3, 3))) == 6
    assert read(tiff((0x0112, 3, 6), (0x0112, 4, -5))) == 6
    assert read(tiff((0x0112, 4, -5))) == 0
    assert read(tiff((0x0112, 4, 65_536 + 6))) == 0
    assert read(tiff((0x0112, 3, 65_535))) == 0
    assert read(tiff((0x0112, 3, 6), (0x0112, 3, 9))) == 0


def test_the_directory_is_where_the_header_says_and_nowhere_outside() -> None:
    assert read(tiff((0x0112, 3, 6), directory=8)) == 6
    assert read(tiff((0x0112, 3, 6), directory=30)) == 6
    block = tiff((0x0112, 3, 6))
    for place in (-1, 1 << 30, len(block) + 8, len(block)):
        assert read(block[:4] + struct.pack("<i", place) + block[8:]) == 0
    # Cut off anywhere, what is missing is 0: its value needs one of its four bytes.
    assert [read(block[:end]) for end in range(len(block) + 1)].count(6) == 4
    assert read(b"") == read(b"I") == read(b"II*\0") == 0


def test_a_directory_has_at_most_a_thousand_entries_and_some() -> None:
    for count, found in ((1023, 6), (1024, 0)):
        assert read(tiff(*((1, 3, 0),) * count, (0x0112, 3, 6))) == found


def test_a_directory_may_be_the_header_itself_and_end_with_the_block() -> None:
    entry = struct.pack("<HHiHxx", 0x0112, 3, 1, 6)
    assert read(b"II*\0" + struct.pack("<i", 0) + bytes(6) + entry) == 6
    # Half of a number of entries, the larger half: the most of them, and none is there.
    assert read(b"MM\0*" + struct.pack(">i", 8) + b"\xff") == 0


def test_no_more_than_64_kib_of_a_block_are_read() -> None:
    entry = (0x0112, 3, 6)
    for place, found in ((65_536 - 12, True), (65_536 - 11, True), (65_536, False)):
        data = tiff(entry, directory=place)
        turned = orientation.upright(PICTURE, data, 0)
        assert (turned.shape[0] == 3) is (found and place + 11 <= 65_536)
