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
