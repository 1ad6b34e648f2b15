"""Files that are damaged in some of their bytes, at random."""

from collections.abc import Sequence

import numpy as np

__all__ = ["damaged"]


def damaged(
    files: Sequence[tuple[str, bytes]], count: int, seed: int = 0
) -> list[tuple[str, bytes]]:
    """So many files of which one to three bytes are others than they were.

    Args:
        files: Names and contents.
        count: How many are made of them.
        seed: Says which.
    """
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        name, whole = files[int(rng.integers(len(files)))]
        content = bytearray(whole)
        for place in rng.integers(2, len(whole), int(rng.integers(1, 4))):
            content[place] = int(rng.integers(256))
        found.append((f"damaged {number}, {name}", bytes(content)))
    return found
