"""Foreground formulas: fractals, flames, superformula figures and Fourier contours.

A formula is a set of numbers drawn once from its seed; it is a class. A rendering moves those
numbers a little, as in "Pre-training without Natural Images" (Kataoka et al., 2020). The affine
maps follow the rule on singular values of "Improving Fractal Pre-training" (Anderson and Farrell,
2022), which gives well-filled fractals without rejecting any.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["FAMILIES", "SIZE", "Figure", "formula_family", "render_formula"]

# uint8 [SIZE, SIZE, 2]: value (what the palette colours) and alpha (what is covered).
Figure = NDArray[np.uint8]

SIZE = 96
POINTS, STEPS, WARM_UP = 400, 80, 15


def _rotation(angle: float) -> NDArray[np.float64]:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _affine_maps(rng: np.random.Generator) -> NDArray[np.float64]:
    """float64 [maps, 2, 3]; the singular values sum, s1 + 2 s2 each, to (5 + maps) / 2 or more."""
    count = int(rng.integers(2, 6))
    total = rng.uniform(0.5 * (5 + count), 0.5 * (6 + count))
    share = np.clip(rng.dirichlet(np.full(count, 8.0)) * total, 0.3, 2.7)
    maps = np.zeros((count, 2, 3))
    for index, weight in enumerate(share):
        second = rng.uniform(max(0.0, (weight - 1) / 2), weight / 3)
        scales = np.diag([min(weight - 2 * second, 0.95), second])
        flip = np.diag(rng.choice([-1, 1], 2))
        turn, tilt = _rotation(rng.uniform(0, 2 * np.pi)), _rotation(rng.uniform(0, 2 * np.pi))
        maps[index, :, :2] = turn @ scales @ tilt @ flip
        maps[index, :, 2] = rng.uniform(-1, 1, 2)
    return maps


def _bend(points: NDArray[np.float64], kind: int) -> NDArray[np.float64]:
    """The variations of fractal flames: linear, sinusoidal, spherical, swirl, horseshoe."""
    x, y = points[:, 0], points[:, 1]
    square = x * x + y * y + 0.05
    if kind == 1:
        return np.sin(points)
    if kind == 2:
        return points / square[:, None]
    if kind == 3:
        sine, cosine = np.sin(square), np.cos(square)
        return np.stack([x * sine - y * cosine, x * cosine + y * sine], -1)
    if kind == 4:
        return np.stack([(x - y) * (x + y), 2 * x * y], -1) / np.sqrt(square)[:, None]
    return points


def _attractor(
    maps: NDArray[np.float64], kind: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Points of the chaos game, float64 [n, 2]."""
    weights = np.abs(np.linalg.det(maps[:, :, :2])) + 0.05
    chosen = rng.choice(len(maps), (STEPS, POINTS), p=weights / weights.sum())
    points, visited = rng.uniform(-1, 1, (POINTS, 2)), []
    for step in range(STEPS):
        chosen_maps = maps[chosen[step]]
        points = np.einsum("nij,nj->ni", chosen_maps[:, :, :2], points) + chosen_maps[:, :, 2]
        points = np.clip(_bend(points, kind), -50, 50)
        if step >= WARM_UP:
            visited.append(points)
    return np.concatenate(visited)


def _density(points: NDArray[np.float64]) -> Figure:
    """The logarithm of how often each cell is visited, scaled to the middle 98 % of the points."""
    low, high = np.percentile(points, [1, 99], axis=0)
    half = max(float((high - low).max()) / 2, 1e-6) * 1.1
    middle = (low + high) / 2
    cells = ((points - middle) / half + 1) * (SIZE / 2)
    inside = ((cells >= 0) & (cells < SIZE)).all(-1)
    flat = cells[inside].astype(np.int64) @ [SIZE, 1]
    visits = np.bincount(flat, minlength=SIZE * SIZE).reshape(SIZE, SIZE)
    value = np.log1p(visits)
    value = value / max(float(value.max()), 1e-6)
    alpha = np.clip(value * 2.5, 0, 1)
    return (np.stack([value, alpha], -1) * 255).astype(np.uint8)


def _fractal(seed: list[int], rng: np.random.Generator) -> Figure:
    maps = _affine_maps(np.random.default_rng(seed))
    return _density(_attractor(maps * rng.uniform(0.9, 1.1, maps.shape), 0, rng))


def _flame(seed: list[int], rng: np.random.Generator) -> Figure:
    code = np.random.default_rng(seed)
    maps, kind = _affine_maps(code), int(code.integers(1, 5))
    return _density(_attractor(maps * rng.uniform(0.93, 1.07, maps.shape), kind, rng))


def _grid() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    axis = np.linspace(-1.05, 1.05, SIZE)
    x, y = np.meshgrid(axis, axis)
    return np.hypot(x, y), np.arctan2(y, x)


def _layers(
    outline: Callable[[NDArray[np.float64]], NDArray[np.float64]],
    layers: int,
    ribs: int,
    rng: np.random.Generator,
) -> Figure:
    """Copies of an outline inside each other, each shaded from its edge to the centre."""
    distance, angle = _grid()
    value, alpha = np.zeros_like(distance), np.zeros_like(distance)
    for layer in range(layers):
        size = 1 - layer / layers * rng.uniform(0.8, 1.0)
        turned = angle + rng.uniform(-0.5, 0.5) * layer
        edge = np.maximum(outline(turned) * size, 1e-3)
        cover = np.clip((edge - distance) * SIZE / 3, 0, 1)
        shade = np.clip(distance / edge, 0, 1) * 0.5 + 0.15 * np.sin(ribs * turned)
        level = np.clip(0.15 + 0.5 * layer / layers + 0.5 * shade, 0, 1)
        value, alpha = value + cover * (level - value), np.maximum(alpha, cover)
    return (np.stack([value, alpha], -1) * 255).astype(np.uint8)


def _superformula(seed: list[int], rng: np.random.Generator) -> Figure:
    """Gielis (2003): one radius formula for polygons, stars, petals and shells."""
    code = np.random.default_rng(seed)
    petals, layers, ribs = code.integers(3, 15), int(code.integers(1, 5)), int(code.integers(0, 40))
    powers = code.uniform(0.3, 1.2), code.uniform(0.4, 3), code.uniform(0.4, 3)
    first, second, third = powers * rng.uniform(0.9, 1.1, 3)

    def outline(angle: NDArray[np.float64]) -> NDArray[np.float64]:
        phase = petals * angle / 4
        base = np.abs(np.cos(phase)) ** second + np.abs(np.sin(phase)) ** third
        radius = base ** (-1 / first)
        return radius / radius.max()

    return _layers(outline, layers, ribs, rng)


def _contour(seed: list[int], rng: np.random.Generator) -> Figure:
    """A closed curve whose radius is a short Fourier series."""
    code = np.random.default_rng(seed)
    order = np.arange(2, 10)
    size = code.normal(0, 0.5, order.size) / np.sqrt(order) * rng.uniform(0.85, 1.15, order.size)
    phase = code.uniform(0, 2 * np.pi, order.size) + rng.normal(0, 0.1, order.size)
    layers, ribs = int(code.integers(1, 4)), int(code.integers(0, 30))

    def outline(angle: NDArray[np.float64]) -> NDArray[np.float64]:
        waves = np.cos(angle[..., None] * order + phase)
        radius = np.exp((waves * size).sum(-1))
        return radius / radius.max()

    return _layers(outline, layers, ribs, rng)


FAMILIES: tuple[Callable[[list[int], np.random.Generator], Figure], ...] = (
    _fractal,
    _flame,
    _superformula,
    _contour,
    _superformula,
)


def formula_family(formula: int) -> str:
    """The name of the family that a formula class belongs to."""
    return FAMILIES[formula % len(FAMILIES)].__name__.lstrip("_")


def render_formula(*, formula: int, seed: int, rng: np.random.Generator) -> Figure:
    """Draw one variant of a formula class.

    Args:
        formula: The class, 0 or more; with ``seed`` it decides the formula's numbers.
        seed: Of the whole set of formulas.
        rng: Decides by how much the numbers are moved.

    Returns:
        uint8 ``[96, 96, 2]``: value and alpha.
    """
    return FAMILIES[formula % len(FAMILIES)]([seed, 1, formula], rng)
