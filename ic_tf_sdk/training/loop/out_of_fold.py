"""Answers on images by classification layers that have not learned from them.

Of features that never change: the images are dealt into folds, and each fold is answered by the
solved layer of all others.
"""

from collections.abc import Callable, Collection

import numpy as np
import numpy.typing as npt

from ic_tf_sdk.contract.phases import ignore
from ic_tf_sdk.training.loop.logistic_head import Layer, LogisticHead

__all__ = ["FOLDS", "OutOfFold", "folds"]

FOLDS = 5
"""Each layer learns from four fifths; with more folds it is hardly better, and takes longer."""

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def folds(classes: npt.ArrayLike, groups: npt.ArrayLike, *, seed: int) -> Rows:
    """Deal images into folds, of each class about as many into each.

    Args:
        classes: int [images], class indices.
        groups: int [images]; images of one number come into one fold. Copies of one picture would
            else answer for each other.
        seed: Of the order.

    Returns:
        int64 [images], 0 to ``FOLDS`` - 1.
    """
    indices = np.asarray(classes, np.int64)
    _, first, member = np.unique(np.asarray(groups), return_index=True, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(first))
    # By class, so that one deal through all of them leaves each class even.
    order = order[np.argsort(indices[first[order]], kind="stable")]
    turn = np.empty(len(order), np.int64)
    turn[order] = np.arange(len(order)) % FOLDS
    dealt: Rows = turn[member]
    return dealt


class OutOfFold:
    """The layers of all folds, each of which answers the fold that it has not seen.

    Args:
        features: float32 [images, features], in memory or mapped from a file.
        classes: int [images], class indices.
        fold: int64 [images], from ``folds``.
        count: How many classes there are.
        strength: Of the penalty, see ``converged_head.STRENGTHS``.
    """

    def __init__(
        self,
        features: npt.NDArray[np.float32],
        classes: npt.ArrayLike,
        fold: Rows,
        count: int,
        *,
        strength: float,
    ) -> None:
        self._strength = strength
        self._features = features
        self._targets = np.eye(count)[np.asarray(classes, np.int64)]
        self._fold = fold
        # A layer solved before is near the next one of its fold.
        self._layers: dict[int, Layer] = {}

    def answers(
        self, left_out: Collection[int] = (), *, advance: Callable[[int], object] = ignore
    ) -> Floats:
        """The probabilities of each image by the layer that has not seen its fold.

        Args:
            left_out: Rows that no layer learns from; they are answered all the same.
            advance: Called with 1 after each fold.

        Returns:
            float64 [images, classes]; each row sums to 1.
        """
        learned = ~np.isin(np.arange(len(self._fold)), list(left_out))
        probabilities = np.full(self._targets.shape, 1.0 / self._targets.shape[1])
        for number in np.unique(self._fold).tolist():
            asked = np.flatnonzero(self._fold == number)
            known = np.flatnonzero((self._fold != number) & learned)
            if len(known):
                layer = self._solved(number, known)
                logits = self._features[asked] @ layer.kernel + layer.bias
                probabilities[asked] = _softmax(logits)
            advance(1)
        return probabilities

    def _solved(self, number: int, known: Rows) -> Layer:
        head = LogisticHead(self._features[known], self._targets[known])
        self._layers[number] = head.solve(self._strength, self._layers.get(number))
        return self._layers[number]


def _softmax(logits: Floats) -> Floats:
    shares: Floats = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares /= shares.sum(axis=1, keepdims=True)
    return shares
