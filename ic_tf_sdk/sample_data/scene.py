"""One picture: an outline filled with a pattern, among clutter, on a patterned background.

Colour, size, place, angle, clutter, background, light and file format are drawn from the same
distributions for every class, so none of them tells the class. The pattern is a hint: usually, not
always, a class has its own.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from ic_tf_sdk.sample_data.outline import Points

__all__ = ["PATTERNS", "paint"]

# float32 [height, width, 3], 0..1
Pixels = NDArray[np.float32]
# float32 [height, width], 0..1
Plane = NDArray[np.float32]

# How often a shape is filled with the pattern of its class.
PATTERN_SHARE = 0.9

# Masks are drawn this many times larger and shrunk, which smooths their edges.
OVERSAMPLING = 2


def _clouds(*, height: int, width: int, rng: np.random.Generator) -> Plane:
    """Noise whose amplitude falls with its frequency, as in photos."""
    total = np.zeros((height, width), np.float32)
    for octave in range(1, 6):
        cells = rng.random((2**octave, 2**octave), dtype=np.float32)
        layer = Image.fromarray(cells).resize((width, height), Image.Resampling.BICUBIC)
        total += np.asarray(layer) * 0.5**octave
    total -= total.min()
    total /= total.max()
    return total


def _stripes(*, height: int, width: int, rng: np.random.Generator) -> Plane:
    """Waves of one direction and length."""
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    angle, wavelength = rng.uniform(0, np.pi), rng.uniform(8, 20)
    along = rows * np.float32(np.sin(angle)) + columns * np.float32(np.cos(angle))
    wave: Plane = 0.5 + 0.5 * np.sin(along * np.float32(2 * np.pi / wavelength))
    return wave


def _checks(*, height: int, width: int, rng: np.random.Generator) -> Plane:
    """Two crossed waves, cut hard."""
    first, second = (_stripes(height=height, width=width, rng=rng) for _ in range(2))
    checks: Plane = ((first > 0.5) ^ (second > 0.5)).astype(np.float32)
    return checks


def _shade(*, height: int, width: int, rng: np.random.Generator) -> Plane:
    """A ramp from one side to the other."""
    rows, columns = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
    across, down = rng.uniform(-1, 1, 2).astype(np.float32)
    ramp = rows * down + columns * across
    ramp -= ramp.min()
    ramp /= max(float(ramp.max()), 1e-6)
    found: Plane = ramp
    return found


def _speckle(*, height: int, width: int, rng: np.random.Generator) -> Plane:
    """Coarse grains."""
    grain = int(rng.integers(2, 5))
    grains = rng.random((height // grain + 1, width // grain + 1), dtype=np.float32)
    enlarged: Plane = np.repeat(np.repeat(grains, grain, 0), grain, 1)[:height, :width]
    return enlarged


def _colours(rng: np.random.Generator) -> tuple[Pixels, Pixels]:
    """Two random colours, the first at least a third darker or lighter than the second."""
    first, second = rng.random((2, 3), dtype=np.float32)
    dark, light = sorted((first, second), key=lambda colour: float(colour.mean()))
    missing = max(0.0, 0.33 - float(light.mean() - dark.mean()))
    dark, light = dark - np.float32(missing / 2), light + np.float32(missing / 2)
    return (dark, light) if rng.random() < 0.5 else (light, dark)


PATTERNS: dict[str, Callable[..., Plane]] = {
    "checks": _checks,
    "clouds": _clouds,
    "shade": _shade,
    "speckle": _speckle,
    "stripes": _stripes,
}


def _pattern(
    *, height: int, width: int, rng: np.random.Generator, kind: str | None = None
) -> Pixels:
    """A pattern, a random one unless named, between two random colours."""
    kind = kind or str(rng.choice(list(PATTERNS)))
    plane = PATTERNS[kind](height=height, width=width, rng=rng)
    first, second = _colours(rng)
    mixed: Pixels = first + plane[..., None] * (second - first)
    return mixed


def _background(*, height: int, width: int, rng: np.random.Generator) -> Pixels:
    """Clouds or a ramp, of less contrast than what lies on it."""
    kind = str(rng.choice(["clouds", "shade"]))
    pixels = _pattern(height=height, width=width, rng=rng, kind=kind)
    mean = pixels.mean((0, 1))
    muted: Pixels = mean + (pixels - mean) * np.float32(rng.uniform(0.3, 0.9))
    return muted


def _mask(*, polygons: list[Points], height: int, width: int) -> Plane:
    """The share of each pixel that the polygons cover."""
    size = (width * OVERSAMPLING, height * OVERSAMPLING)
    canvas = Image.new("L", size)
    pen = ImageDraw.Draw(canvas)
    for polygon in polygons:
        pen.polygon((polygon * OVERSAMPLING).ravel().tolist(), fill=255)
    return np.asarray(canvas.reduce(OVERSAMPLING), np.float32) / np.float32(255)


def _rotation(angle: float) -> Points:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def _place(*, points: Points, height: int, width: int, rng: np.random.Generator) -> Points:
    """Turn, squeeze, scale and move a shape of the unit circle to somewhere in the picture."""
    turn, tilt = (_rotation(rng.uniform(0, 2 * np.pi)) for _ in range(2))
    squeeze = rng.uniform(0.8, 1)
    radius = min(height, width) * rng.uniform(0.34, 0.5)
    centre = [rng.uniform(radius, width - radius), rng.uniform(radius, height - radius)]
    placed: Points = points @ turn @ np.diag([1, squeeze]) @ tilt * radius + centre
    return placed


def _debris(*, count: int, height: int, width: int, rng: np.random.Generator) -> list[Points]:
    """Irregular scraps with three to seven corners, larger and smaller."""
    scraps = []
    for _ in range(count):
        angle = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(3, 8)))
        reach = rng.uniform(0.4, 1, angle.size) * min(height, width) * rng.uniform(0.04, 0.2)
        centre = [rng.uniform(0, width), rng.uniform(0, height)]
        scraps.append(np.stack([np.cos(angle), np.sin(angle)], -1) * reach[:, None] + centre)
    return scraps


def _cover(
    *, pixels: Pixels, mask: Plane, rng: np.random.Generator, kind: str | None = None
) -> Pixels:
    """Lay a pattern over the picture where the mask is."""
    height, width = mask.shape
    paint = _pattern(height=height, width=width, rng=rng, kind=kind)
    return pixels + mask[..., None] * (paint - pixels)


def _contrast(*, pixels: Pixels, mask: Plane, rng: np.random.Generator, kind: str | None) -> Pixels:
    """Lay a pattern that is clearly lighter or darker than what it covers."""
    covered = _cover(pixels=pixels, mask=mask, rng=rng, kind=kind)
    weight = mask[..., None]
    behind = (pixels * weight).sum() / (3 * mask.sum())
    front = (covered * weight).sum() / (3 * mask.sum())
    gap = rng.uniform(0.2, 0.4) * (1 if front > behind else -1)
    return covered + weight * np.float32(behind + gap - front)


def _expose(*, pixels: Pixels, rng: np.random.Generator) -> Image.Image:
    """Light from one side, sensor noise and a little blur."""
    height, width, _ = pixels.shape
    light = np.linspace(rng.uniform(0.7, 1.1), rng.uniform(0.7, 1.1), width, dtype=np.float32)
    noise = rng.standard_normal((height, width, 3), np.float32) * np.float32(rng.uniform(0, 0.05))
    levels = np.clip((pixels * light[None, :, None] + noise) * 255, 0, 255).astype(np.uint8)
    return Image.fromarray(levels).filter(ImageFilter.GaussianBlur(rng.uniform(0, 1)))


def paint(*, points: Points, pattern: str, rng: np.random.Generator) -> Image.Image:
    """Paint one picture that shows one shape.

    Args:
        points: float64 ``[points, 2]``, a closed polygon inside the unit circle.
        pattern: One of ``PATTERNS``: what the shape is filled with, nine times out of ten.
        rng: Decides everything but the shape.

    Returns:
        An RGB picture, each side 120 to 240 pixels.
    """
    height, width = (int(side) for side in rng.integers(120, 241, 2))
    size = {"height": height, "width": width}
    pixels = _background(height=height, width=width, rng=rng)
    for _ in range(rng.integers(1, 3)):
        behind = _debris(count=int(rng.integers(1, 5)), **size, rng=rng)
        pixels = _cover(pixels=pixels, mask=_mask(polygons=behind, **size), rng=rng)
    shape = _place(points=points, **size, rng=rng)
    kind = pattern if rng.random() < PATTERN_SHARE else None
    pixels = _contrast(pixels=pixels, mask=_mask(polygons=[shape], **size), rng=rng, kind=kind)
    before = _debris(count=int(rng.integers(0, 3)), **size, rng=rng)
    pixels = _cover(pixels=pixels, mask=_mask(polygons=before, **size) * 0.9, rng=rng)
    return _expose(pixels=pixels, rng=rng)
