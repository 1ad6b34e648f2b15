"""How the rows of each step are divided among the devices that train together."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from ic_tf_sdk.training.feed.batches import BATCHES_AHEAD, Examples, Rows

__all__ = ["batches", "shard_batches", "shares", "steps", "weighted"]


def shares(count: int, devices: int) -> list[int]:
    """``count`` rows in ``devices`` parts that differ by one at most, the larger ones first."""
    return [count // devices + (index < count % devices) for index in range(devices)]


def steps(count: int, batch_size: int) -> int:
    """The steps of an epoch of ``count`` rows; the last one may be smaller."""
    return -(-count // batch_size)


def batches(
    examples: Examples, rows: Rows, *, batch_size: int, seed: int, weights: dict[int, float] | None
) -> tf.data.Dataset:
    """The batches of one device that trains by itself; see ``Examples.dataset``."""
    return weighted(examples.dataset(rows, batch_size=batch_size, seed=seed), weights)


def shard_batches(
    examples: Examples,
    rows: Rows,
    *,
    batch_size: int,
    seed: int,
    weights: dict[int, float] | None,
    devices: int,
    local: range,
) -> tf.data.Dataset:
    """The batches of one host's devices, one per device for each step.

    Each step's rows are divided in order, so that all devices together see what one would see.
    Where a last step has fewer rows than there are devices, a device without a row gets one of
    another's without its target: inputs ``[1, ...]``, targets ``[0, ...]``. Batch norm of an empty
    batch would be no number.

    Args:
        examples: The examples that the rows are of.
        rows: int64 [count], the rows of an epoch, in its order.
        batch_size: The rows of a step over all devices; at least ``devices``.
        seed: The seed of the augmentation, 0 to 2**32 - 1.
        weights: Class index -> weight in the loss; None weighs all alike.
        devices: How many devices train together, over all hosts.
        local: Which of them are this host's.
    """
    full = len(rows) // batch_size
    parts = []
    if full:
        table = rows[: full * batch_size].reshape(full, batch_size)
        inputs = shares(batch_size, devices)
        parts.append(_shards(examples, table, seed, local, inputs, inputs))
    last = rows[full * batch_size :]
    if len(last):
        targets = shares(len(last), devices)
        inputs = [max(count, 1) for count in targets]
        # Resizing repeats the rows from the front: they are the inputs without a target.
        table = np.resize(last, (1, sum(inputs)))
        parts.append(_shards(examples, table, seed, local, inputs, targets))
    epoch = parts[0] if len(parts) == 1 else parts[0].concatenate(parts[1])
    return weighted(epoch, weights).prefetch(BATCHES_AHEAD)


def _shards(
    examples: Examples,
    table: Rows,
    seed: int,
    local: range,
    inputs: Sequence[int],
    targets: Sequence[int],
) -> tf.data.Dataset:
    """The local devices' batches of equally large steps.

    Args:
        examples: The examples that the rows are of.
        table: int64 [steps, rows of a step], the rows of all devices.
        seed: The seed of the augmentation.
        local: Which devices are this host's.
        inputs: For each device the rows that it gets in a step; together those of the table.
        targets: For each device how many of its rows have a target.
    """
    begin, end = sum(inputs[: local.start]), sum(inputs[: local.stop])
    sizes, kept = list(inputs[local.start : local.stop]), list(targets[local.start : local.stop])
    even = len(set(sizes)) == 1
    dataset = examples.dataset(
        table[:, begin:end].reshape(-1), batch_size=sizes[0] if even else sum(sizes), seed=seed
    )
    if not even:
        dataset = dataset.rebatch(sizes)
    if kept == sizes:
        return dataset
    counts = tf.data.Dataset.from_tensor_slices(kept).repeat()
    return tf.data.Dataset.zip((dataset, counts)).map(_without_targets)


def _without_targets(example: tuple[Any, Any], kept: tf.Tensor) -> tuple[Any, Any]:
    """Cut targets [rows, ...] to their first ``kept``, an int32 scalar."""
    inputs, targets = example
    return inputs, targets[:kept]


def weighted(dataset: tf.data.Dataset, weights: dict[int, float] | None) -> tf.data.Dataset:
    """Give each example the weight of its class.

    Args:
        dataset: Batches of (inputs, targets float32 [batch, 1] of 0 and 1, or one-hot
            [batch, classes]).
        weights: Class index -> weight in the loss; None leaves the dataset as it is.

    Returns:
        Batches of (inputs, targets, weights float32 [batch]).
    """
    if weights is None:
        return dataset
    table = tf.constant([weights[index] for index in sorted(weights)], tf.float32)

    def weigh(inputs: Any, targets: Any) -> tuple[Any, Any, Any]:
        binary = targets.shape[-1] == 1
        classes = tf.cast(targets[:, 0], tf.int64) if binary else tf.argmax(targets, axis=1)
        return inputs, targets, tf.gather(table, classes)

    return dataset.map(weigh)
