"""Which files are decoded at all, of files written byte by byte."""

import io
import struct

import numpy as np
import pytest
from PIL import Image

from ic_tf_sdk.contract.image_cost import MAX_PIXELS
from ic_tf_sdk.inference.portable import decode as module
from ic_tf_sdk.inference.portable.decode import decode
from ic_tf_sdk.inference.portable.undecodable_error import UndecodableError


def encoded(kind: str, width: int = 3, height: int = 2) -> bytes:
    pixels = np.arange(width * height * 3, dtype=np.uint8).reshape(height, width, 3)
    stream = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels).save(stream, kind, exif=exif)
    return stream.getvalue()


def with_size(data: bytes, height: int, width: int) -> bytes:
    if data.startswith(b"\x89PNG"):
        return data[:16] + struct.pack(">ii", width, height) + data[24:]
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + struct.pack(">HH", height, width) + data[at + 4 :]


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_is_decoded_upright(kind: str) -> None:
    found = decode(encoded(kind))
    assert found.shape == (3, 2, 3)
    if kind == "PNG":
        assert found[..., 0].tolist() == [[9, 0], [12, 3], [15, 6]]


def test_another_kind_of_file_is_refused() -> None:
    for data in (b"", b"GIF89a", encoded("PNG")[1:]):
        with pytest.raises(UndecodableError, match=r"^not a JPEG or PNG image$"):
            decode(data)


@pytest.mark.parametrize("size", [(60_000, 60_000), (30_000, 0), (0, 5)])
def test_a_size_that_is_too_large_or_none_is_refused(size: tuple[int, int]) -> None:
    pixels = size[0] * size[1]
    png, jpeg = with_size(encoded("PNG"), *size), with_size(encoded("JPEG"), *size)
    said = f"image of {pixels} pixels; at most {MAX_PIXELS} are decoded"
    with pytest.raises(UndecodableError) as refused:
        decode(png)
    assert str(refused.value) == said
    with pytest.raises(UndecodableError) as refused:
        decode(jpeg)
    assert str(refused.value) == (said if pixels else f"Invalid JPEG data, size {len(jpeg)}")


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_the_most_pixels_are_decoded_and_one(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PIXELS", 6)
    assert decode(encoded(kind)).shape == (3, 2, 3)
    assert decode(encoded(kind, 1, 1)).shape == (1, 1, 3)
    with pytest.raises(UndecodableError, match="image of 8 pixels; at most 6"):
        decode(encoded(kind, 4, 2))
