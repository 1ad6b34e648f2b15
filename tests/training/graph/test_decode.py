"""Decoding, orientation and resizing, eager and in a graph, against Pillow."""

import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from ic_tf_sdk.contract.pixel_range import PixelRange


@pytest.fixture(scope="module", params=["eager", "graph"])
def decode(request: pytest.FixtureRequest) -> Callable[[bytes], Any]:
    """The decoder, executed eagerly or traced into a graph."""
    import tensorflow as tf

    from ic_tf_sdk.training.graph.decode import decode as op

    if request.param == "eager":
        return lambda data: op(tf.constant(data)).numpy()
    graph = tf.function(op, input_signature=[tf.TensorSpec([], tf.string)])
    return lambda data: graph(tf.constant(data)).numpy()


def picture(width: int = 23, height: int = 17) -> Image.Image:
    x, y = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    return Image.fromarray(np.stack([x, y, 255 - x], axis=2).astype(np.uint8))


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_exif_orientation_is_applied_as_pillow_does(
    decode: Callable[[bytes], Any], orientation: int, order: str
) -> None:
    exif = Image.Exif()
    exif.endian = order
    exif[0x010F] = "maker"
    exif[0x0112] = orientation
    data = encoded(picture(), "JPEG", quality=95, exif=exif)
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    found = decode(data)
    assert found.shape == expected.shape
    assert np.abs(found.astype(int) - expected).max() <= 8


@pytest.mark.parametrize(
    "exif",
    [
        b"Exif\0\0",
        b"Exif\0\0II*\0",
        b"Exif\0\0II*\0\xff\xff\xff\xff",
        b"Exif\0\0MM\0*\0\0\0\x08\xff\xff",
        b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x63\0\0\0",
        b"Exif\0\0garbage that is no TIFF header at all, of some length",
    ],
)
def test_a_broken_exif_segment_means_upright(decode: Callable[[bytes], Any], exif: bytes) -> None:
    data = encoded(picture(), "JPEG", quality=95)
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    assert np.array_equal(decode(data[:2] + segment + data[2:]), decode(data))


@pytest.mark.parametrize("marker", [b"\xff\xfe", b"\xff\xe1"], ids=["comment", "other APP1"])
def test_the_word_exif_elsewhere_means_upright(
    decode: Callable[[bytes], Any], marker: bytes
) -> None:
    data = encoded(picture(), "JPEG", quality=95)
    text = b"made without Exif\0\0II*\0"
    segment = marker + struct.pack(">H", len(text) + 2) + text
    assert np.array_equal(decode(data[:2] + segment + data[2:]), decode(data))


def test_a_png_called_jpg_is_a_png(decode: Callable[[bytes], Any]) -> None:
    assert np.array_equal(decode(encoded(picture(), "PNG")), np.asarray(picture()))


def test_transparency_is_laid_on_white(decode: Callable[[bytes], Any]) -> None:
    image = picture().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    white = Image.new("RGBA", image.size, "white")
    expected = np.asarray(Image.alpha_composite(white, image).convert("RGB"))
    found = decode(encoded(image, "PNG"))
    assert np.abs(found.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("mode", ["L", "P", "1", "LA", "I;16"])
def test_every_png_mode_becomes_rgb(decode: Callable[[bytes], Any], mode: str) -> None:
    grey = picture().convert("L")
    image = (
        Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
        if mode == "I;16"
        else grey.convert(mode)
    )
    expected = np.asarray((grey if mode in ("I;16", "LA") else image).convert("RGB"))
    assert np.array_equal(decode(encoded(image, "PNG")), expected)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a JPEG or PNG image"),
        (b"GIF89a" + bytes(40), "not a JPEG or PNG image"),
        (b"<html>", "not a JPEG or PNG image"),
        (b"\xff\xd8\xff", "Invalid JPEG data"),
        (b"\x89PNG\r\n\x1a\n", "image of 0 pixels"),
        (encoded(picture(), "PNG")[:60], "Invalid PNG data"),
        (encoded(picture(160, 160), "JPEG")[:2000], "jpeg::Uncompress failed"),
    ],
    ids=["empty", "gif", "html", "jpeg magic", "png magic", "cut png", "cut jpeg"],
)
def test_what_is_no_readable_image_is_refused_with_its_reason(
    decode: Callable[[bytes], Any], data: bytes, reason: str
) -> None:
    import tensorflow as tf

    from ic_tf_sdk.contract.container_answer import plain_reason

    with pytest.raises(tf.errors.InvalidArgumentError) as caught:
        decode(data)
    assert reason in plain_reason(caught.value.message)


def test_a_decompression_bomb_is_refused_before_it_is_decoded(
    decode: Callable[[bytes], Any],
) -> None:
    import tensorflow as tf

    bomb = bytearray(encoded(picture(), "PNG"))
    bomb[16:24] = struct.pack(">II", 100_000, 100_000)
    with pytest.raises(tf.errors.InvalidArgumentError, match="pixels"):
        decode(bytes(bomb))


RANGES: dict[PixelRange, Callable[[Any], Any]] = {
    "0..1": lambda pixels: pixels / 255,
    "-1..1": lambda pixels: pixels / 127.5 - 1,
    "0..255": lambda pixels: pixels,
    "imagenet_mean_std": lambda pixels: (
        (pixels / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    ),
}


@pytest.mark.parametrize("pixel_range", RANGES)
def test_pixel_ranges(pixel_range: PixelRange) -> None:
    from ic_tf_sdk.training.graph.preprocessing import Preprocessing

    pixels = np.random.default_rng(1).uniform(0, 255, (2, 4, 5, 3)).astype(np.float32)
    found = Preprocessing(4, 5, "bilinear", pixel_range).normalise(pixels)
    np.testing.assert_allclose(found, RANGES[pixel_range](pixels), atol=1e-5)


@pytest.mark.parametrize(
    "interpolation",
    ["bilinear", "nearest", "bicubic", "area", "lanczos3", "lanczos5", "gaussian", "mitchellcubic"],
)
def test_each_interpolation_resizes_within_the_pixel_range_and_its_own_way(
    interpolation: str,
) -> None:
    from ic_tf_sdk.training.graph.preprocessing import Preprocessing

    noise = np.random.default_rng(2).integers(0, 2, (37, 53, 3)).astype(np.uint8) * 255
    made = {
        name: Preprocessing(16, 24, name, "0..255").resize(noise).numpy()
        for name in ("bilinear", "nearest", interpolation)
    }
    assert made[interpolation].shape == (16, 24, 3)
    assert made[interpolation].min() >= 0.0
    assert made[interpolation].max() <= 255.0
    others = {name for name in made if name != interpolation}
    assert all(not np.allclose(made[name], made[interpolation]) for name in others)


def test_real_photos_decode_as_pillow_decodes_them(
    shared: Path, decode: Callable[[bytes], Any]
) -> None:
    for path in sorted((shared / "flowers" / "test").rglob("*.jpg"))[::40]:
        expected = np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB"))
        found = decode(path.read_bytes())
        assert found.shape == expected.shape
        # The fast integer DCT differs from Pillow's in a few grey levels per pixel.
        assert np.abs(found.astype(int) - expected).mean() < 1.5
