"""A file that is no picture which is read is called what it is."""

import pytest

from ic_tf_sdk.contract.content_kind import apparent_type


def iso_media(major: bytes, *compatible: bytes) -> bytes:
    brands = b"".join(compatible)
    size = (16 + len(brands)).to_bytes(4, "big")
    return size + b"ftyp" + major + bytes(4) + brands + b"\0\0\x02\0meta" + bytes(40)


@pytest.mark.parametrize(
    ("brands", "kind"),
    [
        *(([brand], "HEIC") for brand in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx")),
        *(([brand, b"heic"], "HEIC") for brand in (b"mif1", b"msf1", b"mif2")),
        ([b"mif1"], "HEIC"),
        ([b"avif", b"mif1", b"miaf"], "AVIF"),
        ([b"avis", b"msf1"], "AVIF"),
        # A picture in HEIF's frame may be coded as AV1.
        ([b"mif1", b"avif"], "AVIF"),
        ([b"mif1", b"miaf", b"avif", b"xxxx"], "AVIF"),
        ([b"isom", b"mp42"], "MP4 video"),
        ([b"qt  "], "QuickTime video"),
        ([b"crx "], "Canon raw"),
    ],
)
def test_iso_media_is_told_by_its_brands(brands: list[bytes], kind: str) -> None:
    assert apparent_type(iso_media(*brands)) == kind


@pytest.mark.parametrize("size", [0, 1, 5, 2**32 - 1])
def test_a_first_box_of_any_size_is_read_without_harm(size: int) -> None:
    head = size.to_bytes(4, "big") + iso_media(b"msf1")[4:]
    assert apparent_type(head) == "HEIC"


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"GIF87a", "GIF"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", "WebP"),
        (b"RIFF\x10\0\0\0WAVEfmt ", "unknown content"),
        (b"XXXX\x10\0\0\0WEBPVP8 ", "unknown content"),
        (b"<svg>", "HTML or XML"),
        (b"\xef\xbb\xbf \r\n\t<html>", "HTML or XML"),
        (b"", "empty"),
        (b"hello", "text"),
        (b"hello\0", "unknown content"),
        (b"caf\xe9", "unknown content"),
        # Only what stands at the beginning has to be readable.
        (b"x" * 31 + b"\0", "unknown content"),
        (b"x" * 32 + b"\0", "text"),
    ],
)
def test_content_is_told_by_its_first_bytes(head: bytes, kind: str) -> None:
    assert apparent_type(head) == kind


def test_a_brand_counts_where_brands_stand_and_nowhere_else() -> None:
    # The version behind the first brand is none, nor is what follows the box.
    assert apparent_type(b"\0\0\0\x14ftypmif1avif" + b"xxxx" + b"avif" * 4) == "HEIC"
    assert apparent_type(b"\0\0\0\x18ftypmif1" + bytes(4) + b"xxxxavif") == "AVIF"
    # Of a longer box the first 64 bytes.
    filler = b"xxxx" * 11
    assert apparent_type(b"\0\0\2\0ftypmif1" + bytes(4) + filler + b"avif") == "AVIF"
    assert apparent_type(b"\0\0\2\0ftypmif1" + bytes(4) + filler + b"xxxxavif") == "HEIC"
