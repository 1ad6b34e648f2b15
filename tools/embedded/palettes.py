"""Palettes: smooth ramps of colour, each a class of its own."""

import colorsys

import numpy as np
from numpy.typing import NDArray

__all__ = ["Palette", "render_palette"]

# float32 [256, 3], 0..1
Palette = NDArray[np.float32]

STOPS = 4


def render_palette(*, palette: int, seed: int, rng: np.random.Generator) -> Palette:
    """Draw one variant of a palette class: a ramp through four colours, dark to light or back.

    Args:
        palette: The class, 0 or more; with ``seed`` it decides the colours.
        seed: Of the whole set of palettes.
        rng: Moves hue, saturation and brightness a little.

    Returns:
        float32 ``[256, 3]``, 0..1.
    """
    code = np.random.default_rng([seed, 3, palette])
    hue, drift = code.uniform(), code.normal(0, 0.09)
    saturation = code.uniform(0.05, 1) ** 0.7
    dark, light = code.uniform(0.05, 0.5), code.uniform(0.6, 1)
    hue, saturation = hue + rng.normal(0, 0.015), saturation * rng.uniform(0.85, 1.1)
    brightness = np.linspace(dark, light, STOPS) * rng.uniform(0.85, 1.1)
    if code.random() < 0.3:
        brightness = brightness[::-1]
    stops = [
        colorsys.hsv_to_rgb(
            (hue + drift * index) % 1,
            float(np.clip(saturation + code.normal(0, 0.12), 0, 1)),
            float(np.clip(value, 0, 1)),
        )
        for index, value in enumerate(brightness)
    ]
    position = np.linspace(0, STOPS - 1, 256)
    ramp = [np.interp(position, np.arange(STOPS), channel) for channel in np.transpose(stops)]
    return np.stack(ramp, -1).astype(np.float32)
