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
