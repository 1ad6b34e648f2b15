"""The size rule: large models default to smaller batches and train only their top.

Its results are written out literally in each model's record, where a reader looks for them; a test
compares them with this function.
"""

from typing import TypedDict

__all__ = ["LARGE_MILLIONS", "PIXELS_PER_STEP", "SizeOverrides", "default_overrides"]

LARGE_MILLIONS = 40.0
"""From here on a model is large: two BiT and ResNet-101 networks (44.5 M) belong to the large ones,
every ResNet-50 (25.6 M) to the small ones. Parameters are counted as published, head included."""

PIXELS_PER_STEP = 16 * 448 * 448
"""Most input pixels in one default step of a large model: activations grow with them."""

# Parameters in millions -> the largest batch size from there on, halved as weights, gradients and
# the optimizer's two moments (16 bytes per parameter together) take 1.6 GB, then 4.8 GB.
_BATCH_SIZES = ((0.0, 32), (LARGE_MILLIONS, 16), (100.0, 8), (300.0, 4))


class SizeOverrides(TypedDict):
    """The two defaults that follow a model's size."""

    batch_size: int
    train_only_on_top: bool


def default_overrides(*, parameters_millions: float | None, pixels: int) -> SizeOverrides:
    """The defaults that a model's size decides.

    Never grows with either argument. A model of fewer than 40 M parameters is small at any input
    size: 32 images per step, all layers trained.

    >>> default_overrides(parameters_millions=44.5, pixels=224 * 224)
    {'batch_size': 16, 'train_only_on_top': True}

    Args:
        parameters_millions: Parameters of the whole network in millions; None counts as small.
        pixels: Input height times width.
    """
    millions = parameters_millions or 0.0
    batch_size = min(size for least, size in _BATCH_SIZES if millions >= least)
    large = millions >= LARGE_MILLIONS
    while large and batch_size * pixels > PIXELS_PER_STEP:
        batch_size //= 2
    return {"batch_size": max(batch_size, 1), "train_only_on_top": large}
