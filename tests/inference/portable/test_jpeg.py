"""What of a JPEG is read before it is decoded, and how its colours are asked for and mixed."""

import io
import struct
from typing import Any

import numpy as np
import pytest
import simplejpeg
from PIL import Image

from ic_tf_sdk.contract.image_cost import MAX_SEGMENTS
from ic_tf_sdk.inference.portable import jpeg
from ic_tf_sdk.inference.portable.undecodable_error import UndecodableError

START, SCAN = b"\xff\xd8", b"\xff\xda\0\2"


def segment(code: int, content: bytes) -> bytes:
    return bytes([0xFF, code]) + struct.pack(">H", len(content) + 2) + content


def frame(code: int = 0xC0, height: int = 7, width: int = 300, components: int = 3) -> bytes:
    return segment(code, struct.pack(">BHHB", 8, height, width, components))


ADOBE = segment(0xEE, b"Adobe\0")


def refused(data: bytes) -> None:
    with pytest.raises(UndecodableError, match=f"^Invalid JPEG data, size {len(data)}$"):
        jpeg.size(data)


def test_the_size_is_that_of_the_frame_whatever_comes_before() -> None:
    assert jpeg.size(START + frame() + SCAN) == (7, 300)
    for code in (0xC0, 0xC1, 0xC2):
        found = jpeg._frame(START + segment(0xE0, b"JFIF") + frame(code) + SCAN)
        assert found == (7, 300, 3, code == 0xC2, False)
    # Tables, fill bytes, what belongs to nothing, and markers without a length.
    before = segment(0xC4, bytes(9)) + segment(0xC8, bytes(9)) + segment(0xCC, bytes(9))
    before += b"xy" + b"\xff\0" + b"\xff\xff" + b"\xff\x01" + b"\xff\xd0" + b"\xff\xd7\xff\xd8"
    assert jpeg.size(START + before + frame() + SCAN) == (7, 300)
    # Of several the last counts.
    assert jpeg.size(START + frame() + frame(height=9) + SCAN) == (9, 300)
    # A length below its own two bytes counts as they.
    assert jpeg.size(START + b"\xff\xe0\0\0" + frame() + SCAN) == (7, 300)
    # Within a segment nothing is a marker.
    for before, behind in ((b"", frame()), (frame(), b"")):
        inside = segment(0xE0, frame(height=1) + b"x")
        assert jpeg.size(START + before + inside + behind + SCAN) == (7, 300)


@pytest.mark.parametrize("code", [0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF])
def test_a_frame_that_is_not_decoded_is_refused(code: int) -> None:
    refused(START + frame() + frame(code) + SCAN)


@pytest.mark.parametrize("code", [0xBF, 0xD9 + 1 + 0xF, 0xDB, 0xFE])
def test_what_is_no_frame_is_passed_over(code: int) -> None:
    refused(START + frame(code) + SCAN)
    assert jpeg.size(START + frame(code, height=1) + frame() + SCAN) == (7, 300)


def test_a_frame_is_refused_that_is_cut_off_or_has_no_scan() -> None:
    refused(START)
    refused(START + frame())
    refused(START + SCAN + frame())
    assert jpeg.size(START + SCAN + frame() + SCAN) == (7, 300)
    # The end of the image ends it, and has no length.
    refused(START + frame() + b"\xff\xd9\0\2" + SCAN)
    refused(START + frame()[:-1])
    # Six bytes are all that is needed of it, of which none is read behind the segment.
    assert jpeg.size(START + b"\xff\xc0\0\x02" + b"\xff\xda\0\2\0\0")  # its scan is read as a size
    refused(START + b"\xff\xc0\0\2\xff\xda\0\2\0")
    for count, is_read in ((MAX_SEGMENTS - 2, True), (MAX_SEGMENTS - 1, False)):
        data = START + segment(0xE0, b"") * count + frame() + SCAN
        if is_read:
            assert jpeg.size(data) == (7, 300)
        else:
            refused(data)


@pytest.mark.parametrize("adobe", [ADOBE, segment(0xEE, b"Adobe" + bytes(20))])
def test_photoshops_mark_is_found_before_and_behind_the_frame(adobe: bytes) -> None:
    for data in (adobe + frame(), frame() + adobe, adobe + segment(0xEE, b"Other") + frame()):
        assert jpeg._frame(START + data + SCAN).adobe is True
    for other in (segment(0xEE, b"Adobf"), segment(0xED, b"Adobe"), segment(0xEE, b"xAdobe")):
        assert jpeg._frame(START + other + frame() + SCAN).adobe is False


def encoded(image: Image.Image, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, "JPEG", **options)
    return stream.getvalue()


def noise(mode: str, width: int = 21, height: int = 13) -> Image.Image:
    channels = {"L": 1, "RGB": 3, "CMYK": 4}[mode]
    values = np.random.default_rng(3).integers(0, 256, (height, width, channels), np.uint8)
    return Image.frombytes(mode, (width, height), values.tobytes())


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_colours_are_libjpegs_of_its_faster_transform(mode: str) -> None:
    data = encoded(noise(mode), quality=60, subsampling=2)
    expected, slower, faster = (
        simplejpeg.decode_jpeg(data, "RGB", fastdct=fast, fastupsample=rough)
        for fast, rough in ((True, False), (False, False), (True, True))
    )
    found = jpeg.decode(data)
    assert (found == expected).all()
    assert not (found == slower).all()
    assert mode == "L" or not (found == faster).all()


@pytest.mark.parametrize("height", [1, 255, 256, 257, 600])
def test_printing_colours_are_mixed_strip_by_strip(height: int) -> None:
    inks = np.random.default_rng(3).integers(0, 256, (height, 2, 4), np.uint8)
    wide = inks.astype(int)
    inverted = wide[..., :3] * wide[..., 3:] // 255
    assert (jpeg._mixed(inks, inverted=True) == inverted).all()
    wide = 255 - wide
    assert (jpeg._mixed(inks, inverted=False) == wide[..., :3] * wide[..., 3:] // 255).all()
    assert jpeg._mixed(inks, inverted=True).dtype == np.uint8


def test_printing_colours_are_inverted_by_photoshops_mark() -> None:
    data = encoded(noise("CMYK"), quality=95)
    inks = simplejpeg.decode_jpeg(data, "CMYK", fastdct=True, fastupsample=False)
    at = data.index(b"\xff\xee")
    assert (jpeg.decode(data) == jpeg._mixed(inks, inverted=True)).all()
    unmarked = data[:at] + data[at + 16 :]
    inks = simplejpeg.decode_jpeg(unmarked, "CMYK", fastdct=True, fastupsample=False)
    assert (jpeg.decode(unmarked) == jpeg._mixed(inks, inverted=False)).all()


FAILED = "jpeg::Uncompress failed. Invalid JPEG data or crop window"


def test_what_is_cut_off_is_refused_and_what_is_odd_is_decoded() -> None:
    data = encoded(noise("RGB", 64, 64), quality=90)
    for end in (len(data) // 2, len(data) - 2):
        with pytest.raises(UndecodableError, match=FAILED):
            jpeg.decode(data[:end])
    # Also where libjpeg's first word is of other damage, before the end that is not there.
    with pytest.raises(UndecodableError, match=FAILED):
        jpeg.decode(data[:-2] + bytes(9) + segment(0xFE, b""))
    # The end of a picture within it, as of a camera's small one, is not its own.
    small = segment(0xE1, b"Exif" + encoded(noise("RGB", 8, 8)))
    assert (jpeg.decode(START + small + data[2:]) == jpeg.decode(data)).all()
    with pytest.raises(UndecodableError, match=FAILED):
        jpeg.decode(START + small + data[2 : len(data) // 2])
    # Bytes of nothing before the end: libjpeg warns, and the picture is whole.
    odd = data[:-2] + bytes(9) + data[-2:]
    assert (jpeg.decode(odd) == jpeg.decode(data)).all()
    with pytest.raises(ValueError, match="extraneous bytes"):
        simplejpeg.decode_jpeg(odd, strict=True)
    # Without tables nothing can be made of it.
    with pytest.raises(UndecodableError, match=FAILED):
        jpeg.decode(data.replace(b"\xff\xdb", b"\xff\xfe"))


def test_a_sampling_that_is_not_known_here_is_refused_by_name() -> None:
    data = bytearray(encoded(noise("RGB", 32, 32), subsampling=0))
    at = data.index(b"\xff\xc0")
    # The second colour as large as the first, the third smaller.
    data[at + 11] = data[at + 14] = 0x22
    with pytest.raises(UndecodableError, match="sizes that TensorFlow alone decodes"):
        jpeg.decode(bytes(data))


@pytest.mark.parametrize("progressive", [False, True])
def test_of_damage_inside_a_progressive_one_no_picture_is_made_up(progressive: bool) -> None:
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 30, 60)).save(stream, "JPEG", progressive=progressive)
    whole = stream.getvalue()
    hurt = whole[:-2] + bytes(20) + whole[-2:]
    assert jpeg.decode(whole).shape == (30, 40, 3)
    if not progressive:
        assert (jpeg.decode(hurt) == jpeg.decode(whole)).all()
        return
    with pytest.raises(UndecodableError, match="damaged progressive JPEG, of which TensorFlow"):
        jpeg.decode(hurt)
