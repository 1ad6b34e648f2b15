"""Background formulas: coloured noise, waves, cells, strokes and blots."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

__all__ = ["FAMILIES", "SIZE", "Texture", "render_texture"]

# uint8 [SIZE, SIZE]: what the palette colours.
Texture = NDArray[np.uint8]
Plane = NDArray[np.float64]

SIZE = 128


def _levels(plane: Plane) -> Texture:
    low, high = np.percentile(plane, [1, 99])
    return (np.clip((plane - low) / max(float(high - low), 1e-9), 0, 1) * 255).astype(np.uint8)


def _filtered_noise(
    exponent: float, stretch: float, angle: float, rng: np.random.Generator
) -> Plane:
    """Noise whose amplitude falls as frequency ** -exponent, stretched along one direction."""
    rows, columns = np.fft.fftfreq(SIZE)[:, None], np.fft.fftfreq(SIZE)[None, :]
    along = rows * np.cos(angle) + columns * np.sin(angle)
    across = -rows * np.sin(angle) + columns * np.cos(angle)
    frequency = np.hypot(along * stretch, across)
    frequency[0, 0] = 1
    spectrum = np.fft.fft2(rng.standard_normal((SIZE, SIZE))) * frequency**-exponent
    spectrum[0, 0] = 0
    return np.real(np.fft.ifft2(spectrum))


def _noise(code: np.random.Generator, rng: np.random.Generator) -> Texture:
    exponent, stretch, angle = code.uniform(0.6, 2.2), code.uniform(1, 5), code.uniform(0, np.pi)
    return _levels(_filtered_noise(exponent * rng.uniform(0.95, 1.05), stretch, angle, rng))


def _waves(code: np.random.Generator, rng: np.random.Generator) -> Texture:
    """One or two sines, bent by smooth noise."""
    rows, columns = np.mgrid[0:SIZE, 0:SIZE].astype(np.float64)
    plane = np.zeros((SIZE, SIZE))
    bend = code.uniform(0, 12)
    warp = _filtered_noise(2.2, 1, 0, rng)
    warp *= bend / max(float(warp.std()), 1e-9) / 3
    for _ in range(code.integers(1, 3)):
        angle, wavelength = code.uniform(0, np.pi), code.uniform(5, 30) * rng.uniform(0.93, 1.07)
        along = rows * np.sin(angle) + columns * np.cos(angle) + warp
        plane += np.sin(2 * np.pi * along / wavelength + rng.uniform(0, 6.3))
    return _levels(np.tanh(plane * code.uniform(0.5, 4)))


def _cells(code: np.random.Generator, rng: np.random.Generator) -> Texture:
    """Worley noise: distances to the nearest and second nearest of random points."""
    count, sharp = int(code.integers(8, 70)), code.integers(0, 3)
    stretch = np.array([1, code.uniform(0.4, 1)])
    points = rng.uniform(-0.1, 1.1, (count, 2)) * SIZE
    grid = np.stack(np.mgrid[0:SIZE, 0:SIZE], -1).reshape(-1, 1, 2)
    distance = np.sqrt((((grid - points) * stretch) ** 2).sum(-1))
    nearest = np.partition(distance, 1, axis=1)[:, :2]
    kinds = (nearest[:, 0], nearest[:, 1] - nearest[:, 0], distance.argmin(1) * 0.618 % 1)
    return _levels(np.asarray(kinds[sharp], np.float64).reshape(SIZE, SIZE))


def _strokes(code: np.random.Generator, rng: np.random.Generator) -> Texture:
    """Lines around one direction, later ones over earlier ones."""
    direction, spread = code.uniform(0, np.pi), code.uniform(0.05, 1.5)
    reach, width, count = code.uniform(8, 60), int(code.integers(1, 6)), int(code.integers(60, 400))
    canvas = Image.new("L", (SIZE, SIZE), int(rng.integers(0, 120)))
    pen = ImageDraw.Draw(canvas)
    for level in np.sort(rng.integers(0, 256, count)):
        x, y = rng.uniform(-8, SIZE + 8, 2)
        angle = direction + rng.normal(0, spread)
        length = reach * rng.uniform(0.5, 1.5)
        end = (x + np.cos(angle) * length, y + np.sin(angle) * length)
        pen.line((x, y, *end), fill=int(level), width=width)
    return np.asarray(canvas).copy()


def _blots(code: np.random.Generator, rng: np.random.Generator) -> Texture:
    """Ellipses of one size and shape, in random order and brightness."""
    size, flat, count = code.uniform(3, 22), code.uniform(0.3, 1), int(code.integers(30, 250))
    canvas = Image.new("L", (SIZE, SIZE), int(rng.integers(0, 256)))
    pen = ImageDraw.Draw(canvas)
    for _ in range(count):
        x, y = rng.uniform(-8, SIZE + 8, 2)
        wide, high = size * rng.uniform(0.6, 1.4), size * flat * rng.uniform(0.6, 1.4)
        pen.ellipse((x - wide, y - high, x + wide, y + high), fill=int(rng.integers(0, 256)))
    return np.asarray(canvas).copy()


FAMILIES: tuple[Callable[[np.random.Generator, np.random.Generator], Texture], ...] = (
    _noise,
    _waves,
    _cells,
    _strokes,
    _blots,
    _noise,
)


def render_texture(*, texture: int, seed: int, rng: np.random.Generator) -> Texture:
    """Draw one variant of a texture class.

    Args:
        texture: The class, 0 or more; with ``seed`` it decides the texture's numbers.
        seed: Of the whole set of textures.
        rng: Decides everything else.

    Returns:
        uint8 ``[128, 128]``.
    """
    code = np.random.default_rng([seed, 2, texture])
    return FAMILIES[texture % len(FAMILIES)](code, rng)
