"""Fitting the score that tells images which are perhaps of no class."""

import numpy as np
import numpy.typing as npt

from ic_tf_sdk.contract.unknown_record import UnknownRecord
from ic_tf_sdk.training.graph.unknown_score import Scale, UnknownScore

__all__ = ["MOST_BYTES", "MOST_IMAGES", "PASSING", "fit", "fitting_rows"]

MOST_BYTES = 2_000_000
"""Of the training images' features in the artifact, two bytes each."""

MOST_IMAGES = 2000
"""Training, and validation, images that pass the trained network once more."""

PASSING = 0.95
"""The share of the validation images that count as known."""

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]


def fitting_rows(classes: npt.ArrayLike, most: int, seed: int) -> Rows:
    """So many images, of each class about as many, in their order.

    Args:
        classes: int [images], class indices.
        most: How many at most.
        seed: Of the choice.
    """
    indices = np.asarray(classes)
    order = np.random.default_rng(seed).permutation(len(indices))
    # The how-many-eth of its class each one is.
    turn = np.empty(len(order), np.int64)
    for index in np.unique(indices):
        rows = order[indices[order] == index]
        turn[rows] = np.arange(len(rows))
    chosen = order[np.argsort(turn[order], kind="stable")][:most]
    return np.sort(chosen)


def fit(
    training: Floats, classes: npt.ArrayLike, validation: Floats, logits: Floats, *, seed: int
) -> tuple[UnknownScore, UnknownRecord]:
    """The score of a trained network.

    Args:
        training: float32 [images, features] of images that it was trained on.
        classes: int [images], their class indices.
        validation: float32 [images, features] of images that did not train it.
        logits: float32 [images, units] of those.
        seed: Of the choice of training images, where they are too many to be kept.
    """
    most = max(1, MOST_BYTES // (2 * training.shape[1]))
    known = np.array(training[fitting_rows(classes, most, seed)], np.float32)
    known /= np.maximum(np.linalg.norm(known, axis=1, keepdims=True), 1e-12)
    kept = known.astype(np.float16)
    # The graph's own parts, so that the limit is of the numbers that it will give.
    apart = _score(kept, Scale(0.0, 1.0), Scale(0.0, np.inf), validation, logits)
    unsure = _score(kept, Scale(0.0, np.inf), Scale(0.0, 1.0), validation, logits)
    distance, certainty = _scale(apart), _scale(-unsure)
    sums = _score(kept, distance, certainty, validation, logits)
    limit = float(np.quantile(sums, PASSING, method="higher"))
    score = UnknownScore(kept, distance, certainty, limit)
    passing = float((sums <= limit).mean())
    record = UnknownRecord(known_images=len(kept), images=len(logits), passing=passing)
    return score, record


def _score(
    kept: npt.NDArray[np.float16], distance: Scale, certainty: Scale, *asked: Floats
) -> Floats:
    """float32 [images], without a limit."""
    scores: Floats = UnknownScore(kept, distance, certainty, 0.0)(*asked).numpy()
    return scores


def _scale(values: Floats) -> Scale:
    # Of one image, or of equal ones, there is no deviation.
    return Scale(float(values.mean()), float(values.std()) or 1.0)
