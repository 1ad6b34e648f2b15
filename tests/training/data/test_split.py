"""The split is stratified, repeatable, and does not move when files are added elsewhere."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ic_tf_sdk.errors import DatasetError
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.data.split import split

COUNTS = st.lists(st.integers(2, 40), min_size=2, max_size=5)
RATIOS = st.floats(0.01, 0.99)
SEEDS = st.integers(0, 2**63 - 1)


def folder(counts: list[int], *, extra: tuple[str, ...] = ()) -> ImageFolder:
    files = [f"c{index}/{row}.jpg" for index, count in enumerate(counts) for row in range(count)]
    files = sorted([*files, *extra])
    labels = tuple(f"c{index}" for index in range(len(counts)))
    classes = tuple(labels.index(file.split("/")[0]) for file in files)
    return ImageFolder(Path("data"), labels, tuple(files), classes, {})


@given(COUNTS, RATIOS, SEEDS)
def test_parts_are_disjoint_complete_and_stratified(
    counts: list[int], ratio: float, seed: int
) -> None:
    whole = folder(counts)
    training, validation = split(whole, ratio=ratio, seed=seed)
    assert validation is not None
    assert sorted(training.files + validation.files) == sorted(whole.files)
    for count, held in zip(counts, validation.counts, strict=True):
        assert 1 <= held <= count - 1
        assert abs(held - ratio * count) <= 1.0


@given(COUNTS, RATIOS, SEEDS)
def test_a_file_added_to_one_class_moves_nothing_in_the_others(
    counts: list[int], ratio: float, seed: int
) -> None:
    _, before = split(folder(counts), ratio=ratio, seed=seed)
    _, after = split(folder(counts, extra=("c0/new.jpg",)), ratio=ratio, seed=seed)
    assert before is not None
    assert after is not None
    moved = set(before.files) ^ set(after.files)
    assert all(file.startswith("c0/") for file in moved)
    assert len(moved - {"c0/new.jpg"}) <= 1


def test_the_seed_decides(tmp_path: Path) -> None:
    held = [split(folder([30, 30]), ratio=0.3, seed=seed)[1] for seed in (1, 1, 2)]
    assert held[0] == held[1] != held[2]


def test_names_that_are_no_utf_8_are_split_and_the_others_stay_where_they_were() -> None:
    names = ("c0/Mu\udcf1oz.jpg", "c1/\udcff.jpg", "c1/花.jpg")
    training, validation = split(folder([30, 30], extra=names), ratio=0.2, seed=123)
    assert validation is not None
    assert set(names) <= set(training.files + validation.files)
    # As written down once: what was held out yesterday must not be trained on today.
    _, validation = split(folder([10, 10]), ratio=0.2, seed=123)
    assert validation is not None
    assert validation.files == ("c0/2.jpg", "c0/7.jpg", "c1/3.jpg", "c1/8.jpg")


def test_ratio_zero_holds_nothing_out_and_one_leaves_nothing_to_train_on() -> None:
    whole = folder([3, 3])
    assert split(whole, ratio=0.0, seed=1) == (whole, None)
    with pytest.raises(DatasetError, match="leaves no image to train on"):
        split(whole, ratio=1.0, seed=1)


def test_classes_with_a_single_image_are_all_named() -> None:
    with pytest.raises(DatasetError, match="'c0', 'c2'"):
        split(folder([1, 5, 1]), ratio=0.2, seed=1)
