"""Without TensorFlow a file is decoded to the very pixels that the exported model makes of it."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from ic_tf_sdk.contract.container_answer import plain_reason
from ic_tf_sdk.inference.portable.decode import decode
from ic_tf_sdk.inference.portable.undecodable_error import UndecodableError
from tests.inference.web import drawn_files
from tests.inference.web.damaged import damaged
from tests.training import ugly_images

Found = str | np.ndarray


@cache
def library() -> Any:
    from ic_tf_sdk.training.graph.decode import decode as of_graph

    return tf.function(of_graph, input_signature=[tf.TensorSpec([], tf.string)], autograph=False)


def by_the_library(content: bytes) -> Found:
    """The pixels, or the reason why there are none."""
    try:
        pixels: np.ndarray = library()(tf.constant(content)).numpy()
    except tf.errors.OpError as error:
        return plain_reason(error.message).replace("\\'", "'")
    return pixels


def without_it(content: bytes) -> Found:
    try:
        return np.asarray(decode(content))
    except UndecodableError as error:
        return str(error)


def is_same(one: Found, other: Found) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return isinstance(one, str) and isinstance(other, str)
    return one.shape == other.shape and bool((one == other).all())


def differences(files: Sequence[tuple[str, bytes]]) -> list[tuple[str, Found, Found]]:
    answers = ((name, by_the_library(one), without_it(one)) for name, one in files)
    return [answer for answer in answers if not is_same(*answer[1:])]


def is_refused_by_name(found: Found) -> bool:
    return isinstance(found, str) and "TensorFlow alone decodes" in found


def test_every_ugly_file_is_the_same_picture_or_refused_in_the_same_words() -> None:
    files = [(ugly.name, ugly.content) for ugly in ugly_images.every()]
    assert len(files) > 70
    assert differences(files) == []
    refused = [(by_the_library(one), without_it(one)) for _, one in files]
    said = [pair for pair in refused if isinstance(pair[0], str)]
    assert len(said) > 20
    assert [pair for pair in said if pair[0] != pair[1]] == []


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_every_form_of_jpeg_and_png_has_the_same_pixels_or_is_refused_by_name(seed: int) -> None:
    count = 1000 if seed else 40
    files = [*drawn_files.jpegs(count, seed), *drawn_files.pngs(count, seed)]
    wrong = differences(files)
    assert [name for name, _, ours in wrong if not is_refused_by_name(ours)] == []
    # Of a colour as large as the brightness and another smaller, or of printing colours of which
    # some are: no camera writes such.
    assert len(wrong) < len(files) / 10


@pytest.mark.parametrize("count", [100, pytest.param(4000, marks=pytest.mark.slow)])
def test_of_a_damaged_file_no_other_picture_is_made(count: int) -> None:
    whole = [*drawn_files.jpegs(10, seed=2), *drawn_files.pngs(10, seed=2)]
    wrong = differences(damaged(whole, count))
    # What is left of it: two pictures that differ.
    assert [name for name, theirs, ours in wrong if not {str} & {type(theirs), type(ours)}] == []


@pytest.mark.slow
@pytest.mark.shared
def test_photos_have_the_same_pixels(shared: Path) -> None:
    photos = sorted((shared / "flowers" / "test").rglob("*.jpg"))
    assert len(photos) == 200
    assert differences([(one.name, one.read_bytes()) for one in photos]) == []


def test_what_tensorflow_alone_decodes_is_refused_by_its_name() -> None:
    picture = np.random.default_rng(0).integers(0, 1 << 16, (6, 5, 3), dtype=np.uint16)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in picture)
    png = ugly_images._png(5, 6, rows, depth=16)
    deep = png[:25] + b"\x02" + png[26:]
    # With the checksum of its header made right, and one colour transparent.
    key = ugly_images._chunk(b"tRNS", bytes(6))
    header = ugly_images._chunk(b"IHDR", deep[16:29])
    deep = deep[:8] + header + key + png[33:]
    assert isinstance(by_the_library(deep), np.ndarray)
    assert "16 bits a colour with a transparent one" in str(without_it(deep))


def test_a_large_picture_is_refused_from_its_header() -> None:
    large = ugly_images._encoded(ugly_images._picture(), "PNG")
    large = large[:16] + (60_000).to_bytes(4, "big") * 2 + large[24:]
    assert without_it(large) == by_the_library(large)
    assert "3600000000 pixels" in str(without_it(large))
