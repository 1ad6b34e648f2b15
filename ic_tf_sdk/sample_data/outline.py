"""The outlines that tell the five classes apart.

The three toothed classes share their number of teeth and their depth, so that a classifier has to
see the profile of an edge: round (clover), square (gear) or pointed (star).
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["OUTLINES", "PATTERN_OF", "Points"]

# float64 [points, 2]: a closed polygon inside the unit circle.
Points = NDArray[np.float64]

POINT_COUNT = 480


def _polar(*, radius: NDArray[np.float64], angle: NDArray[np.float64]) -> Points:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1)


def _toothed(profile: Callable[[Points], Points], rng: np.random.Generator) -> Points:
    """A wheel whose radius follows ``profile``, a function from the phase in [0, 1) to [0, 1]."""
    angle = np.linspace(0, 2 * np.pi, POINT_COUNT, endpoint=False)
    teeth, depth = rng.integers(5, 9), rng.uniform(0.35, 0.55)
    phase = (teeth * angle / (2 * np.pi)) % 1
    return _polar(radius=1 - depth * (1 - profile(phase)), angle=angle)


def _clover(rng: np.random.Generator) -> Points:
    return _toothed(lambda phase: np.sqrt(np.sin(np.pi * phase)), rng)


def _gear(rng: np.random.Generator) -> Points:
    width = rng.uniform(0.4, 0.6)
    return _toothed(lambda phase: np.where(phase < width, 1.0, 0.0), rng)


def _star(rng: np.random.Generator) -> Points:
    return _toothed(lambda phase: np.abs(2 * phase - 1), rng)


def _crescent(rng: np.random.Generator) -> Points:
    """The unit disc less a disc of radius 0.85 that is moved off its centre."""
    shift, radius = rng.uniform(0.4, 0.65), 0.85
    # Where the two circles meet: the abscissa of both.
    abscissa = (1 + shift**2 - radius**2) / (2 * shift)
    outer_half = np.arccos(abscissa)
    inner_half = np.arctan2(np.sqrt(1 - abscissa**2), abscissa - shift)
    outer = np.linspace(outer_half, 2 * np.pi - outer_half, POINT_COUNT // 2)
    inner = np.linspace(2 * np.pi - inner_half, inner_half, POINT_COUNT // 2)
    inside = _polar(radius=np.full_like(inner, radius), angle=inner)
    inside[:, 0] += shift
    return np.concatenate([_polar(radius=np.ones_like(outer), angle=outer), inside])


def _spiral(rng: np.random.Generator) -> Points:
    """A band that winds inwards, to the left or to the right."""
    turns, width = rng.uniform(1.7, 2.6), rng.uniform(0.11, 0.17)
    along = np.linspace(0, 1, POINT_COUNT // 2)
    angle = 2 * np.pi * turns * along * rng.choice([-1, 1])
    outer = _polar(radius=1 - 0.85 * along, angle=angle)
    inner = _polar(radius=np.maximum(1 - width - 0.85 * along, 0), angle=angle)
    return np.concatenate([outer, inner[::-1]])


OUTLINES: dict[str, Callable[[np.random.Generator], Points]] = {
    "clover": _clover,
    "crescent": _crescent,
    "gear": _gear,
    "spiral": _spiral,
    "star": _star,
}

# Label -> what the shape is usually filled with.
PATTERN_OF = {
    "clover": "speckle",
    "crescent": "shade",
    "gear": "stripes",
    "spiral": "checks",
    "star": "clouds",
}
