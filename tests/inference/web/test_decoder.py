"""The page decodes a file to the very pixels that the exported model's decoder makes of it."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.inference.web import drawn_files
from tests.inference.web.damaged import damaged
from tests.inference.web.node import Decoded, decoded, needs_node
from tests.training import ugly_images

pytestmark = needs_node


@cache
def library() -> Any:
    import tensorflow as tf

    from ic_tf_sdk.training.graph.decode import decode

    return tf.function(decode, input_signature=[tf.TensorSpec([], tf.string)], autograph=False)


def by_the_library(content: bytes) -> Decoded | None:
    import tensorflow as tf

    try:
        return Decoded.of(library()(tf.constant(content)).numpy())
    except tf.errors.OpError:
        return None


def differences(files: Sequence[tuple[str, bytes]], scratch: Path) -> list[tuple[object, ...]]:
    found = decoded([content for _, content in files], scratch)
    ours = [one if isinstance(one, Decoded) else None for one in found]
    return [
        (name, theirs, one)
        for (name, content), one, own in zip(files, found, ours, strict=True)
        if (theirs := by_the_library(content)) != own
    ]


def test_every_ugly_file_is_the_same_picture_or_refused_by_both(tmp_path: Path) -> None:
    files = [(ugly.name, ugly.content) for ugly in ugly_images.every()]
    assert len(files) > 70
    assert differences(files, tmp_path) == []


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
def test_every_form_of_jpeg_and_png_has_the_same_pixels(tmp_path: Path, seed: int) -> None:
    count = 1000 if seed else 40
    files = [*drawn_files.jpegs(count, seed), *drawn_files.pngs(count, seed)]
    assert differences(files, tmp_path) == []
    names = " ".join(name for name, _ in files)
    assert all(f"as {other}" in names for other in ("0x12", "0x41", "0x14"))


@pytest.mark.parametrize("count", [200, pytest.param(4000, marks=pytest.mark.slow)])
def test_a_damaged_file_is_never_answered_otherwise(tmp_path: Path, count: int) -> None:
    whole = [*drawn_files.jpegs(count // 40, seed=2), *drawn_files.pngs(count // 40, seed=2)]
    files = damaged(whole, count)
    # The page may refuse what libjpeg makes up.
    wrong = [one for one in differences(files, tmp_path) if isinstance(one[-1], Decoded)]
    assert wrong == []


@pytest.mark.slow
@pytest.mark.shared
def test_photos_have_the_same_pixels(shared: Path, tmp_path: Path) -> None:
    photos = sorted((shared / "flowers" / "test").rglob("*.jpg"))
    assert len(photos) == 200
    assert differences([(one.name, one.read_bytes()) for one in photos], tmp_path) == []


def test_what_only_the_page_refuses_it_names(tmp_path: Path) -> None:
    large = ugly_images._encoded(ugly_images._picture(), "PNG")
    large = large[:16] + (8000).to_bytes(4, "big") * 2 + large[24:]
    lossless = ugly_images._encoded(ugly_images._picture(), "JPEG").replace(
        b"\xff\xc0", b"\xff\xc9"
    )
    twelve = ugly_images._encoded(ugly_images._picture(), "JPEG")
    at = twelve.index(b"\xff\xc0") + 4
    twelve = twelve[:at] + b"\x0c" + twelve[at + 1 :]
    said = decoded([drawn_files.not_whole(), lossless, twelve, large], tmp_path)
    assert by_the_library(drawn_files.not_whole()) is not None
    assert "a progressive JPEG that is not whole" in str(said[0])
    assert "arithmetic JPEG" in str(said[1])
    assert "12 bits a colour" in str(said[2])
    # Its header is damaged, too; a whole one of this size is in the browser's test.
    assert "checksum of IHDR" in str(said[3])
