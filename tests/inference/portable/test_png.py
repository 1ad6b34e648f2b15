"""A PNG's pixels and its refusals, of files written byte by byte."""

import struct
import zlib
from typing import Any

import numpy as np
import pytest

from ic_tf_sdk.inference.portable import png
from ic_tf_sdk.inference.portable.undecodable_error import UndecodableError

MAGIC = b"\x89PNG\r\n\x1a\n"
GREY, RGB, PALETTE, GREY_ALPHA, RGB_ALPHA = 0, 2, 3, 4, 6
COLOURS = bytes(range(10, 22))  # four of them


def chunk(name: bytes, content: bytes, *, damage: int = 0) -> bytes:
    checksum = zlib.crc32(name + content) ^ damage
    return struct.pack(">L", len(content)) + name + content + struct.pack(">L", checksum)


def header(width: int, height: int, depth: int, colour: int, *rest: int) -> bytes:
    return chunk(
        b"IHDR", struct.pack(">LLBBBBB", width, height, depth, colour, *(rest or (0,) * 3))
    )


def pixels(*rows: bytes) -> bytes:
    return chunk(b"IDAT", zlib.compress(b"".join(b"\0" + row for row in rows)))


END = chunk(b"IEND", b"")


def picture(width: int, depth: int, colour: int, rows: list[bytes], *between: bytes) -> bytes:
    head = header(width, len(rows), depth, colour)
    return b"".join([MAGIC, head, *between, pixels(*rows), END])


def decoded(data: bytes) -> Any:
    found = png.decode(data)
    assert found.dtype == np.uint8
    return found.tolist()


def grey(*values: int) -> list[list[int]]:
    return [[value] * 3 for value in values]


PLAIN = picture(2, 8, RGB, [bytes([1, 2, 3, 4, 5, 6]), bytes([7, 8, 9, 250, 251, 252])])
PLAIN_PIXELS = [[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [250, 251, 252]]]


def test_colours_are_as_they_are_stored() -> None:
    assert png.size(PLAIN) == (2, 2)
    assert decoded(PLAIN) == PLAIN_PIXELS
    deep = picture(2, 16, RGB, [bytes([1, 99, 2, 99, 3, 99, 4, 0, 5, 0, 6, 255])])
    assert png.size(deep) == (1, 2)
    assert decoded(deep) == [[[1, 2, 3], [4, 5, 6]]]


@pytest.mark.parametrize(
    ("depth", "row", "values"),
    [
        (1, b"\x60", (0, 255, 255)),
        (2, b"\x1b", (0, 85, 170)),
        (4, b"\x0f\x70", (0, 255, 119)),
        (8, b"\0\xff\x07", (0, 255, 7)),
        (16, b"\0\xff\xff\0\x07\x80", (0, 255, 7)),
    ],
)
def test_greys_of_every_depth_are_spread_over_all_of_the_range(
    depth: int, row: bytes, values: tuple[int, ...]
) -> None:
    assert decoded(picture(3, depth, GREY, [row])) == [grey(*values)]


@pytest.mark.parametrize(("depth", "row"), [(1, b"\x60"), (2, b"\x14"), (4, b"\x01\x10")])
def test_a_palette_gives_its_colours_and_black_behind_its_end(depth: int, row: bytes) -> None:
    places = [0, 1, 1]
    table = chunk(b"PLTE", COLOURS[:6])
    expected = [[list(COLOURS[3 * place : 3 * place + 3]) for place in places]]
    assert decoded(picture(3, depth, PALETTE, [row], table)) == expected
    wide = picture(3, 8, PALETTE, [bytes([3, 4, 255])], chunk(b"PLTE", COLOURS))
    assert decoded(wide) == [[list(COLOURS[9:]), [0, 0, 0], [0, 0, 0]]]


def test_of_a_palette_each_colour_may_let_the_white_through() -> None:
    table = chunk(b"PLTE", COLOURS)
    row = [bytes([0, 1, 2])]
    found = decoded(picture(3, 8, PALETTE, row, table, chunk(b"tRNS", bytes([0, 51]))))
    assert found == [[[255] * 3, [(51 * c + 255 * 204 + 127) // 255 for c in COLOURS[3:6]],
                      list(COLOURS[6:9])]]  # fmt: skip
    long = chunk(b"PLTE", bytes(3 * 255) + b"\1\2\3")
    for count, colour in ((254, [1, 2, 3]), (256, [255, 255, 255])):
        key = chunk(b"tRNS", b"\xff" * (count - 1) + b"\0")
        assert decoded(picture(1, 8, PALETTE, [b"\xff"], long, key)) == [[colour]]


@pytest.mark.parametrize(
    ("depth", "colours", "count", "is_taken"),
    [(8, 4, 4, True), (8, 4, 5, False), (8, 4, 0, False), (2, 5, 4, True), (2, 5, 5, False)],
)
def test_a_transparency_of_more_colours_than_there_are_is_none(
    depth: int, colours: int, count: int, is_taken: bool
) -> None:
    table, key = chunk(b"PLTE", bytes(range(3 * colours))), chunk(b"tRNS", bytes(count))
    found = decoded(picture(1, depth, PALETTE, [b"\0"], table, key))
    assert found == [[[255] * 3 if is_taken else [0, 1, 2]]]


def test_a_transparency_counts_behind_the_palette_and_before_the_pixels() -> None:
    head, table, key = header(1, 1, 8, PALETTE), chunk(b"PLTE", COLOURS), chunk(b"tRNS", b"\0")
    rows = pixels(b"\0")
    assert decoded(b"".join([MAGIC, head, table, key, rows, END])) == [[[255] * 3]]
    for parts in ([key, table, rows], [table, rows, key], [table, rows, chunk(b"tEXt", b""), key]):
        assert decoded(b"".join([MAGIC, head, *parts, END])) == [[list(COLOURS[:3])]]
    # The first that counts is taken.
    long = chunk(b"tRNS", b"\xff" * 5)
    assert decoded(b"".join([MAGIC, head, table, long, key, rows, END])) == [[[255] * 3]]
    key = chunk(b"tRNS", bytes([0, 1, 0, 2, 0, 3]))
    plain = b"".join([MAGIC, header(1, 1, 8, RGB), pixels(b"\1\2\3"), key, END])
    assert decoded(plain) == [[[1, 2, 3]]]


def test_a_palette_comes_once_and_before_the_pixels() -> None:
    table, rows = chunk(b"PLTE", COLOURS), pixels(b"\0")
    for colour in (PALETTE, RGB):
        refused(b"".join([MAGIC, header(1, 1, 8, colour), table, table, rows, END]))
    refused(b"".join([MAGIC, header(1, 1, 8, PALETTE), rows, table, END]))
    # Of a picture that needs none it is passed over.
    behind = [header(1, 1, 8, RGB), pixels(b"\1\2\3"), table, END]
    assert decoded(b"".join([MAGIC, *behind])) == [[[1, 2, 3]]]


def test_a_palette_of_more_than_256_colours_is_refused() -> None:
    for count, is_known in ((256, True), (257, False)):
        table = bytes(3 * count)
        content = struct.pack(">LLBBBBB", 1, 1, 8, PALETTE, 0, 0, 0)
        found = png._header({b"IHDR": content, b"PLTE": table})
        assert (found is not None) is is_known
        assert decoded(picture(1, 8, RGB, [b"\1\2\3"], chunk(b"PLTE", table))) == [[[1, 2, 3]]]


def test_a_picture_of_few_colours_that_lets_through_no_less_than_its_depth_is_opaque() -> None:
    # TensorFlow's rule: the most of two bits is 3.
    table = chunk(b"PLTE", COLOURS)
    for share, red in ((3, 10), (2, 253)):
        found = decoded(
            picture(4, 2, PALETTE, [b"\x1b"], table, chunk(b"tRNS", bytes([share] * 4)))
        )
        assert found[0][0][0] == red


def test_a_picture_that_is_half_transparent_everywhere_is_laid_on_white() -> None:
    half = picture(1, 8, GREY_ALPHA, [bytes([100, 127])])
    assert decoded(half) == [grey((100 * 127 + 255 * 128 + 127) // 255)]


def test_transparency_lets_white_through_to_the_nearest_number() -> None:
    rows = [bytes([10, 20, 30, 0, 10, 20, 30, 255]), bytes([10, 20, 30, 128, 0, 1, 2, 1])]
    expected = [[[255] * 3, [10, 20, 30]], [[132, 137, 142], [254, 254, 254]]]
    assert decoded(picture(2, 8, RGB_ALPHA, rows)) == expected
    assert decoded(picture(2, 8, GREY_ALPHA, [bytes([9, 0, 9, 128])])) == [grey(255, 132)]
    deep = picture(1, 16, RGB_ALPHA, [bytes([10, 0, 20, 0, 30, 0, 128, 0])])
    assert decoded(deep) == [[[132, 137, 142]]]
    opaque = picture(1, 8, RGB_ALPHA, [bytes([10, 20, 30, 255])])
    assert decoded(opaque) == [[[10, 20, 30]]]


@pytest.mark.parametrize("rows", [1, 2, 100])
def test_it_is_laid_on_white_in_strips(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    assert png._STRIP_PIXELS == 262_144
    monkeypatch.setattr(png, "_STRIP_PIXELS", 3 * rows)
    whole = [bytes([n, 128] * 3) for n in range(5)]
    expected = [grey(*[(2 * (128 * n + 255 * 127) + 255) // 510] * 3) for n in range(5)]
    assert decoded(picture(3, 8, GREY_ALPHA, whole)) == expected
    monkeypatch.setattr(png, "_STRIP_PIXELS", 1)
    assert decoded(picture(3, 8, GREY_ALPHA, whole)) == expected


@pytest.mark.parametrize(
    ("depth", "row", "key", "values"),
    [
        (1, b"\x60", 1, (0, 255, 255)),
        (1, b"\x60", 0, (0, 255, 255)),
        (2, b"\x1b", 1, (0, 85, 170)),
        (4, b"\x0f\x70", 7, (0, 255, 119)),
        (8, b"\0\xff\x07", 7, (0, 255, 7)),
    ],
)
def test_one_grey_may_be_transparent(
    depth: int, row: bytes, key: int, values: tuple[int, ...]
) -> None:
    data = picture(3, depth, GREY, [row], chunk(b"tRNS", struct.pack(">H", key)))
    clear = key * 255 // ((1 << depth) - 1)
    # What is not transparent has 255 of transparency, the most of a depth of 8 alone.
    expected = grey(*(255 if one == clear else one for one in values))
    assert decoded(data) == [expected]


def test_one_colour_may_be_transparent() -> None:
    key = struct.pack(">HHH", 4, 5, 6)
    rows = [bytes([4, 5, 6, 4, 5, 7, 1, 5, 6])]
    expected = [[[255] * 3, [4, 5, 7], [1, 5, 6]]]
    assert decoded(picture(3, 8, RGB, rows, chunk(b"tRNS", key))) == expected
    # A key of another length is none, and one of a wider number is of no pixel.
    opaque = [[[4, 5, 6], [4, 5, 7], [1, 5, 6]]]
    for wrong in (key[:5], key + b"\0", struct.pack(">HHH", 256 + 4, 5, 6)):
        assert decoded(picture(3, 8, RGB, rows, chunk(b"tRNS", wrong))) == opaque
    for wrong in (b"\7", b"\0\7\0"):
        assert decoded(picture(1, 8, GREY, [b"\7"], chunk(b"tRNS", wrong))) == [grey(7)]
    deep = picture(1, 16, GREY, [b"\7\1"], chunk(b"tRNS", b"\7\1"))
    assert decoded(deep) == [grey(255)]


def test_sixteen_bits_with_a_transparent_colour_are_refused_by_name() -> None:
    key = chunk(b"tRNS", bytes(6))
    with pytest.raises(UndecodableError, match="16 bits a colour with a transparent one"):
        png.decode(picture(1, 16, RGB, [bytes(6)], key))
    assert decoded(picture(1, 16, RGB, [bytes(6)])) == [[[0, 0, 0]]]


def test_pixels_may_lie_in_several_parts_one_behind_the_other() -> None:
    packed = zlib.compress(b"\0\1\2\3" + b"\0\4\5\6")
    head, parts = header(1, 2, 8, RGB), [chunk(b"IDAT", packed[:5]), chunk(b"IDAT", packed[5:])]
    expected = [[[1, 2, 3]], [[4, 5, 6]]]
    assert decoded(b"".join([MAGIC, head, *parts, END])) == expected
    text = chunk(b"tEXt", b"between")
    refused(b"".join([MAGIC, head, parts[0], text, parts[1], END]))
    assert decoded(b"".join([MAGIC, head, text, *parts, text, END])) == expected


def refused(data: bytes) -> None:
    with pytest.raises(UndecodableError) as caught:
        png.decode(data)
    assert str(caught.value) == f"Invalid PNG data, size {len(data)}"


HEAD = header(2, 2, 8, RGB)
REST = PLAIN[len(MAGIC) + len(HEAD) :]


@pytest.mark.parametrize("end", [8, 12, 19, 20, 32, 33, 40, len(PLAIN) - 12, len(PLAIN) - 1])
def test_what_is_cut_off_is_refused(end: int) -> None:
    refused(PLAIN[:end])


def test_what_follows_its_end_is_passed_over() -> None:
    assert decoded(PLAIN + b"more") == PLAIN_PIXELS


def test_the_header_comes_first_and_once() -> None:
    text = chunk(b"tEXt", b"")
    refused(MAGIC + text + HEAD + REST)
    refused(MAGIC + HEAD + HEAD + REST)
    # Too short to have a colour, which a transparent one is held against.
    short = chunk(b"IHDR", bytes(9))
    refused(MAGIC + short + chunk(b"tRNS", bytes(2)) + REST)
    assert decoded(MAGIC + HEAD + text + REST) == PLAIN_PIXELS


def test_damage_counts_in_what_the_picture_is_made_of_alone() -> None:
    body = struct.pack(">LLBBBBB", 2, 2, 8, 2, 0, 0, 0)
    refused(MAGIC + chunk(b"IHDR", body, damage=1) + REST)
    refused(PLAIN[:-12] + chunk(b"IEND", b"", damage=1))
    packed = zlib.compress(b"\0" + bytes(3))
    refused(MAGIC + header(1, 1, 8, RGB) + chunk(b"IDAT", packed, damage=1) + END)
    assert decoded(MAGIC + HEAD + chunk(b"tEXt", b"x", damage=1) + REST) == PLAIN_PIXELS
    # A transparent colour that is damaged is none; the first that is whole counts.
    keys = [bytes([0, 1, 0, 2, 0, 3]), bytes([0, 4, 0, 5, 0, 6])]
    for damage, place in ((1, (0, 1)), (0, (0, 0))):
        both = chunk(b"tRNS", keys[0], damage=damage) + chunk(b"tRNS", keys[1])
        found = decoded(MAGIC + HEAD + both + REST)
        assert found[place[0]][place[1]] == [255] * 3
        assert sum(pixel == [255] * 3 for row in found for pixel in row) == 1


@pytest.mark.parametrize(
    ("name", "is_known"),
    [(b"tEXt", True), (b"TEXt", False), (b"tEX1", False), (b"t-Xt", False), (b"zzzz", True)],
)
def test_a_part_that_nobody_knows_may_be_there_where_its_name_says_so(
    name: bytes, is_known: bool
) -> None:
    data = MAGIC + HEAD + chunk(name, b"") + REST
    if is_known:
        assert decoded(data) == PLAIN_PIXELS
    else:
        refused(data)


def test_without_pixels_there_is_no_picture() -> None:
    refused(MAGIC + HEAD + END)
    refused(MAGIC + HEAD + chunk(b"IDAT", zlib.compress(b"")) + END)
    refused(MAGIC + HEAD + chunk(b"IDAT", b"no such stream") + END)
    refused(MAGIC + END)


KNOWN = {GREY: (1, 2, 4, 8, 16), RGB: (8, 16), PALETTE: (1, 2, 4, 8), GREY_ALPHA: (8, 16)}
KNOWN[RGB_ALPHA] = KNOWN[RGB]


@pytest.mark.parametrize("colour", range(8))
@pytest.mark.parametrize("depth", [0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 32])
def test_each_colour_has_its_depths(colour: int, depth: int) -> None:
    chunks = {b"IHDR": struct.pack(">LLBBBBB", 1, 1, depth, colour, 0, 0, 0), b"PLTE": b"123"}
    assert (png._header(chunks) is not None) is (depth in KNOWN.get(colour, ()))


@pytest.mark.parametrize(
    ("rest", "is_known"),
    [((0, 0, 0), True), ((0, 0, 1), True), ((1, 0, 0), False), ((0, 1, 0), False),
     ((0, 0, 2), False)],
)  # fmt: skip
def test_how_it_is_packed_is_one_of_two_ways(rest: tuple[int, int, int], is_known: bool) -> None:
    content = struct.pack(">LLBBBBB", 1, 1, 8, RGB, *rest)
    assert (png._header({b"IHDR": content}) is not None) is is_known
    if is_known:
        found = png._header({b"IHDR": content})
        assert found == (1, 1, 8, RGB, *rest)
    for wrong in (content[:-1], content + b"\0"):
        assert png._header({b"IHDR": wrong}) is None


@pytest.mark.parametrize(
    ("colour", "table", "is_known"),
    [(PALETTE, None, False), (PALETTE, b"", False), (PALETTE, b"123", True), (PALETTE, b"1", False),
     (PALETTE, b"1234", False), (RGB, b"", True), (RGB, b"12", False), (RGB, b"123456", True)],
)  # fmt: skip
def test_a_palette_is_of_whole_colours(colour: int, table: bytes | None, is_known: bool) -> None:
    chunks = {b"IHDR": struct.pack(">LLBBBBB", 1, 1, 8, colour, 0, 0, 0)}
    if table is not None:
        chunks[b"PLTE"] = table
    assert (png._header(chunks) is not None) is is_known


def test_a_picture_of_seven_passes_is_put_together() -> None:
    one = MAGIC + header(1, 1, 8, RGB, 0, 0, 1) + pixels(b"\1\2\3") + END
    assert decoded(one) == [[[1, 2, 3]]]


def test_the_size_is_read_of_what_is_there() -> None:
    assert png.size(PLAIN[:24]) == (2, 2)
    assert png.size(MAGIC + header(0, 0, 8, RGB)) == (0, 0)
    assert png.size(b"") == (0, 0)
    tall = MAGIC + header(5, 300, 8, RGB)
    assert png.size(tall) == (300, 5)
    assert png.size(tall[:22]) == (0, 5)
    assert png.size(tall[:23]) == (256, 5)
    with pytest.raises(UndecodableError, match="CgBI"):
        png.size(MAGIC + chunk(b"CgBI", b"P\0 \2") + HEAD)
