"""How far an image is from all that a model was trained on, in the graph."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

__all__ = ["Scale", "UnknownScore"]


class Scale(NamedTuple):
    """Mean and standard deviation of a number over validation images."""

    mean: float
    deviation: float

    def __call__(self, value: tf.Tensor) -> tf.Tensor:
        """The value in standard deviations from the mean."""
        return (value - self.mean) / self.deviation


class UnknownScore(tf.train.Checkpoint):
    """The distance to the nearest training image, and how little any class is recognised.

    The distance is the cosine distance of features; the other part is the largest logit. Both are
    in standard deviations over the validation images, and added: each alone misses what the other
    sees (``benchmarks/unknown.py``).

    Args:
        known: float16 [images, features], features of training images, each of length one.
        distance: Of the distance over the validation images.
        certainty: Of the largest logit.
        limit: The sum up to which an image counts as known.
    """

    def __init__(
        self, known: npt.NDArray[np.float16], distance: Scale, certainty: Scale, limit: float
    ) -> None:
        super().__init__()
        self.known = tf.Variable(known, trainable=False, name="known")
        self._distance, self._certainty, self._limit = distance, certainty, limit

    def __call__(self, features: tf.Tensor, logits: tf.Tensor) -> tf.Tensor:
        """Above 0 for an image that is perhaps of no class, float32 [batch].

        Args:
            features: float32 [batch, features].
            logits: float32 [batch, units].
        """
        length_one = tf.math.l2_normalize(tf.cast(features, tf.float32), axis=1)
        likeness = tf.matmul(length_one, tf.cast(self.known, tf.float32), transpose_b=True)
        nearest = tf.reduce_max(likeness, axis=1)
        # The cosine distance: a root would make much of how sums are rounded, near 0.
        distance = 1.0 - nearest
        # One unit says as much by a negative logit.
        each = tf.abs(logits) if logits.shape[1] == 1 else logits
        certainty = tf.reduce_max(each, axis=1)
        return self._distance(distance) - self._certainty(certainty) - self._limit
