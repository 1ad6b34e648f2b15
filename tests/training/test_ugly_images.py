"""Each kind of ugly file meets one fate: in the scan, in training, in evaluation, in serving."""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ic_tf_sdk.contract.image_header import read_header
from ic_tf_sdk.errors import DatasetError
from ic_tf_sdk.training.data import image_folder, image_scan

# Damaged inside, which no header and no end shows: found when they are first decoded.
DAMAGED_INSIDE = {"wrong-checksum.png", "no-pixels.png"}


@pytest.fixture
def ugly_folder(tmp_path: Path, ugly_images: list[Any], tiny_dataset: SimpleNamespace) -> Path:
    """The tiny dataset with every ugly file in one more class."""
    folder = tmp_path / "ugly"
    shutil.copytree(tiny_dataset.training, folder)
    (folder / "ugly").mkdir()
    for ugly in ugly_images:
        (folder / "ugly" / ugly.name).write_bytes(ugly.content)
    return folder


def refused(ugly_images: list[Any]) -> set[str]:
    return {ugly.name for ugly in ugly_images if ugly.reason is not None}


def test_there_are_more_than_forty_kinds(ugly_images: list[Any]) -> None:
    assert len({ugly.content for ugly in ugly_images}) > 40


def test_each_decodes_as_the_policy_says(ugly_images: list[Any]) -> None:
    import tensorflow as tf

    from ic_tf_sdk.training.graph.decode import decode

    run = tf.function(decode, input_signature=[tf.TensorSpec([], tf.string)])
    wrong = {}
    for ugly in ugly_images:
        try:
            found = run(ugly.content).numpy()
        except tf.errors.OpError:
            found = None
        if (found is None) is not (ugly.reason is not None):
            wrong[ugly.name] = "decoded" if found is not None else "refused"
        elif ugly.expected is not None:
            assert found.shape == ugly.expected.shape, ugly.name
            if np.abs(found - ugly.expected.astype(float)).max() > ugly.tolerance:
                wrong[ugly.name] = "other pixels"
    assert not wrong


def test_the_scan_refuses_or_suspects_what_the_decoder_refuses_and_nothing_good(
    tmp_path: Path, ugly_images: list[Any]
) -> None:
    wrong = {}
    for ugly in ugly_images:
        path = tmp_path / ugly.name
        path.write_bytes(ugly.content)
        header = read_header(path)
        noticed = header.problem is not None or header.suspect
        if ugly.reason is None and header.problem is not None:
            wrong[ugly.name] = header.problem
        if ugly.reason is not None and not noticed and ugly.name not in DAMAGED_INSIDE:
            wrong[ugly.name] = "not noticed"
        if header.problem is not None and ugly.reason and ugly.reason not in header.problem:
            wrong[ugly.name] = header.problem
        if ugly.expected is not None:
            size = {header.height, header.width}
            if size != set(ugly.expected.shape[:2]):
                wrong[ugly.name] = f"size {size}"
    assert not wrong


@pytest.mark.parametrize(
    ("name", "note"),
    [
        ("cmyk.jpg", "CMYK"),
        ("ycck.jpg", "CMYK"),
        ("grey.jpg", "grey"),
        ("progressive.jpg", "progressive"),
        ("exif-6.jpg", "turned by EXIF"),
        ("png-called.jpg", "misnamed"),
        ("jpeg-called.png", "misnamed"),
        ("alpha.png", "transparent"),
        ("palette-clear.png", "transparent"),
        ("palette.png", "palette"),
        ("16-bit-rgb.png", "16 bit"),
        ("animated.png", "animated"),
        ("interlaced.png", "interlaced"),
    ],
)
def test_the_scan_notes_what_is_unusual(
    tmp_path: Path, ugly_images: list[Any], name: str, note: str
) -> None:
    ugly = next(one for one in ugly_images if one.name == name)
    (tmp_path / name).write_bytes(ugly.content)
    assert note in read_header(tmp_path / name).notes


def test_skip_trains_evaluates_and_serves_exactly_the_readable_ones(
    train: Callable[..., SimpleNamespace], ugly_folder: Path, ugly_images: list[Any]
) -> None:
    import tensorflow as tf

    job = train(
        training=ugly_folder,
        validation=ugly_folder,
        test=ugly_folder,
        train_only_on_top=True,
        epochs=1,
        on_bad_image="skip",
    )
    good = {ugly.name for ugly in ugly_images if ugly.reason is None}
    # Evaluation counted each readable image once, and no other.
    accuracy = job.record.test["accuracy"] * (48 + len(good))
    assert accuracy == pytest.approx(round(accuracy), abs=1e-4)
    serve = tf.saved_model.load(str(job.model / "1")).signatures["serving_default"]
    served = set()
    for ugly in ugly_images:
        try:
            found = serve(image_bytes=tf.constant([ugly.content]))["probabilities"]
        except tf.errors.OpError:
            continue
        assert float(tf.reduce_sum(found)) == pytest.approx(1, abs=1e-5)
        served.add(ugly.name)
    assert served == good


def test_error_names_what_headers_refuse_then_what_is_damaged_before_training(
    train: Callable[..., SimpleNamespace], ugly_folder: Path, ugly_images: list[Any]
) -> None:
    folder = image_folder.describe(ugly_folder)
    headers = image_scan.scan(folder)
    by_header = image_scan.unreadable(headers)
    with pytest.raises(DatasetError, match=f"{len(by_header)} of {len(headers)} files") as error:
        train(training=ugly_folder, epochs=1)
    assert "on_bad_image to 'skip'" in str(error.value)
    for row in by_header:
        (ugly_folder / folder.files[row]).unlink()
    for stage in ("before the first step", "in the first pass"):
        with pytest.raises(DatasetError, match="cannot be read as JPEG or PNG") as error:
            train(training=ugly_folder, epochs=1, train_only_on_top=True, validation=ugly_folder)
        left = {name for name in refused(ugly_images) if (ugly_folder / "ugly" / name).exists()}
        if stage == "in the first pass":
            assert left == DAMAGED_INSIDE
        else:
            left -= DAMAGED_INSIDE
        missing = [name for name in left if name not in str(error.value)]
        assert not missing, stage
        for name in left:
            (ugly_folder / "ugly" / name).unlink()
