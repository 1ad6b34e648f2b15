"""The self-supervised objective: two views of one picture are to be alike, those of others not."""

import tensorflow as tf
import tf_keras

__all__ = ["contrastive_loss", "projection"]

TEMPERATURE = 0.2
HIDDEN, WIDTH = 512, 128


def projection(features: tf.Tensor) -> tf.Tensor:
    """The space in which views are compared; it is left behind after pretraining.

    Args:
        features: float ``[views, features]``.

    Returns:
        float32 ``[views, WIDTH]``.
    """
    hidden = tf_keras.layers.Dense(HIDDEN, activation="relu", name="projection_hidden")(features)
    return tf_keras.layers.Dense(WIDTH, dtype="float32", name="projection")(hidden)


def contrastive_loss(projected: tf.Tensor) -> tf.Tensor:
    """The normalised, temperature-scaled cross entropy of SimCLR.

    Chen et al., "A Simple Framework for Contrastive Learning of Visual Representations", 2020.

    Args:
        projected: float32 ``[2 * pictures, width]``: the first view of each picture, then the
            second of each, in the same order.

    Returns:
        float32 scalar, the mean over the views.
    """
    unit = tf.math.l2_normalize(projected, axis=1)
    views = tf.shape(unit)[0]
    alike = tf.matmul(unit, unit, transpose_b=True) / TEMPERATURE
    # A view is no answer to itself.
    alike = tf.linalg.set_diag(alike, tf.fill([views], -1e9))
    other = tf.roll(tf.range(views), views // 2, axis=0)
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(other, alike))
