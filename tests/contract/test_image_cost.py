"""What an image would cost is known, and bounded, before it is decoded."""

import io
import struct
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from ic_tf_sdk import settings as sdk_settings
from ic_tf_sdk.contract import image_cost, served_pixels
from ic_tf_sdk.contract.image_header import read_header
from ic_tf_sdk.errors import UserError
from tests import costly_images
from tests.training.ugly_images import every

REFUSED = list(costly_images.refused())
UGLY = [ugly.content for ugly in every() if 0 < len(ugly.content) < 50_000]


def measured(data: bytes) -> image_cost.ImageCost:
    return image_cost.measure(io.BytesIO(data))


@pytest.fixture(scope="module")
def shape() -> Any:
    """Height and width that the decoder finds."""
    import tensorflow as tf

    from ic_tf_sdk.training.graph.decode import decode

    run = tf.function(
        lambda data: tf.shape(decode(data)), input_signature=[tf.TensorSpec([], tf.string)]
    )
    return lambda data: run(tf.constant(data)).numpy()[:2].tolist()


@pytest.mark.parametrize(("name", "data", "reason"), REFUSED, ids=[one[0] for one in REFUSED])
def test_what_costs_too_much_is_refused_by_its_header(
    tmp_path: Path, name: str, data: bytes, reason: str
) -> None:
    start = time.process_time()
    assert reason in (image_cost.excess(measured(data)) or "")
    assert time.process_time() - start < 1
    path = tmp_path / "image.png"
    path.write_bytes(data)
    assert reason in (read_header(path).problem or "")


@pytest.mark.parametrize(
    "data",
    [
        costly_images.progressive_jpeg(64, 64, 100),
        costly_images.png(10, 10, before=costly_images.compressed_texts(16)),
        costly_images.png(10, 10, before=costly_images.chunk(b"teSt", b"") * 40_000),
        costly_images.png(10_000, 10_000, rows=1),
    ],
    ids=["scans", "texts", "chunks", "pixels"],
)
def test_what_is_just_below_each_limit_passes(data: bytes) -> None:
    assert image_cost.excess(measured(data), image_cost.SERVED_PIXELS) is None


def test_each_limit_is_its_number_and_one_more_is_refused() -> None:
    assert image_cost.excess(image_cost.ImageCost(178_956_970, 1)) is None
    said = image_cost.excess(image_cost.ImageCost(178_956_971, 1))
    assert said == "image of 178956971 pixels; at most 178956970 are decoded"
    served = image_cost.SERVED_PIXELS
    assert image_cost.excess(image_cost.ImageCost(10_000, 10_000), served) is None
    said = image_cost.excess(image_cost.ImageCost(100_000_001, 1), served)
    assert said == (
        "image of 100000001 pixels; at most 100000000 are served here (IC_TF_SDK_MAX_PIXELS)"
    )
    small = costly_images.progressive_jpeg(16, 16, 2)
    empty = costly_images.segment(0xFE, b"")
    more = 5000 - measured(small).parts
    assert image_cost.excess(measured(small[:2] + empty * more + small[2:])) is None
    said = image_cost.excess(measured(small[:2] + empty * (more + 1) + small[2:]))
    assert said == "image of more than 5000 segments or chunks; save it again"
    # Each has three chunks besides.
    between = costly_images.chunk(b"teSt", b"")
    png = costly_images.png(10, 10, before=between * 49_997)
    assert image_cost.excess(measured(png)) is None
    png = costly_images.png(10, 10, before=between * 49_998)
    said = image_cost.excess(measured(png))
    assert said == "image of more than 50000 segments or chunks; save it again"


def test_the_work_is_what_was_measured_of_each_kind() -> None:
    """In pixels of a baseline JPEG, of which 100 megapixels take 0.24 s of processor time."""
    hundred = {"height": 10_000, "width": 10_000}
    baseline = image_cost.ImageCost(**hundred, scans=1).work
    assert baseline == image_cost.ImageCost(**hundred).work == 100_000_000
    # A PNG with transparency took 2.9 s.
    assert image_cost.ImageCost(**hundred, scans=1, is_png=True).work == 12 * baseline
    # Two scans are three times as much, at least; ten took 0.7 s and a hundred 1.3.
    scans = {count: image_cost.ImageCost(**hundred, scans=count).work for count in (2, 9, 10, 100)}
    assert scans == {2: 3 * baseline, 9: 3 * baseline, 10: 4 * baseline, 100: 13 * baseline}


def test_every_image_of_the_wild_has_the_size_that_pillow_reads() -> None:
    compared = 0
    for ugly in every():
        if ugly.reason is None:
            with Image.open(io.BytesIO(ugly.content)) as image:
                cost = measured(ugly.content)
                assert (cost.width, cost.height) == image.size, ugly.name
                assert cost.is_png == (image.format == "PNG"), ugly.name
                assert (cost.scans > 1) == bool(image.info.get("progressive")), ugly.name
            compared += 1
    assert compared > 40


# Each marker that begins a frame; what stands between them begins tables and is no frame.
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
PROGRESSIVE = {0xC2, 0xC6, 0xCA, 0xCE}


@pytest.mark.parametrize("marker", range(0xC0, 0xD0))
def test_a_frame_has_the_size_and_a_progressive_one_more_scans(marker: int) -> None:
    frame = costly_images.segment(marker, struct.pack(">BHHB", 8, 300, 500, 1) + bytes(3))
    scan = costly_images.segment(0xDA, bytes([1, 1, 0, 0, 63, 0])) + b"\x12\xff\0\xff\xd7\x34"
    cost = measured(b"\xff\xd8" + frame + scan * 3 + b"\xff\xd9")
    assert (cost.height, cost.width) == ((300, 500) if marker in FRAMES else (0, 0))
    # The first scan of any other has all components, where a decoder stops.
    assert cost.scans == (1 if marker in FRAMES - PROGRESSIVE else 3)


@pytest.mark.parametrize("between", [0x01, *range(0xD0, 0xD9)])
def test_markers_that_have_no_length_are_stepped_over(between: int) -> None:
    """Read as a length, what follows would hide the frame."""
    frame = costly_images.segment(0xC0, struct.pack(">BHHB", 8, 300, 500, 1) + bytes(3))
    cost = measured(b"\xff\xd8\xff" + bytes([between]) + frame + b"\xff\xd9")
    assert (cost.height, cost.width, cost.parts) == (300, 500, 3)


@pytest.mark.parametrize("length", [20, 255, 256, 257, 300, 65_000])
def test_what_stands_in_a_note_is_no_frame_and_no_scan(length: int) -> None:
    """Photos carry smaller ones in their notes."""
    real = costly_images.segment(0xC2, struct.pack(">BHHB", 8, 300, 500, 1) + bytes(3))
    fake = costly_images.segment(0xC0, struct.pack(">BHHB", 8, 7, 9, 1))
    scan = costly_images.segment(0xDA, bytes([1, 1, 0, 0, 63, 0]))
    for inside in (fake, scan):
        note = costly_images.segment(0xE1, inside.rjust(length - 2, b"\0"))
        cost = measured(b"\xff\xd8" + note + real + scan + b"\xff\xd9")
        assert (cost.height, cost.width, cost.scans, cost.parts) == (300, 500, 1, 4)


def test_a_second_frame_changes_no_size_and_a_cut_one_gives_none() -> None:
    frames = [
        costly_images.segment(0xC0, struct.pack(">BHHB", 8, height, 7, 1)) for height in (300, 3)
    ]
    assert measured(b"\xff\xd8" + b"".join(frames) + b"\xff\xd9").height == 300
    # Of a frame alone its eight first bytes are what is needed.
    assert measured(b"\xff\xd8" + frames[0][:10]).height == 300
    assert measured(b"\xff\xd8" + frames[0][:9]).height == 0


@pytest.mark.parametrize("size", [1, 62, 63, 64, 65, 65_533, 65_598, 65_599, 65_600, 200_000])
def test_a_marker_is_found_wherever_the_blocks_that_are_read_end(size: int) -> None:
    frame = costly_images.segment(0xC0, struct.pack(">BHHB", 8, 300, 500, 1) + bytes(3))
    for filler in (b"\xff", b"\0"):
        cost = measured(b"\xff\xd8\xff" + filler * size + frame + b"\xff\xd9")
        assert (cost.height, cost.width) == (300, 500)


@pytest.mark.parametrize(
    ("body", "texts"),
    [
        (b"k\0\1\0\0\0", 1),
        (b"k\0\0\0\0\0", 0),
        (b"k" * 79 + b"\0\1", 1),
        (b"k" * 79 + b"\0\0", 0),
        # No keyword: a decoder passes over it.
        (b"k" * 200, 0),
        (b"", 0),
    ],
)
def test_an_international_text_counts_where_it_is_compressed(body: bytes, texts: int) -> None:
    png = costly_images.png(10, 10, before=costly_images.chunk(b"iTXt", body) * 3)
    assert measured(png).texts == 3 * texts


def test_a_png_is_read_up_to_its_end_and_its_parts_are_counted_where_they_are_asked_for() -> None:
    texts = costly_images.chunk(b"zTXt", b"k\0\0") + costly_images.chunk(b"iCCP", b"k\0\0")
    png = costly_images.png(10, 20, before=texts)
    cost = measured(png + texts)
    assert (cost.width, cost.height, cost.scans) == (10, 20, 1)
    assert (cost.parts, cost.texts) == (5, 2)
    less = image_cost.measure(io.BytesIO(png), chunks=False)
    assert (less.pixels, less.parts, less.texts) == (200, 0, 0)
    assert less.work == cost.work
    # Cut behind its size it is a PNG, and before it none.
    assert measured(png[:24]).is_png
    assert measured(png[:23]) == image_cost.ImageCost() == (0, 0, 0, 0, 0, False)


def test_every_image_of_the_wild_has_the_size_and_cost_that_it_decodes_with(shape: Any) -> None:
    for ugly in every():
        cost = measured(ugly.content)
        if ugly.reason is None:
            assert image_cost.excess(cost) is None, ugly.name
            turned = sorted(shape(ugly.content))
            assert turned == sorted([cost.height, cost.width]), ugly.name


@pytest.mark.parametrize(
    "between",
    [b"\xff" * 1_000_000, costly_images.segment(0xFE, b"") * 200_000],
    ids=["fill", "segs"],
)
def test_the_search_for_an_orientation_ends_in_the_graph_too(shape: Any, between: bytes) -> None:
    """Of a server that asks no handler before: a step takes 10 microseconds and more."""
    image = costly_images.progressive_jpeg(16, 16, 2)
    mark = costly_images.segment(0xFE, b"Exif")
    start = time.process_time()
    assert shape(image[:2] + mark + between + image[2:]) == [16, 16]
    assert time.process_time() - start < 5


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_no_damage_hides_an_images_size_from_the_check(shape: Any, data: st.DataObject) -> None:
    """What the decoder decodes was measured as it is, whatever stands between its parts."""
    import tensorflow as tf

    image = bytearray(data.draw(st.sampled_from(UGLY)))
    at = data.draw(st.integers(0, min(len(image), 700)))
    put = data.draw(
        st.binary(max_size=6) | st.sampled_from([b"\xff" * 9, b"\0\xff\xda", b"\xff\xd0"])
    )
    image[at : at + data.draw(st.integers(0, 6))] = put
    try:
        found = shape(bytes(image))
    except tf.errors.OpError:
        return
    cost = measured(bytes(image))
    assert sorted(found) == sorted([cost.height, cost.width])


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xd8" + b"\xff" * 20_000_000,
        b"\xff\xd8\xff" + b"\xff\0" * 10_000_000,
        b"\xff\xd8\xff\xc2" + b"\0\0" * 10_000_000,
        costly_images.progressive_jpeg(64, 64, 20)[:-2] + (b"\xff" * 999 + b"\0") * 20_000,
        b"\x89PNG\r\n\x1a\n" + costly_images.chunk(b"IHDR", bytes(13)) + bytes(20_000_000),
        b"\x89PNG\r\n\x1a\n" + costly_images.chunk(b"iTXt", b"k\0\1") * 300_000,
    ],
    ids=["fill", "stuffed", "frames", "runs", "chunks", "texts"],
)
def test_measuring_costs_little_whatever_comes(data: bytes) -> None:
    start = time.process_time()
    measured(data)
    assert time.process_time() - start < 1


@given(st.binary(max_size=300))
def test_anything_can_be_measured(data: bytes) -> None:
    for head in (b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"):
        cost = measured(head + data)
        assert cost.pixels >= 0
        assert cost.work >= 0


def test_the_most_pixels_are_the_settings_the_environments_or_a_hundred_million(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert served_pixels.most_pixels() == 100_000_000
    monkeypatch.setenv("IC_TF_SDK_MAX_PIXELS", "5000")
    assert served_pixels.most_pixels() == 5000
    for bound in (1, 178_956_970):
        monkeypatch.setenv("IC_TF_SDK_MAX_PIXELS", f" {bound} ")
        assert served_pixels.most_pixels() == bound
    monkeypatch.setattr(sdk_settings, "max_pixels", 70)
    assert served_pixels.most_pixels() == 70


@pytest.mark.parametrize("text", ["x", "0", "-1", "178956971", "1e6", "9" * 5000])
def test_a_number_of_pixels_that_is_none_is_refused(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("IC_TF_SDK_MAX_PIXELS", text)
    with pytest.raises(UserError, match="whole number from 1 to 178956970"):
        served_pixels.most_pixels()


@pytest.mark.parametrize("value", [0, -1, 178_956_971, "x", 1.5])
def test_a_setting_that_is_no_number_of_pixels_is_refused(
    monkeypatch: pytest.MonkeyPatch, value: Any
) -> None:
    monkeypatch.setattr(sdk_settings, "max_pixels", value)
    with pytest.raises(UserError, match=r"settings\.max_pixels must be a whole number"):
        served_pixels.most_pixels()
