"""What an image would cost is known, and bounded, before it is decoded."""

import io
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
