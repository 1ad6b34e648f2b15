"""Copies of a picture are found whatever was done to them; others, and plain ones, are not."""

import io
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from ic_tf_sdk.training.results import near_duplicates
from ic_tf_sdk.training.results.near_duplicates import THUMBNAIL, Pair, groups, pairs

CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "the same bytes": lambda picture: picture,
    "compressed again": lambda picture: recompressed(picture, 30),
    "made smaller": lambda picture: picture.resize((90, 70)),
    "brighter": lambda picture: picture.point(lambda value: 0.8 * value + 40),
    "cropped on two sides": lambda picture: picture.crop((0, 0, 190, 152)),
    "cropped all around": lambda picture: picture.crop((5, 4, 195, 156)),
}


def recompressed(picture: Image.Image, quality: int) -> Image.Image:
    stream = io.BytesIO()
    picture.save(stream, "JPEG", quality=quality)
    return Image.open(stream)


def scene(seed: int) -> Image.Image:
    """Soft spots of random colours, as unlike each other as photos are."""
    coarse = np.random.default_rng(seed).integers(0, 256, (8, 10, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((200, 160), Image.Resampling.BICUBIC)


def small(picture: Image.Image) -> np.ndarray:
    shrunk = picture.convert("RGB").resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
    return np.asarray(shrunk, np.float32)


def features_of(thumbnails: np.ndarray) -> np.ndarray:
    """Coarse colours: near for copies, not apart enough to tell them by."""
    step = THUMBNAIL // 6
    blocks = thumbnails.reshape(len(thumbnails), 6, step, 6, step, 3)
    return blocks.mean(axis=(2, 4)).reshape(len(thumbnails), 6 * 6 * 3)


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_found_and_nothing_else(change: str) -> None:
    pictures = [scene(seed) for seed in range(30)]
    pictures.append(CHANGES[change](pictures[4]))
    thumbnails = np.stack([small(picture) for picture in pictures])
    found = pairs(features_of(thumbnails), thumbnails)
    assert [(one.first, one.second) for one in found] == [(4, 30)]
    assert found[0].likeness > 0.97


def test_plain_pictures_are_no_copies_of_each_other() -> None:
    plain = [Image.new("RGB", (200, 160), (colour, 90, 40)) for colour in range(20, 220, 20)]
    thumbnails = np.stack([small(recompressed(picture, 60)) for picture in plain])
    assert pairs(features_of(thumbnails), thumbnails) == []


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_pictures_are_compared_as_far_as_they_go(count: int) -> None:
    thumbnails = np.stack([small(scene(0))] * 2)[:count]
    found = pairs(features_of(thumbnails), thumbnails)
    assert [(one.first, one.second) for one in found] == ([(0, 1)] if count == 2 else [])


def test_more_pictures_than_one_block_are_compared_with_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    thumbnails = np.stack([small(scene(seed)) for seed in [*range(20), 3]])
    whole = pairs(features_of(thumbnails), thumbnails)
    monkeypatch.setattr(near_duplicates, "_BLOCK", 4)
    monkeypatch.setattr(near_duplicates, "_PAIRS_AT_ONCE", 3)
    assert pairs(features_of(thumbnails), thumbnails) == whole
    assert [(one.first, one.second) for one in whole] == [(3, 20)]


def test_a_group_holds_what_a_chain_of_pairs_joins() -> None:
    chain = [Pair(4, 5, 1.0), Pair(0, 4, 1.0), Pair(5, 7, 1.0), Pair(2, 3, 1.0)]
    assert groups(8, chain).tolist() == [0, 1, 2, 2, 0, 0, 6, 0]


def test_the_parts_of_a_picture_are_its_means_over_even_areas() -> None:
    rng = np.random.default_rng(0)
    picture = rng.uniform(0, 255, (1, THUMBNAIL, THUMBNAIL, 3)).astype(np.float32)
    parts = near_duplicates._windows(picture)
    # The whole, and what is left of nine tenths and of 95 in 100, at either end and in the middle.
    assert parts.shape == (1, 49, 16, 16, 3)
    blocks = picture.reshape(1, 16, 3, 16, 3, 3).mean(axis=(2, 4))
    np.testing.assert_allclose(parts[:, 0], blocks, rtol=1e-4)
    scales = near_duplicates._SCALES
    np.testing.assert_allclose(scales.sum(axis=2), 1.0, rtol=1e-5)
    starts = [0.0, 0.0, 0.025, 0.05, 0.0, 0.05, 0.1]
    sides = [1.0, 0.95, 0.95, 0.95, 0.9, 0.9, 0.9]
    for matrix, start, side in zip(scales, starts, sides, strict=True):
        step = side * THUMBNAIL / 16
        for row in range(16):
            low = start * THUMBNAIL + row * step
            mean = (low + low + step) / 2
            # The middle of the area that it is the mean of; and nothing else has a share in it.
            assert matrix[row] @ (np.arange(THUMBNAIL) + 0.5) == pytest.approx(mean, abs=0.1)
            there = np.flatnonzero(matrix[row] > 1e-6)
            assert there[0] == int(low + 1e-6)
            assert there[-1] == int(np.ceil(low + step - 1e-6)) - 1


def test_a_likeness_is_the_correlation_of_each_colour_less_its_mean() -> None:
    rng = np.random.default_rng(1)
    one = rng.uniform(0, 255, (3, THUMBNAIL, THUMBNAIL, 3)).astype(np.float32)
    two = (0.5 * one + rng.uniform(0, 90, one.shape)).astype(np.float32)
    standard = [near_duplicates._standard(pictures) for pictures in (one, two)]
    for row in range(3):
        centred = [pictures[row] - pictures[row].mean(axis=(0, 1)) for pictures in (one, two)]
        expected = np.corrcoef(*(part.ravel() for part in centred))[0, 1]
        assert standard[0][row] @ standard[1][row] == pytest.approx(expected, abs=1e-5)
    colours = np.broadcast_to(np.float32([250, 10, 90]), one.shape)
    assert not near_duplicates._standard(colours).any()


@pytest.mark.parametrize(("deviation", "plain"), [(1.9, True), (2.1, False)])
def test_a_surface_is_plain_up_to_a_deviation_of_two(deviation: float, plain: bool) -> None:
    signs = np.where(np.indices((THUMBNAIL, THUMBNAIL)).sum(axis=0) % 2, 1.0, -1.0)
    surface = (100 + deviation * signs)[None, :, :, None].repeat(3, axis=3).astype(np.float32)
    assert near_duplicates._standard(surface).any() == (not plain)
    # A part of a picture as well as a whole one.
    assert near_duplicates._standard(surface[None]).any() == (not plain)


def test_the_nearest_five_of_each_are_compared_each_pair_once() -> None:
    turned = np.linspace(0, 0.9, 12)
    features = np.stack([np.cos(turned), np.sin(turned)], axis=1).astype(np.float32)
    # How long a vector is says nothing.
    features *= np.linspace(1, 30, 12)[:, None].astype(np.float32)
    found = near_duplicates._candidates(features)
    rows = {tuple(row) for row in found.tolist()}
    assert found.tolist() == sorted(found.tolist())
    assert len(rows) == len(found)
    assert all(first < second for first, second in rows)
    nearest = {row: sorted(set(range(12)) - {row}, key=lambda x: abs(x - row)) for row in range(12)}
    for row in range(12):
        mine = {sum(pair) - row for pair in rows if row in pair}
        assert set(nearest[row][:4]) <= mine
        assert len(mine) >= 5
    assert rows == {
        (first, second)
        for first, second in rows
        if second in nearest[first][:6] or first in nearest[second][:6]
    }
    assert near_duplicates._candidates(np.zeros((1, 3), np.float32)).shape == (0, 2)
    assert len(near_duplicates._candidates(np.zeros((3, 3), np.float32))) == 3


def test_the_five_nearest_are_those_of_the_least_angles_whatever_the_lengths() -> None:
    rng = np.random.default_rng(5)
    directions = rng.normal(size=(200, 6))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    likeness = directions @ directions.T
    expected = {
        (min(row, other), max(row, other))
        for row in range(200)
        for other in np.argsort(-likeness[row]).tolist()[1:6]
    }
    lengths = rng.choice([1e-3, 1.0, 50.0], (200, 1))
    found = near_duplicates._candidates((directions * lengths).astype(np.float32))
    assert set(map(tuple, found.tolist())) == expected


@pytest.mark.parametrize("noise", [0.0, 0.15, 0.4])
def test_two_are_one_from_a_correlation_of_97_in_100_on(noise: float) -> None:
    rng = np.random.default_rng(2)
    one = small(scene(3))
    grains = rng.normal(size=(16, 16, 3)).repeat(3, axis=0).repeat(3, axis=1)
    other = (one + noise * one.std() * grains).astype(np.float32)
    thumbnails = np.stack([one, other])
    found = pairs(features_of(thumbnails), thumbnails)
    likeness = float(near_duplicates._likeness(thumbnails[:1], thumbnails[1:])[0])
    assert likeness == pytest.approx(1 / np.sqrt(1 + noise**2), abs=0.02)
    assert found == ([Pair(0, 1, pytest.approx(likeness))] if noise < 0.2 else [])
