"""Which images are probably of another class than the folder that they lie in."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["FEWEST_IMAGES", "Doubt", "doubts"]

FEWEST_IMAGES = 5
"""A class with fewer images is not judged: a layer that has not seen one of them has seen too few
others."""

Floats = npt.NDArray[np.float64]


class Doubt(NamedTuple):
    """An image whose class is probably wrong.

    Attributes:
        row: Its position among the images.
        suggested: The class index that is likelier.
        score: 0 for an image that is surely of another class, 1 for one that is surely of its own.
    """

    row: int
    suggested: int
    score: float


def doubts(classes: npt.ArrayLike, probabilities: Floats) -> list[Doubt]:
    """The images whose label is probably wrong, the surest first.

    How many there are follows from the answers, by confident learning (Northcutt, Jiang and
    Chuang, 2021): for each pair of classes, how often an image of the one is answered as surely as
    the other's own images are. cleanlab counts and ranks.

    Args:
        classes: int [images], class indices.
        probabilities: float64 [images, classes], of layers that have not learned from the image.
    """
    # Here: only this needs it, and it takes seconds to import.
    from cleanlab.filter import find_label_issues
    from cleanlab.rank import get_label_quality_scores

    given = np.asarray(classes, np.int64)
    judged = np.flatnonzero(np.bincount(given)[given] >= FEWEST_IMAGES)
    if not len(judged):
        return []
    labels, shares = _without_gaps(given[judged], probabilities[judged])
    if shares.shape[1] < 2:
        return []
    # By class: classes differ in how often they are right, and where most labels are right this
    # finds more of the wrong ones than cleanlab's other rules (`benchmarks/labels.py`).
    found = find_label_issues(labels, shares, filter_by="prune_by_class", n_jobs=1)
    scores = get_label_quality_scores(labels, shares, method="normalized_margin")
    kinds = np.unique(given[judged])
    rows = [
        Doubt(int(judged[place]), int(kinds[shares[place].argmax()]), float(scores[place]))
        for place in np.flatnonzero(found)
        if shares[place].argmax() != labels[place]
    ]
    return sorted(rows, key=lambda doubt: (doubt.score, doubt.row))


def _without_gaps(
    classes: npt.NDArray[np.int64], probabilities: Floats
) -> tuple[npt.NDArray[np.int64], Floats]:
    """Classes numbered from 0 on without those that are not judged, and their probabilities."""
    kinds, labels = np.unique(classes, return_inverse=True)
    shares = np.maximum(probabilities[:, kinds], 1e-12)
    return labels, shares / shares.sum(axis=1, keepdims=True)
