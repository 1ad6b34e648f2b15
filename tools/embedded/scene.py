"""A formula picture: figures of one formula and palette over a texture in another palette."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from tools.embedded.formulas import Figure, render_formula
from tools.embedded.palettes import render_palette
from tools.embedded.textures import Texture, render_texture

__all__ = ["SIDE", "TASKS", "Bank", "Scene", "make_bank", "make_scene"]

SIDE = 96
"""Pixels of a side of a picture."""

TASKS = {"formula": 240, "palette": 48, "texture": 72, "ground": 48}
"""What is to be recognised in a picture -> how many classes: the figures' formula and palette, the
background's texture and palette."""

# Renderings of each formula and of each texture; drawn once, then placed, turned and scaled.
VARIANTS = 16

Pixels = NDArray[np.float32]


@dataclass(frozen=True)
class Bank:
    """Ready renderings: ``figures[formula][variant]`` and ``textures[texture][variant]``."""

    figures: list[list[Figure]]
    textures: list[list[Texture]]


@dataclass(frozen=True)
class Scene:
    """A picture, uint8 ``[96, 96, 3]``, and its class for each of ``TASKS``, in that order."""

    pixels: NDArray[np.uint8]
    classes: tuple[int, int, int, int]


def make_bank(seed: int, *, variants: int = VARIANTS, renderings: int = 0) -> Bank:
    """Render every formula and texture of a seed; another ``renderings`` gives other variants."""
    rng = np.random.default_rng([seed, 4, renderings])
    figures = [
        [render_formula(formula=index, seed=seed, rng=rng) for _ in range(variants)]
        for index in range(TASKS["formula"])
    ]
    textures = [
        [render_texture(texture=index, seed=seed, rng=rng) for _ in range(variants)]
        for index in range(TASKS["texture"])
    ]
    return Bank(figures=figures, textures=textures)


def _clouds(cells: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Smooth noise, float32 [SIDE, SIDE], 0..1."""
    coarse = Image.fromarray(rng.random((cells, cells), dtype=np.float32))
    return np.asarray(coarse.resize((SIDE, SIDE), Image.Resampling.BICUBIC))


def _background(texture: Texture, palette: Pixels, rng: np.random.Generator) -> Pixels:
    """A turned cut of the texture, coloured, often out of focus."""
    angle, zoom = rng.uniform(0, 360), rng.uniform(0.6, 1)
    canvas = Image.fromarray(texture).rotate(angle, Image.Resampling.BILINEAR)
    side = int(SIDE * 0.94 * zoom)
    left, top = rng.integers((128 - side) // 4, 128 - side - (128 - side) // 4 + 1, 2)
    box = (int(left), int(top), int(left) + side, int(top) + side)
    canvas = canvas.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=box)
    if rng.random() < 0.4:
        canvas = canvas.filter(ImageFilter.GaussianBlur(rng.uniform(0.5, 2.5)))
    return palette[np.asarray(canvas)]


def _placed(figure: Figure, rng: np.random.Generator, size: float) -> NDArray[np.float32]:
    """The figure turned, squeezed, scaled and moved: float32 [SIDE, SIDE, 2], 0..1."""
    angle, squeeze = rng.uniform(0, 2 * np.pi), rng.uniform(0.6, 1)
    margin = min(size * 0.3, SIDE / 2)
    target = rng.uniform(margin, SIDE - margin, 2)
    canvas = Image.fromarray(figure)
    # The affine transform samples points; shrinking first keeps small figures smooth.
    canvas = canvas.reduce(max(1, round(canvas.width / size)))
    zoom = canvas.width / size
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    matrix = np.diag([zoom, zoom / squeeze]) @ turn
    offset = np.full(2, canvas.width / 2) - matrix @ target
    numbers = (*matrix[0], offset[0], *matrix[1], offset[1])
    moved = canvas.transform(
        (SIDE, SIDE), Image.Transform.AFFINE, numbers, Image.Resampling.BILINEAR
    )
    return np.asarray(moved, np.float32) / 255


def _cast(pixels: Pixels, alpha: NDArray[np.float32], rng: np.random.Generator) -> Pixels:
    """Darken what lies beside a figure, as its shadow would."""
    shadow = np.roll(alpha, rng.integers(-4, 5, 2), axis=(0, 1))
    return pixels * (1 - rng.uniform(0, 0.5) * shadow[..., None]).astype(np.float32)


def _figures(
    pixels: Pixels, figures: list[Figure], palette: Pixels, rng: np.random.Generator
) -> Pixels:
    """One to a dozen figures of one formula; the more of them, the smaller."""
    count = int(rng.choice([1, 1, 1, 2, 3, 5, 8, 12]))
    reach = SIDE * rng.uniform(0.6, 1.3) / count**0.4
    for _ in range(count):
        figure = figures[rng.integers(len(figures))]
        placed = _placed(figure, rng, size=reach * rng.uniform(0.7, 1.2))
        value = placed[..., 0] + (_clouds(5, rng) - 0.5) * np.float32(0.25)
        alpha = placed[..., 1] * np.float32(rng.uniform(0.85, 1))
        colours = palette[np.clip(value * 255, 0, 255).astype(np.uint8)]
        pixels = _cast(pixels, alpha, rng)
        pixels = pixels + alpha[..., None] * (colours - pixels)
    return pixels


def _expose(pixels: Pixels, rng: np.random.Generator) -> NDArray[np.uint8]:
    """Uneven light, contrast, sensor noise."""
    light = 0.75 + 0.6 * _clouds(3, rng) * np.float32(rng.uniform(0.3, 1.2))
    lit = np.clip(pixels * light[..., None], 0, 1) ** np.float32(rng.uniform(0.75, 1.3))
    noise = rng.standard_normal(pixels.shape, np.float32) * np.float32(rng.uniform(0, 0.04))
    return (np.clip(lit + noise, 0, 1) * 255).astype(np.uint8)


def make_scene(*, bank: Bank, seed: int, number: int) -> Scene:
    """Compose one picture of random classes.

    Args:
        bank: The renderings of ``make_bank(seed)``.
        seed: Of the whole set.
        number: Of the picture; with ``seed`` it decides everything.
    """
    rng = np.random.default_rng([seed, 5, number])
    formula, palette, texture, ground = (int(rng.integers(count)) for count in TASKS.values())
    front, back = (render_palette(palette=index, seed=seed, rng=rng) for index in (palette, ground))
    textures = bank.textures[texture]
    pixels = _background(textures[rng.integers(len(textures))], back, rng)
    pixels = _figures(pixels, bank.figures[formula], front, rng)
    return Scene(pixels=_expose(pixels, rng), classes=(formula, palette, texture, ground))
