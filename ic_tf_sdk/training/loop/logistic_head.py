"""The classification layer on features that never change: a logistic regression, solved.

The loss of such a layer has one minimum, which scipy's L-BFGS finds in some sixty passes over the
features, where an optimizer's epochs stop on the way.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ic_tf_sdk.training.feed.mapped_array import release

__all__ = ["Layer", "LogisticHead"]

Matrix = npt.NDArray[np.float64]

# Features of up to so many bytes are kept as float64; more are converted in each pass, a block of
# so many bytes at a time, and so never in memory as a whole.
_BLOCK_BYTES = 1 << 28
# The greatest slope that is left: weights are then within 1e-4 of those at the minimum.
_SLOPE = 1e-6
_PASSES = 2000
# As many steps as a fit remembers: twice scipy's default takes a fifth fewer passes here.
_REMEMBERED = 20


class Layer(NamedTuple):
    """A dense layer that takes raw features.

    Attributes:
        kernel: float64 [features, units].
        bias: float64 [units].
    """

    kernel: Matrix
    bias: Matrix


class LogisticHead:
    """The regression of one set of features; ``solve`` finds it for a strength of its penalty.

    What is least is the mean of ``weight * cross entropy`` over the examples, plus ``strength / 2``
    times the sum of the squared weights of the centred features, all scaled by one number so that
    their variance is 1 on average: one strength then means the same for every backbone. The bias
    is not penalised. A feature's own variance stays as it is: what hardly varies says little, and
    dividing by it was measured to cost accuracy.

    Args:
        features: float32 [examples, features], in memory or mapped from a file.
        targets: float [examples, units]: smoothed one-hot rows; of one unit the probability of
            class 1, whose cross entropy is that of a sigmoid.
        weights: float [examples], each at least 0; None weighs all alike.
    """

    def __init__(
        self,
        features: npt.NDArray[np.float32],
        targets: npt.NDArray[np.floating],
        weights: npt.NDArray[np.floating] | None = None,
    ) -> None:
        self._features = features
        self._targets = np.asarray(targets, np.float64)
        count = len(features)
        # The mean over the examples is the sum of these shares.
        self._shares = (np.ones(count) if weights is None else np.asarray(weights)) / count
        self._centre, self._scale = self._measure()
        self._kept: Matrix | None = None
        if 8 * features.size <= _BLOCK_BYTES:
            self._kept = (features - self._centre) / self._scale

    def solve(self, strength: float, start: Layer | None = None) -> Layer:
        """The layer at the minimum.

        Args:
            strength: Of the penalty, above 0.
            start: A layer near it, which saves passes; None begins with zeros.

        Returns:
            For raw features.
        """
        # Here: only this needs it, and it takes longer to import than many a head to solve.
        from scipy.optimize import minimize

        shape = (self._features.shape[1] + 1, self._targets.shape[1])
        begin = np.zeros(shape) if start is None else self._scaled(start)
        found = minimize(
            lambda flat: self._loss(flat.reshape(shape), strength),
            begin.ravel(),
            jac=True,
            method="L-BFGS-B",
            options={
                "maxiter": _PASSES,
                "maxfun": _PASSES,
                "maxcor": _REMEMBERED,
                "gtol": _SLOPE,
                "ftol": 0.0,
            },
        )
        return self._raw(found.x.reshape(shape))

    def _loss(self, layer: Matrix, strength: float) -> tuple[float, Matrix]:
        """The loss and its slope, flat; a layer is [features + 1, units], its last row the bias."""
        kernel, bias = layer[:-1], layer[-1]
        value, slope = strength / 2 * float((kernel**2).sum()), np.zeros_like(layer)
        slope[:-1] = strength * kernel
        for rows, inputs in self._blocks():
            losses, errors = _cross_entropy(inputs @ kernel + bias, self._targets[rows])
            value += float(losses @ self._shares[rows])
            errors *= self._shares[rows, np.newaxis]
            slope[:-1] += inputs.T @ errors
            slope[-1] += errors.sum(axis=0)
        return value, slope.ravel()

    def _measure(self) -> tuple[Matrix, float]:
        """The mean of each feature, float64 [features], and the root of their mean variance."""
        total = sum(self._features[rows].sum(axis=0, dtype=np.float64) for rows in self._rows())
        centre = np.asarray(total) / len(self._features)
        squares = sum(float(((self._features[rows] - centre) ** 2).sum()) for rows in self._rows())
        # Features that are all constant say nothing; any scale will do.
        return centre, float(np.sqrt(squares / self._features.size)) or 1.0

    def _rows(self) -> Iterator[slice]:
        """All examples, a block at a time."""
        count, width = self._features.shape
        step = max(1, _BLOCK_BYTES // (8 * width))
        for first in range(0, count, step):
            yield slice(first, first + step)
            # A mapped file's pages need not stay in memory.
            release(self._features)

    def _blocks(self) -> Iterator[tuple[slice, Matrix]]:
        """All examples' features, centred and scaled, with the rows that each block is of."""
        if self._kept is not None:
            yield slice(None), self._kept
            return
        for rows in self._rows():
            yield rows, (self._features[rows] - self._centre) / self._scale

    def _scaled(self, layer: Layer) -> Matrix:
        """A layer of raw features as one of centred ones, [features + 1, units]."""
        kernel, bias = (np.asarray(part, np.float64) for part in layer)
        return np.vstack([kernel * self._scale, bias + self._centre @ kernel])

    def _raw(self, layer: Matrix) -> Layer:
        kernel = layer[:-1] / self._scale
        bias = layer[-1] - self._centre @ kernel
        # One number added to the logits of all classes changes no answer: here they sum to 0.
        return Layer(kernel, bias if len(bias) == 1 else bias - bias.mean())


def _cross_entropy(logits: Matrix, targets: Matrix) -> tuple[Matrix, Matrix]:
    """The loss of each example, [examples], and its slope for each logit, [examples, units]."""
    if logits.shape[1] == 1:
        # log(1 + e^x) - target x, and the sigmoid, where neither can overflow.
        losses = np.logaddexp(0.0, logits) - targets * logits
        return losses[:, 0], np.exp(-np.logaddexp(0.0, -logits)) - targets
    logits = logits - logits.max(axis=1, keepdims=True)
    logged = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return -(targets * logged).sum(axis=1), np.exp(logged) - targets
