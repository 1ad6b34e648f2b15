"""Three pictures from formulas, the same to the bit everywhere: what goldens are made of."""

import numpy as np
import numpy.typing as npt

__all__ = ["pictures"]


def pictures(pixels: int) -> npt.NDArray[np.float32]:
    """A disc, stripes and a chequered gradient.

    Args:
        pixels: Their height and width.

    Returns:
        float32 [3, pixels, pixels, 3], each value a 255th in 0 to 1.
    """
    y, x = np.mgrid[:pixels, :pixels] * 256 // pixels
    disc = np.stack([(x - 128) ** 2 + (y - 128) ** 2 < 80**2] * 3, -1) * np.array([230, 190, 30])
    stripes = np.stack([(x + y) % 64 * 4, (x * 2 + y) % 128 * 2, (x // 16 % 2) * 200], -1)
    chequers = np.stack([x, y, (x // 32 + y // 32) % 2 * 255], -1)
    return (np.stack([disc, stripes, chequers]) / 255.0).astype(np.float32)
