"""Whatever kind an image is, what training gets looks as it does; or there is the reason."""

import io
import struct
import sys
import types
import warnings
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np
import pytest
from PIL import Image, JpegImagePlugin

from ic_tf_sdk import extras
from ic_tf_sdk.contract import image_cost
from ic_tf_sdk.contract.image_cost import ImageCost
from ic_tf_sdk.contract.image_header import header_of
from ic_tf_sdk.launch.local.importing import conversion
from ic_tf_sdk.launch.local.importing.conversion import Converted, converted, prepared_pillow
from ic_tf_sdk.launch.local.importing.given_file import UnusableError

NOISE = np.random.default_rng(0).integers(0, 256, (24, 32, 3), dtype=np.uint8)
PICTURE = Image.fromarray(NOISE).resize((64, 48), Image.Resampling.BICUBIC)


@pytest.fixture(autouse=True)
def _pillow() -> Iterator[None]:
    with prepared_pillow():
        yield


def encoded(kind: str, picture: Image.Image = PICTURE, **options: Any) -> bytes:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def opened(found: Converted) -> Image.Image:
    assert found.content is not None
    picture = Image.open(io.BytesIO(found.content))
    picture.load()
    assert found.suffix == {"JPEG": ".jpg", "PNG": ".png"}[str(picture.format)]
    return picture


def refused(content: bytes) -> str:
    with pytest.raises(UnusableError) as caught:
        converted(content)
    return str(caught.value)


@pytest.mark.parametrize(("kind", "suffix"), [("JPEG", ".jpg"), ("PNG", ".png")])
def test_what_training_takes_stays_as_it_is(kind: str, suffix: str) -> None:
    content = encoded(kind)
    assert converted(content) == Converted(None, suffix, kind, "")
    for count in (10, len(content) // 2):
        assert refused(content[:count]).startswith(f"damaged {kind}: ")


def test_what_a_header_is_refused_for_is_said_as_training_says_it() -> None:
    content = bytearray(encoded("PNG"))
    content[16:24] = struct.pack(">II", 20_000, 20_000)
    problem = header_of(io.BytesIO(bytes(content)), "").problem
    assert problem is not None
    assert refused(bytes(content)) == problem


def test_broken_data_behind_a_sound_header_is_damage() -> None:
    content = bytearray(encoded("PNG"))
    place = content.index(b"IDAT") + 20
    content[place : place + 40] = bytes(40)
    assert refused(bytes(content)).startswith("damaged PNG: ")


def test_a_lossy_kind_becomes_a_jpeg_of_full_colours() -> None:
    profile = b"profile" * 20
    content = encoded("WEBP", quality=95, icc_profile=profile)
    found = converted(content)
    assert (found.kind, found.note) == ("WebP", "")
    picture = opened(found)
    assert JpegImagePlugin.get_sampling(picture) == 0
    assert picture.info["icc_profile"] == profile
    # The tables of quality 95.
    expected = Image.open(io.BytesIO(encoded("JPEG", quality=95)))
    assert picture.quantization == expected.quantization  # type: ignore[attr-defined]
    given = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"), int)
    assert np.abs(np.asarray(picture, int) - given).mean() < 3


@pytest.mark.parametrize(
    ("kind", "options"), [("TIFF", {}), ("BMP", {}), ("TIFF", {"compression": "tiff_lzw"})]
)
def test_an_exact_kind_stays_exact(kind: str, options: dict[str, str]) -> None:
    found = converted(encoded(kind, **options))
    assert (found.kind, found.note) == (kind, "")
    np.testing.assert_array_equal(np.asarray(opened(found)), np.asarray(PICTURE))


def test_plain_maps_of_pixels_are_known_by_their_first_two_letters() -> None:
    for mode in ("RGB", "L", "1"):
        found = converted(encoded("PPM", PICTURE.convert(mode)))
        assert (found.kind, found.suffix) == ("PPM", ".png")
    plain = converted(b"P3\n2 1\n255\n255 0 0 0 0 255\n")
    assert (plain.kind, plain.suffix) == ("PPM", ".png")
    assert opened(plain).getpixel((1, 0)) == (0, 0, 255)
    assert refused(b"<html><body>") == "HTML or XML"
    assert refused(b"P7 something else") in ("text", "unknown content")
    assert refused(b"just words") == "text"
    assert refused(bytes(range(200))) == "unknown content"


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("RGB", "RGB"), ("L", "L"), ("1", "L"), ("CMYK", "RGB"), ("RGBA", "RGBA"), ("LA", "RGBA")],
)
def test_colours_and_transparency_are_kept(mode: str, expected: str) -> None:
    picture = opened(converted(encoded("TIFF", PICTURE.convert(mode))))
    assert (picture.mode, picture.size) == (expected, (64, 48))


def test_a_lossy_picture_that_is_partly_clear_stays_exact() -> None:
    clear = PICTURE.convert("RGBA")
    clear.putalpha(Image.fromarray(np.full((48, 64), 100, np.uint8)))
    found = converted(encoded("WEBP", clear, lossless=True))
    assert found.suffix == ".png"
    assert opened(found).getextrema()[3] == (100, 100)


def test_a_clear_colour_of_a_palette_is_kept() -> None:
    picture = PICTURE.convert("P")
    found = converted(encoded("GIF", picture, transparency=picture.getpixel((0, 0))))
    assert opened(found).getpixel((0, 0))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize(("count", "note"), [(1, ""), (2, "the first of 2 pictures")])
def test_of_several_pictures_the_first_is_taken_and_told(count: int, note: str) -> None:
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue")][:count]
    found = converted(encoded("GIF", frames[0], save_all=True, append_images=frames[1:]))
    assert (found.kind, found.note) == ("GIF", note)
    assert opened(found).convert("RGB").getpixel((5, 5)) == (255, 0, 0)


@pytest.mark.parametrize("kind", ["TIFF", "WEBP"])
def test_a_picture_is_turned_as_its_notes_say(kind: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    clear = PICTURE.convert("RGBA")
    clear.putalpha(200)
    found = opened(converted(encoded(kind, clear, exif=exif, lossless=True)))
    assert found.size == (48, 64)
    np.testing.assert_array_equal(np.asarray(found), np.rot90(np.asarray(clear), -1))


def wide(values: list[list[float]], kind: Any) -> bytes:
    return encoded("TIFF", Image.fromarray(np.array(values, kind)))


@pytest.mark.parametrize("kind", [np.uint16, np.int32])
def test_sixteen_bits_become_eight(kind: Any) -> None:
    found = opened(converted(wide([[0, 257, 25700, 65535]], kind)))
    assert found.mode == "L"
    np.testing.assert_allclose(np.asarray(found), [[0, 1, 100, 255]], atol=1)
    assert found.getextrema() == (0, 255)


def test_values_of_an_unknown_range_are_refused() -> None:
    for values in ([[0, 65536]], [[-1, 5]]):
        assert refused(wide(values, np.int32)).startswith("values of 32 bit, of unknown range")
    fraction = refused(wide([[0.5, 1.0]], np.float32))
    assert fraction == "values with a fraction, of unknown range; save it with 8 or 16 bit"


def test_more_pixels_than_training_takes_are_refused_before_they_are_read() -> None:
    header = struct.pack("<IiiHHIIiiII", 40, 20_000, 20_000, 1, 24, 0, 0, 0, 0, 0, 0)
    content = b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + header
    assert refused(content) == image_cost.excess(ImageCost(20_000, 20_000, 1))


def test_a_decoder_that_lacks_memory_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(error: Exception) -> Any:
        def load(_: Any) -> None:
            raise error

        return load

    monkeypatch.setattr("PIL.BmpImagePlugin.BmpImageFile.load", fails(MemoryError()))
    assert refused(encoded("BMP")) == "not enough memory to decode it"
    monkeypatch.setattr("PIL.BmpImagePlugin.BmpImageFile.load", fails(OSError("two\nlines")))
    assert refused(encoded("BMP")) == "damaged BMP: two lines"
    monkeypatch.setattr("PIL.BmpImagePlugin.BmpImageFile.load", fails(OSError()))
    assert refused(encoded("BMP")) == "damaged BMP: OSError"


@pytest.mark.parametrize("kind", ["WEBP", "AVIF"])
def test_a_kind_that_pillow_cannot_read_is_told(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content, image = encoded(kind), extras.load("PIL.Image")
    for name in (kind, "HEIF"):
        monkeypatch.delitem(image.OPEN, name, raising=False)
    assert refused(content) == f"{kind}, which this Pillow does not read; install a newer one"


def test_what_cannot_be_written_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    content = encoded("BMP")

    def full(*_: Any, **__: Any) -> None:
        raise ValueError("no colours")

    monkeypatch.setattr("PIL.Image.Image.save", full)
    assert refused(content) == "it cannot be converted: no colours"


def test_what_loses_something_already_may_lose_a_little_more_and_nothing_else() -> None:
    lossy = {kind for kind, (_, loses) in conversion._KINDS.items() if loses}
    assert lossy == {"WebP", "HEIC", "AVIF", "JPEG 2000"}


@pytest.mark.parametrize(
    ("there", "taken"),
    [(["pi_heif", "pillow_heif"], "pi_heif"), (["pillow_heif"], "pillow_heif"), ([], None)],
)
def test_one_reader_of_heic_is_taken_where_there_is_one(
    there: list[str], taken: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    for name in ("pi_heif", "pillow_heif"):
        reader: Any = types.ModuleType(name)
        reader.register_heif_opener = partial(asked.append, name)
        monkeypatch.setitem(sys.modules, name, reader)
    monkeypatch.setattr(conversion, "find_spec", lambda name: name if name in there else None)
    conversion._READING.release()
    with prepared_pillow():
        pass
    conversion._READING.acquire()
    assert asked == ([] if taken is None else [taken])


def test_a_heic_photo_without_its_reader_names_the_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(conversion, "find_spec", lambda _: None)
    content = struct.pack(">I", 24) + b"ftypheic" + bytes(4) + b"mif1heic" + bytes(40)
    assert refused(content).startswith("HEIC, which needs the package pi-heif (")


def test_the_limit_and_the_warnings_of_pillow_are_as_before_afterwards() -> None:
    image = extras.load("PIL.Image")
    conversion._READING.release()
    try:
        before, image.MAX_IMAGE_PIXELS = image.MAX_IMAGE_PIXELS, 7
        with prepared_pillow():
            assert image.MAX_IMAGE_PIXELS is None
            warnings.warn("of a broken note", UserWarning, stacklevel=1)
        assert image.MAX_IMAGE_PIXELS == 7
        image.MAX_IMAGE_PIXELS = before
    finally:
        conversion._READING.acquire()
