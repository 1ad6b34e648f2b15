"""What the outlines promise of their geometry: inside the unit circle, and what they are called."""

import numpy as np
import pytest

from ic_tf_sdk.sample_data.outline import OUTLINES, PATTERN_OF, Points

SEEDS = range(20)


def drawn(label: str, seed: int) -> Points:
    return OUTLINES[label](np.random.default_rng(seed))


def distances(points: Points) -> np.ndarray:
    return np.linalg.norm(points, axis=1)


@pytest.mark.parametrize("label", OUTLINES)
def test_an_outline_is_480_points_inside_the_unit_circle(label: str) -> None:
    assert label in PATTERN_OF
    for seed in SEEDS:
        points = drawn(label, seed)
        assert points.shape == (480, 2)
        assert distances(points).max() == pytest.approx(1.0, abs=0.02)
        assert distances(points).max() <= 1 + 1e-9


def test_the_two_arcs_of_a_crescent_meet_at_its_tips() -> None:
    for seed in SEEDS:
        outer, inner = np.split(drawn("crescent", seed), 2)
        shift = np.random.default_rng(seed).uniform(0.4, 0.65)
        np.testing.assert_allclose(distances(outer), 1.0)
        np.testing.assert_allclose(distances(inner - [shift, 0]), 0.85)
        np.testing.assert_allclose(outer[[0, -1]], inner[[-1, 0]], atol=1e-9)
        # The outer one goes round the far side, and the inner one lies within it.
        assert outer[:, 0].min() == pytest.approx(-1.0, abs=1e-3)
        assert inner[:, 0].min() == pytest.approx(shift - 0.85, abs=1e-3)


def test_a_spiral_winds_inwards_as_a_band_that_ends_in_the_middle() -> None:
    ways = set()
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        turns, width = rng.uniform(1.7, 2.6), rng.uniform(0.11, 0.17)
        outer, inner = np.split(drawn("spiral", seed), 2)
        inner = inner[::-1]
        np.testing.assert_allclose(distances(outer), np.linspace(1, 0.15, 240))
        # Where the band is wider than what is left, its inner side stays in the middle.
        expected = np.maximum(distances(outer) - width, 0)
        np.testing.assert_allclose(distances(inner), expected, atol=1e-9)
        angle = np.unwrap(np.arctan2(outer[:, 1], outer[:, 0]))
        assert abs(angle[-1] - angle[0]) == pytest.approx(2 * np.pi * turns)
        ways.add(bool(angle[-1] > 0))
        np.testing.assert_allclose(outer[:200] * (distances(inner) / distances(outer))[:200, None],
                                   inner[:200], atol=1e-9)  # fmt: skip
    assert ways == {True, False}


@pytest.mark.parametrize("label", ["clover", "gear", "star"])
def test_the_toothed_have_as_many_teeth_and_as_deep_ones(label: str) -> None:
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        if label == "gear":
            rng.uniform(0.4, 0.6)
        teeth, depth = rng.integers(5, 9), rng.uniform(0.35, 0.55)
        away = distances(drawn(label, seed))
        assert away.min() == pytest.approx(1 - depth, abs=0.02)
        middle = away > 1 - depth / 2
        assert np.count_nonzero(middle & ~np.roll(middle, 1)) == teeth
        angle = np.unwrap(np.arctan2(*drawn(label, seed).T[::-1]))
        np.testing.assert_allclose(np.diff(angle), 2 * np.pi / 480)


def test_a_tooth_is_round_square_or_pointed() -> None:
    for seed in SEEDS:
        clover, star = distances(drawn("clover", seed)), distances(drawn("star", seed))
        rng = np.random.default_rng(seed)
        teeth, depth = rng.integers(5, 9), rng.uniform(0.35, 0.55)
        phase = (teeth * np.arange(480) / 480) % 1
        np.testing.assert_allclose(clover, 1 - depth * (1 - np.sin(np.pi * phase) ** 0.5))
        np.testing.assert_allclose(star, 1 - depth * (1 - np.abs(1 - 2 * phase)))
        rng = np.random.default_rng(seed)
        width, teeth, depth = rng.uniform(0.4, 0.6), rng.integers(5, 9), rng.uniform(0.35, 0.55)
        phase = (teeth * np.arange(480) / 480) % 1
        gear = distances(drawn("gear", seed))
        wanted = np.where(phase < width, 1.0, 1 - depth)
        # A tooth begins at phase 0, on whichever side of it the angle is rounded to.
        inside = (phase > 1e-9) & (phase < 1 - 1e-9)
        np.testing.assert_allclose(gear[inside], wanted[inside], atol=1e-9)
