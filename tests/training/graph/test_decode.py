"""Decoding, orientation and resizing, eager and in a graph, against Pillow."""

import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps

from ic_tf_sdk.contract.image_header import read_header
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


def tiff(order: str, orientation: int, *, long: bool = False) -> bytes:
    """EXIF with one entry, the orientation as a SHORT or as a LONG."""
    start = (b"II*\0" if order == "<" else b"MM\0*") + struct.pack(f"{order}LH", 8, 1)
    entry = struct.pack(f"{order}HHL", 0x0112, 4 if long else 3, 1)
    value = struct.pack(f"{order}L" if long else f"{order}HH", *([orientation] + [0] * (not long)))
    return start + entry + value + bytes(4)


def app(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">L", len(body)) + name + body + struct.pack(">L", zlib.crc32(name + body))


def turned_as_pillow_and_noted(decode: Callable[[bytes], Any], data: bytes, tmp_path: Path) -> None:
    expected = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
    pixels = decode(data)
    assert pixels.shape == expected.shape
    assert np.abs(pixels.astype(int) - expected).max() <= 8
    (tmp_path / "x.png").write_bytes(data)
    assert "turned by EXIF" in read_header(tmp_path / "x.png").notes


@pytest.mark.parametrize("orientation", [2, 6, 8])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("long", [False, True], ids=["short", "long"])
def test_either_size_of_the_tag_in_either_byte_order_turns(
    decode: Callable[[bytes], Any], orientation: int, order: str, long: bool, tmp_path: Path
) -> None:
    exif = tiff(order, orientation, long=long)
    jpeg, png = encoded(picture(), "JPEG", quality=95), encoded(picture(), "PNG")
    jpeg = jpeg[:2] + app(0xE1, b"Exif\0\0" + exif) + jpeg[2:]
    turned_as_pillow_and_noted(decode, jpeg, tmp_path)
    turned_as_pillow_and_noted(decode, png[:33] + chunk(b"eXIf", exif) + png[33:], tmp_path)


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "P"])
def test_a_png_is_turned_by_exif_before_or_behind_its_pixels(
    decode: Callable[[bytes], Any], mode: str, tmp_path: Path
) -> None:
    png, exif = encoded(picture().convert(mode), "PNG"), chunk(b"eXIf", tiff(">", 6))
    turned_as_pillow_and_noted(decode, png[:33] + exif + png[33:], tmp_path)
    turned_as_pillow_and_noted(decode, png[:-12] + exif + png[-12:], tmp_path)


@pytest.mark.parametrize("segments", [3, 9, 40])
@pytest.mark.parametrize(
    ("marker", "name"),
    [(0xE2, b"ICC_PROFILE\0"), (0xE1, b"http://ns.adobe.com/xmp/extension/\0"), (0xED, b"8BIM\0")],
    ids=["colour profile", "XMP", "Photoshop"],
)
def test_exif_behind_large_segments_turns(
    decode: Callable[[bytes], Any], marker: int, name: bytes, segments: int, tmp_path: Path
) -> None:
    data = encoded(picture(), "JPEG", quality=95)
    # A profile numbers its segments; what is in the others does not matter here.
    before = [
        app(marker, name + bytes([number, segments]) + bytes(65_000))
        for number in range(1, segments + 1)
    ]
    exif = app(0xE1, b"Exif\0\0" + tiff("<", 6))
    turned_as_pillow_and_noted(decode, data[:2] + b"".join(before) + exif + data[2:], tmp_path)


def test_exif_of_a_png_counts_in_the_first_and_the_last_64_kib(
    decode: Callable[[bytes], Any],
) -> None:
    png, exif = encoded(picture(), "PNG"), chunk(b"eXIf", tiff(">", 6))
    text = chunk(b"tEXt", b"Comment\0" + bytes(100_000))
    far = decode(png[:33] + text + exif + text + png[33:])
    near = decode(png[:33] + exif + text + text + png[33:])
    assert np.array_equal(far, np.asarray(picture()))
    assert np.array_equal(near, np.rot90(np.asarray(picture()), 3))


@pytest.mark.parametrize(
    "body",
    [b"", b"II", b"MM\0*\0\0\0\x08\xff\xff", tiff(">", 9), tiff(">", 6)[:-8], b"no EXIF"],
    ids=["empty", "cut", "no entries", "nine", "cut value", "text"],
)
def test_a_broken_exif_chunk_means_upright(decode: Callable[[bytes], Any], body: bytes) -> None:
    png = encoded(picture(), "PNG")
    with_chunk = png[:33] + chunk(b"eXIf", body) + png[33:]
    assert np.array_equal(decode(with_chunk), np.asarray(picture()))


def test_the_name_of_the_exif_chunk_in_text_means_upright(decode: Callable[[bytes], Any]) -> None:
    text = chunk(b"tEXt", b"Comment\0eXIf" + tiff(">", 6))
    png = encoded(picture(), "PNG")
    assert np.array_equal(decode(png[:33] + text + png[33:]), np.asarray(picture()))
    # What follows the end of the picture is another file's.
    other = png[:33] + chunk(b"eXIf", tiff(">", 6)) + png[33:]
    assert np.array_equal(decode(png + other), np.asarray(picture()))


def test_a_key_colour_is_white(decode: Callable[[bytes], Any]) -> None:
    pixels = np.asarray(picture()).copy()
    pixels[3:6] = (10, 20, 30)
    png = encoded(Image.fromarray(pixels), "PNG", transparency=(10, 20, 30))
    pixels[3:6] = 255
    assert np.array_equal(decode(png), pixels)


def test_a_picture_of_several_strips_is_laid_on_white_as_one(
    decode: Callable[[bytes], Any],
) -> None:
    image = picture(700, 801).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size))
    pixels, alpha = np.asarray(image)[..., :3] / 1.0, np.asarray(image)[..., 3:] / 255
    expected = np.round(pixels * alpha + 255 * (1 - alpha))
    assert np.abs(decode(encoded(image, "PNG", compress_level=1)) - expected).max() <= 1


def test_pictures_that_are_laid_on_white_side_by_side_are_as_each_alone() -> None:
    """Each is written strip by strip in its place, which must be its own."""
    import tensorflow as tf

    from ic_tf_sdk.training.graph.decode import decode as decode_file

    images = []
    for size in ((700, 801), (900, 640), (700, 801)):
        image = picture(*size).convert("RGBA")
        image.putalpha(Image.linear_gradient("L").resize(image.size).rotate(90 * len(images)))
        images.append(encoded(image, "PNG", compress_level=1))

    @tf.function
    def together(files: Any) -> Any:
        one, other = decode_file(files[0]), decode_file(files[0])
        sums = tf.map_fn(
            lambda file: tf.reduce_sum(tf.cast(decode_file(file), tf.int64)),
            files,
            fn_output_signature=tf.int64,
            parallel_iterations=3,
        )
        return one, other, sums

    alone = [decode_file(tf.constant(image)).numpy() for image in images]
    one, other, sums = together(tf.constant(images))
    assert np.array_equal(one, alone[0])
    assert np.array_equal(other, alone[0])
    assert [int(value) for value in sums] == [int(pixels.sum()) for pixels in alone]


def test_an_ios_png_is_refused_as_that(decode: Callable[[bytes], Any]) -> None:
    import tensorflow as tf

    png = encoded(picture(), "PNG")
    with pytest.raises(tf.errors.InvalidArgumentError, match="optimised for iOS"):
        decode(png[:8] + chunk(b"CgBI", b"P\0 \2") + png[8:])


MEMORY = """
import io, resource, sys
import tensorflow as tf
from PIL import Image
from ic_tf_sdk.training.graph.decode import decode
run = tf.function(decode, input_signature=[tf.TensorSpec([], tf.string)])
def png(size):
    stream = io.BytesIO()
    Image.new(sys.argv[1], (size, size), (200, 30, 40, 100)[: len(sys.argv[1])]).save(stream, "PNG")
    return stream.getvalue()
small, large = png(8), open(sys.argv[2], "rb").read()
run(small)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
run(large)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print((after - before) * 1024 / 4000**2)
"""


@pytest.mark.parametrize(("mode", "most"), [("RGB", 9), ("RGBA", 9)])
def test_a_small_png_of_many_pixels_takes_little_memory(
    tmp_path: Path, mode: str, most: int
) -> None:
    path = tmp_path / "large.png"
    # Made here: the other process's peak must be the decoder's.
    Image.new(mode, (4000, 4000), (200, 30, 40, 100)[: len(mode)]).save(path)
    command = [sys.executable, "-c", MEMORY, mode, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    assert float(done.stdout) <= most


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
