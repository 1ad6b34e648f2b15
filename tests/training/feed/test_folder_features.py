"""Features of a folder: a second time no image passes, and the numbers are the same to the bit."""

import os
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ic_tf_sdk.contract import archive, model_info
from ic_tf_sdk.training.data import image_folder
from ic_tf_sdk.training.feed.feature_store import FeatureStore


@pytest.fixture
def photos(tiny_dataset: SimpleNamespace, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_dataset.training, tmp_path / "photos"))


def features(archive: Path, photos: Path, store: FeatureStore | None = None, **given: Any) -> Any:
    from ic_tf_sdk.training.feed.folder_features import folder_features

    return folder_features(archive, image_folder.describe(photos), store=store, **given)


def test_a_second_pass_passes_nothing_and_gives_the_same_bits(
    tiny_archive: Path, tiny_dataset: SimpleNamespace, photos: Path, tmp_path: Path
) -> None:
    store = FeatureStore(tmp_path / "store")
    plain = features(tiny_archive, tiny_dataset.training)
    first = features(tiny_archive, tiny_dataset.training, store)
    # The same images elsewhere, under other names.
    for path in photos.rglob("*.*"):
        path.rename(path.with_name(f"a-{path.name}"))
    second = features(tiny_archive, photos, FeatureStore(tmp_path / "store"))
    assert (plain.passed, first.passed, second.passed) == (48, 48, 0)
    np.testing.assert_array_equal(first.features, plain.features)
    np.testing.assert_array_equal(second.features, plain.features)


@pytest.mark.slow
def test_only_new_images_pass_and_their_numbers_are_those_of_a_whole_pass(
    tiny_archive: Path, photos: Path, tmp_path: Path
) -> None:
    store = FeatureStore(tmp_path / "store")
    new = sorted(photos.rglob("*.*"))[::5]
    aside = tmp_path / "aside"
    aside.mkdir()
    for path in new:
        path.rename(aside / path.name)
    features(tiny_archive, photos, store)
    for path in new:
        (aside / path.name).rename(path)
    both = features(tiny_archive, photos, store)
    assert both.passed == len(new)
    np.testing.assert_array_equal(both.features, features(tiny_archive, photos).features)


def test_an_image_that_changed_under_its_name_passes_again(
    tiny_archive: Path, photos: Path, tmp_path: Path
) -> None:
    store = FeatureStore(tmp_path / "store")
    before = features(tiny_archive, photos, store).features
    one, other = sorted((photos / "dots").iterdir())[:2]
    times = one.stat()
    one.write_bytes(other.read_bytes() + b" ")
    os.utime(one, ns=(times.st_atime_ns, times.st_mtime_ns))
    after = features(tiny_archive, photos, store)
    assert after.passed == 1
    np.testing.assert_array_equal(after.features[0], before[1])
    np.testing.assert_array_equal(after.features[1:], before[1:])


@pytest.mark.slow
def test_another_resize_or_another_backbone_is_another_kind(
    tiny_archive: Path, photos: Path, tmp_path: Path
) -> None:
    store = FeatureStore(tmp_path / "store")
    features(tiny_archive, photos, store)
    assert features(tiny_archive, photos, store, interpolation="nearest").passed == 48
    # The same files in a folder are the same backbone, whatever its description calls it.
    other = tmp_path / "other"
    archive.extract(tiny_archive, other)
    info = model_info.read(other)
    assert info is not None
    info.model_copy(update={"model_id": "renamed"}).write(other)
    assert features(other, photos, store).passed == 0
    (other / "1" / "assets").mkdir(exist_ok=True)
    (other / "1" / "assets" / "words.txt").write_text("another network, perhaps")
    info.model_copy(update={"files": {}}).write(other)
    assert features(other, photos, store).passed == 48


@pytest.mark.slow
def test_a_store_that_breaks_in_the_middle_changes_no_number(
    tiny_archive: Path, photos: Path, tmp_path: Path
) -> None:
    plain = features(tiny_archive, photos).features
    store = FeatureStore(tmp_path / "store")
    features(tiny_archive, photos, store)
    (path,) = (tmp_path / "store").glob("*.sqlite3")
    content = bytearray(path.read_bytes())
    for position in range(5000, len(content), 997):
        content[position] ^= 0x5A
    path.write_bytes(bytes(content))
    found = features(tiny_archive, photos, FeatureStore(tmp_path / "store"))
    np.testing.assert_array_equal(found.features, plain)
