"""What the parts of a picture promise: patterns, colours and masks fill what they say they fill."""

import numpy as np
import pytest

from ic_tf_sdk.sample_data import scene
from ic_tf_sdk.sample_data.scene import PATTERNS

SEEDS = range(50)
SIZE = {"height": 30, "width": 40}


@pytest.mark.parametrize("kind", PATTERNS)
def test_a_pattern_is_a_plane_of_numbers_from_0_to_1(kind: str) -> None:
    for seed in SEEDS:
        plane = PATTERNS[kind](**SIZE, rng=np.random.default_rng(seed))
        assert plane.shape == (30, 40)
        assert plane.dtype == np.float32
        assert plane.min() >= 0
        assert plane.max() <= 1 + 1e-6
        if kind in ("clouds", "shade", "checks"):
            assert (plane.min(), plane.max()) == (0, pytest.approx(1))
        if kind == "checks":
            assert np.isin(plane, (0, 1)).all()


def test_two_colours_differ_by_a_third_and_either_is_the_first() -> None:
    lighter = []
    for seed in range(200):
        first, second = scene._colours(np.random.default_rng(seed))
        apart = float(first.mean() - second.mean())
        assert abs(apart) >= 0.33 - 1e-6
        lighter.append(apart > 0)
    assert 60 < sum(lighter) < 140
    # As far apart as they must be, where they were nearer.
    assert min(abs(float(a.mean() - b.mean())) for a, b in map(
        scene._colours, map(np.random.default_rng, range(200)))
    ) == pytest.approx(0.33, abs=1e-5)  # fmt: skip


def test_a_mask_is_1_within_0_without_and_a_share_at_the_edge() -> None:
    square = np.array([[4.0, 5.0], [11.0, 5.0], [11.0, 15.0], [4.0, 15.0]])
    mask = scene._mask(polygons=[square], **SIZE)
    assert mask.shape == (30, 40)
    assert (mask[6:14, 5:10] == 1).all()
    mask[4:17, 3:13] = 0
    assert not mask.any()
    tilted = scene._mask(polygons=[np.array([[0.0, 0.0], [39.0, 0.0], [0.0, 29.0]])], **SIZE)
    quarters = np.array([0, 64, 128, 191, 255], np.float32) / 255
    assert set(np.unique(tilted).tolist()) == set(quarters.tolist())


def test_what_is_black_or_too_light_is_so_in_the_picture() -> None:
    for seed in range(5):
        black = scene._expose(
            pixels=np.zeros((30, 40, 3), np.float32), rng=np.random.default_rng(seed)
        )
        assert np.asarray(black).min() == 0
        light = scene._expose(
            pixels=np.full((30, 40, 3), 9, np.float32), rng=np.random.default_rng(seed)
        )
        assert np.asarray(light).min() == 255


def test_a_picture_is_as_light_as_its_pixels_times_the_light() -> None:
    apart = []
    for seed in range(100):
        picture = scene._expose(
            pixels=np.full((30, 40, 3), 0.5, np.float32), rng=np.random.default_rng(seed)
        )
        ends = np.random.default_rng(seed).uniform(0.7, 1.1, 2)
        apart.append(np.asarray(picture).mean() - 0.5 * ends.mean() * 255)
    # A level is cut to the whole number below.
    assert np.mean(apart) == pytest.approx(-0.5, abs=0.15)
