"""A model that learns from the batch of all devices as one device would."""

from typing import Any

import tensorflow as tf
import tf_keras

__all__ = ["GlobalBatchModel", "mean_over_devices", "rows_before"]


class GlobalBatchModel(tf_keras.Model):
    """A functional model; with one device it is Keras's own.

    Keras averages the devices' mean losses, which is the mean over the batch only where all devices
    have equally many rows. Here each device's mean counts by its share of the rows. A device that
    was given an input without a target (see ``sharding.shard_batches``) counts nothing.
    """

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None
    ) -> Any:
        """The loss whose gradients, summed over the devices, are those of the whole batch.

        Args:
            x: The inputs of this device, [rows, ...].
            y: Its targets, float32 [rows, units], or [0, units] for an input without a target.
            y_pred: Its logits, float32 [rows, units].
            sample_weight: Its weights, float32 [rows], or None.

        Returns:
            float32 scalar.
        """
        devices = tf.distribute.get_strategy().num_replicas_in_sync
        if devices == 1:
            return super().compute_loss(x, y, y_pred, sample_weight)
        rows = tf.shape(y)[0]
        total = super().compute_loss(x, y, y_pred[:rows], sample_weight)
        every = tf.distribute.get_replica_context().all_reduce("SUM", tf.cast(rows, tf.float32))
        share = devices * tf.cast(rows, tf.float32) / every
        # Regularisation does not depend on rows: all devices together must count it once.
        penalties = (tf.add_n(self.losses) if self.losses else 0.0) / devices
        return (total - penalties) * share + penalties

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any) -> Any:
        """Keras's metrics of the rows that have targets."""
        return super().compute_metrics(x, y, y_pred[: tf.shape(y)[0]], sample_weight)


def mean_over_devices(values: list[tf.Tensor]) -> list[tf.Tensor]:
    """The mean of each value over the devices, in a step of training.

    Args:
        values: Tensors of any floating dtype and shape, the same on every device.
    """
    if tf.distribute.get_strategy().num_replicas_in_sync == 1 or not values:
        return values
    context = tf.distribute.get_replica_context()
    means: list[tf.Tensor] = context.all_reduce("MEAN", values)
    return means


def rows_before(count: tf.Tensor) -> tf.Tensor:
    """Rows of the batch that stand before this device's, in a step of training.

    Args:
        count: This device's rows, an int32 scalar.

    Returns:
        int32 scalar.
    """
    context = tf.distribute.get_replica_context()
    if context.num_replicas_in_sync == 1:
        return tf.zeros_like(count)
    counts = context.all_gather(count[tf.newaxis], axis=0)
    return tf.reduce_sum(counts[: context.replica_id_in_sync_group])
