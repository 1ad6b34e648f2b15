"""One picture: an outline filled with a pattern, among clutter, on a cloudy background.

Colour, size, place, angle, pattern, clutter, light and file format are drawn from the same
distributions for every class, so none of them tells the class.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from ic_tf_sdk.sample_data.outline import Points

__all__ = ["paint"]

# float32 [height, width, 3], 0..1
Pixels = NDArray[np.float32]
# float32 [height, width], 0..1
Plane = NDArray[np.float32]

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
    angle, wavelength = rng.uniform(0, np.pi), rng.uniform(6, 30)
    along = rows * np.float32(np.sin(angle)) + columns * np.float32(np.cos(angle))
    wave: Plane = 0.5 + 0.5 * np.sin(along * np.float32(2 * np.pi / wavelength))
    return wave


def _pattern(*, height: int, width: int, rng: np.random.Generator) -> Pixels:
    """Clouds or stripes between two random colours."""
    plane = (_clouds if rng.random() < 0.6 else _stripes)(height=height, width=width, rng=rng)
    first, second = rng.random((2, 3), dtype=np.float32)
    mixed: Pixels = first + plane[..., None] * (second - first)
    return mixed


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
    squeeze = rng.uniform(0.75, 1)
    radius = min(height, width) * rng.uniform(0.25, 0.46)
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


def _cover(*, pixels: Pixels, mask: Plane, rng: np.random.Generator) -> Pixels:
    """Lay a pattern over the picture where the mask is."""
    height, width = mask.shape
    paint = _pattern(height=height, width=width, rng=rng)
    return pixels + mask[..., None] * (paint - pixels)


def _contrast(*, pixels: Pixels, mask: Plane, rng: np.random.Generator) -> Pixels:
    """Lay a pattern that is clearly lighter or darker than what it covers."""
    covered = _cover(pixels=pixels, mask=mask, rng=rng)
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


def paint(*, points: Points, rng: np.random.Generator) -> Image.Image:
    """Paint one picture that shows one shape.

    Args:
        points: float64 ``[points, 2]``, a closed polygon inside the unit circle.
        rng: Decides everything but the shape.

    Returns:
        An RGB picture, each side 120 to 240 pixels.
    """
    height, width = (int(side) for side in rng.integers(120, 241, 2))
    size = {"height": height, "width": width}
    pixels = _pattern(**size, rng=rng)
    for _ in range(rng.integers(2, 5)):
        behind = _debris(count=int(rng.integers(1, 5)), **size, rng=rng)
        pixels = _cover(pixels=pixels, mask=_mask(polygons=behind, **size), rng=rng)
    shape = _place(points=points, **size, rng=rng)
    pixels = _contrast(pixels=pixels, mask=_mask(polygons=[shape], **size), rng=rng)
    before = _debris(count=int(rng.integers(0, 3)), **size, rng=rng)
    pixels = _cover(pixels=pixels, mask=_mask(polygons=before, **size) * 0.9, rng=rng)
    return _expose(pixels=pixels, rng=rng)
