"""How the rows of each step are dealt to the devices that train together."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from ic_tf_sdk.training.feed.batches import BATCHES_AHEAD, Examples, Rows

__all__ = ["batches", "dealt", "shares", "steps", "weighted"]


def shares(count: int, devices: int) -> list[int]:
    """``count`` rows in ``devices`` parts that differ by one at most, the larger ones first."""
    return [count // devices + (index < count % devices) for index in range(devices)]


def steps(count: int, batch_size: int) -> int:
    """Steps of an epoch; the last one may be smaller."""
    return -(-count // batch_size)


def batches(
    examples: Examples, rows: Rows, *, batch_size: int, seed: int, weights: dict[int, float] | None
) -> tf.data.Dataset:
    """The batches of one device that trains by itself; see ``Examples.dataset``."""
    return weighted(examples.dataset(rows, batch_size=batch_size, seed=seed), weights)


def dealt(
    examples: Examples,
    rows: Rows,
    *,
    batch_size: int,
    seed: int,
    weights: dict[int, float] | None,
    devices: int,
    mine: range,
) -> tf.data.Dataset:
    """The batches of some of the devices that train together, for each step one per device.

    Each step's rows are dealt in order, so that all devices together see what one would see. Where
    a last step has fewer rows than there are devices, a device without a row gets one of another's
    without its target: inputs ``[1, ...]``, targets ``[0, ...]``. Batch norm of an empty batch
    would be no number.

    Args:
        examples: What the rows are of.
        rows: Of an epoch, in its order.
        batch_size: Rows per step, over all devices; at least ``devices``.
        seed: For augmentation.
        weights: Class index -> weight in the loss.
        devices: How many there are.
        mine: Which of them are this host's.
    """

    def part(table: Rows, sizes: Sequence[int], counts: Sequence[int]) -> tf.data.Dataset:
        """Batches of ``sizes`` rows, again and again, of which ``counts`` have their targets."""
        begin, end = sum(sizes[: mine.start]), sum(sizes[: mine.stop])
        own, keep = list(sizes[mine.start : mine.stop]), list(counts[mine.start : mine.stop])
        even = len(set(own)) == 1
        found = examples.dataset(
            table[:, begin:end].reshape(-1), batch_size=own[0] if even else sum(own), seed=seed
        )
        found = found if even else found.rebatch(own)
        if keep == own:
            return found
        kept = tf.data.Dataset.from_tensor_slices(keep).repeat()
        return tf.data.Dataset.zip((found, kept)).map(_without_targets)

    full = len(rows) // batch_size
    parts = []
    if full:
        sizes = shares(batch_size, devices)
        parts.append(part(rows[: full * batch_size].reshape(full, batch_size), sizes, sizes))
    last = rows[full * batch_size :]
    if len(last):
        counts = shares(len(last), devices)
        sizes = [max(count, 1) for count in counts]
        parts.append(part(np.resize(last, (1, sum(sizes))), sizes, counts))
    found = parts[0] if len(parts) == 1 else parts[0].concatenate(parts[1])
    return weighted(found, weights).prefetch(BATCHES_AHEAD)


def _without_targets(example: tuple[Any, Any], kept: tf.Tensor) -> tuple[Any, Any]:
    inputs, targets = example
    return inputs, targets[:kept]


def weighted(dataset: tf.data.Dataset, weights: dict[int, float] | None) -> tf.data.Dataset:
    """Give each example the weight of its class.

    Args:
        dataset: Of (inputs, targets).
        weights: Class index -> weight; None leaves the dataset as it is.
    """
    if weights is None:
        return dataset
    table = tf.constant([weights[index] for index in sorted(weights)], tf.float32)

    def weigh(inputs: Any, targets: Any) -> tuple[Any, Any, Any]:
        binary = targets.shape[-1] == 1
        classes = tf.cast(targets[:, 0], tf.int64) if binary else tf.argmax(targets, axis=1)
        return inputs, targets, tf.gather(table, classes)

    return dataset.map(weigh)
