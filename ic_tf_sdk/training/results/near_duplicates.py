"""Pictures that are one and the same but for compression, size or a narrow crop.

A backbone's features name the candidates: of each picture the nearest others. How near they must be
differs from backbone to backbone, so the pictures themselves decide: small copies of both are
compared, the one as a whole, the other also less a narrow edge.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["NEIGHBOURS", "THUMBNAIL", "Pair", "groups", "pairs"]

THUMBNAIL = 48
"""Height and width, in pixels, of the small copies."""

NEIGHBOURS = 5
"""So many of the nearest pictures of each are compared."""

_ALIKE = 0.97
"""The correlation from which on two are one: planted copies had 0.997 and more, the most alike of
1,000 photos that are none 0.947 (`benchmarks/labels.py`)."""

# Whole pictures that correlate less are not compared in parts.
_WORTH_A_LOOK = 0.3
_SIDES = (1.0, 0.95, 0.9)
_COMPARED = 16
_BLOCK = 1024
_PAIRS_AT_ONCE = 64
# Of pixels in 0 to 255: a plain surface has nothing to be compared by.
_LEAST_DEVIATION = 2.0

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


class Pair(NamedTuple):
    """Two pictures that are one.

    Attributes:
        first: The row of the one, which is the smaller.
        second: The row of the other.
        likeness: Their correlation, at most 1.
    """

    first: int
    second: int
    likeness: float


def pairs(features: Floats, thumbnails: Floats) -> list[Pair]:
    """Every two pictures that are one, in the order of their rows.

    Args:
        features: float32 [pictures, features].
        thumbnails: float32 [pictures, ``THUMBNAIL``, ``THUMBNAIL``, 3] in 0 to 255.
    """
    candidates = _candidates(features)
    found: list[Pair] = []
    for start in range(0, len(candidates), _PAIRS_AT_ONCE):
        rows = candidates[start : start + _PAIRS_AT_ONCE]
        one, other = (thumbnails[row] for row in rows.T)
        whole = (_standard(one) * _standard(other)).sum(axis=-1)
        near = np.flatnonzero(whole >= _WORTH_A_LOOK)
        if len(near):
            likeness = _likeness(one[near], other[near])
            alike = zip(*rows[near].T.tolist(), likeness.tolist(), strict=True)
            found += [pair for pair in map(Pair._make, alike) if pair.likeness >= _ALIKE]
    return found


def groups(count: int, found: list[Pair]) -> Rows:
    """The number of the group that each picture belongs to; a picture alone is one by itself.

    Args:
        count: How many pictures there are.
        found: From ``pairs``.

    Returns:
        int64 [pictures]: the first row of its group.
    """
    group = np.arange(count)
    # Sorted, so that a chain of pairs hands the first row on in one pass but for its branches.
    changed = True
    while changed:
        before = group.copy()
        for first, second, _ in found:
            group[[first, second]] = min(group[first], group[second])
        changed = not np.array_equal(before, group)
    return group


def _candidates(features: Floats) -> Rows:
    """int64 [candidates, 2], sorted: of each picture its nearest others, each pair once."""
    count = min(NEIGHBOURS, len(features) - 1)
    if count < 1:
        return np.zeros((0, 2), np.int64)
    lengths = np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
    unit = (features / lengths).astype(np.float32)
    found = []
    for start in range(0, len(unit), _BLOCK):
        likeness = unit[start : start + _BLOCK] @ unit.T
        own = np.arange(len(likeness))
        likeness[own, start + own] = -np.inf
        nearest = np.argpartition(-likeness, count - 1, axis=1)[:, :count]
        found.append(np.stack([np.repeat(start + own, count), nearest.ravel()], axis=1))
    return np.unique(np.sort(np.concatenate(found), axis=1), axis=0)


def _likeness(one: Floats, other: Floats) -> Floats:
    """The greatest correlation of either as a whole with a part of the other, float32 [pairs]."""
    ways = ((one, other), (other, one))
    values = [
        (_standard(_windows(cropped)) * _standard(_windows(whole)[:, :1])).sum(axis=-1).max(axis=1)
        for cropped, whole in ways
    ]
    best: Floats = np.maximum(*values)
    return best


def _windows(pictures: Floats) -> Floats:
    """Parts of pictures, the whole first: float32 [pictures, parts, size, size, 3]."""
    along = np.matmul(_SCALES[:, None, None], np.moveaxis(pictures, -1, 1)[None])
    across = np.matmul(along[:, None], np.swapaxes(_SCALES, 1, 2)[None, :, None, None])
    # [ways down, ways across, pictures, 3, size, size]
    parts: Floats = np.moveaxis(across.reshape(-1, *across.shape[2:]), 0, 1)
    return np.moveaxis(parts, 2, -1)


def _standard(pictures: Floats) -> Floats:
    """Pictures as vectors of mean 0 and length 1, so that products are correlations; plain ones 0.

    Args:
        pictures: float32 [..., height, width, 3].
    """
    # Each colour by itself: a plain surface of any colour is plain.
    centred = pictures - pictures.mean(axis=(-3, -2), keepdims=True)
    centred = centred.reshape(*pictures.shape[:-3], -1)
    lengths = np.linalg.norm(centred, axis=-1, keepdims=True)
    plain = lengths < _LEAST_DEVIATION * np.sqrt(centred.shape[-1])
    standard: Floats = np.where(plain, 0.0, centred / np.where(plain, 1.0, lengths))
    return standard


def _scales() -> Floats:
    """What shrinks a side of a picture, or a part of it: float32 [parts, size, ``THUMBNAIL``]."""
    matrices = []
    for side in _SIDES:
        for start in sorted({0.0, (1.0 - side) / 2.0, 1.0 - side}):
            ends = (start + side * np.arange(_COMPARED + 1) / _COMPARED) * THUMBNAIL
            pixels = np.arange(THUMBNAIL)
            # How much of each pixel lies between the two ends of a new one.
            low = np.maximum(ends[:-1, None], pixels)
            high = np.minimum(ends[1:, None], pixels + 1.0)
            shares = np.maximum(high - low, 0.0)
            matrices.append(shares / shares.sum(axis=1, keepdims=True))
    return np.stack(matrices).astype(np.float32)


_SCALES = _scales()
