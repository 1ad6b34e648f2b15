"""A classification layer whose steps need no data pipeline, for features that are in memory.

A pipeline has a graph, two iterators and threads of its own for each epoch, which cost more than
the steps of a classification layer. The operations of a step are Keras's own.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras

from ic_tf_sdk.training.feed.batches import FeatureExamples, Rows
from ic_tf_sdk.training.network.objective import targets

__all__ = ["QuickExamples", "QuickHead"]


class QuickExamples(FeatureExamples):
    """Features whose batches are made when a step asks for them."""

    def dataset(self, rows: Rows, *, batch_size: int, seed: int = 0) -> Any:  # noqa: ARG002
        """Batches of features and targets, which ``QuickHead`` alone takes."""
        return _Batches(lambda: self._batches(rows, batch_size))

    def _batches(self, rows: Rows, batch_size: int) -> Iterator[tuple[Any, ...]]:
        classes = np.asarray(self.classes, np.int32)[rows]
        count, binary = self.label_count, self.binary_mode
        expected = targets(tf.constant(classes), count=count, binary_mode=binary).numpy()
        for first in range(0, len(rows), batch_size):
            part = slice(first, first + batch_size)
            yield tf.constant(self.features[rows[part]]), tf.constant(expected[part])


class _Batches:
    """What of a dataset ``sharding.batches`` and ``QuickHead`` use.

    Args:
        begin: Makes the batches anew.
    """

    def __init__(self, begin: Callable[[], Iterator[tuple[Any, ...]]]) -> None:
        self._begin = begin

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        return self._begin()

    def map(self, function: Callable[..., tuple[Any, ...]]) -> "_Batches":
        """As of a dataset."""
        return _Batches(lambda: (function(*batch) for batch in self))


class QuickHead(tf_keras.Model):
    """A model of features whose loops take the batches of ``QuickExamples``, or of a dataset."""

    def fit(self, x: Any, *, callbacks: Any = (), **_: Any) -> None:
        """Train one epoch."""
        self.reset_metrics()
        for one in callbacks:
            one.on_epoch_begin(0)
        for number, batch in enumerate(x):
            self._step("train_step", batch)
            for one in callbacks:
                one.on_train_batch_end(number)

    def evaluate(self, x: Any, *, callbacks: Any = (), **_: Any) -> dict[str, float]:
        """Loss and metrics over all batches."""
        self.reset_metrics()
        for number, batch in enumerate(x):
            self._step("test_step", batch)
            for one in callbacks:
                one.on_test_batch_end(number)
        return {metric.name: float(metric.result()) for metric in self.metrics}

    def predict(self, x: Any, *, callbacks: Any = (), **_: Any) -> Any:
        """The answers on all batches of features, float32 [rows, units]."""
        answers = []
        for number, inputs in enumerate(x):
            answers.append(self._step("predict_step", (inputs,)).numpy())
            for one in callbacks:
                one.on_predict_batch_end(number)
        return np.concatenate(answers)

    def _step(self, name: str, batch: tuple[Any, ...]) -> Any:
        """Run a step that was traced once for batches of any size, as Keras traces it."""
        # Keras would track what it finds in an attribute.
        known = self.__dict__.setdefault("_traced_steps", {})
        key = name, len(batch)
        if key not in known:
            step = getattr(self, name)
            specs = [tf.TensorSpec([None, *part.shape[1:]], part.dtype) for part in batch]
            traced = tf.function(lambda *parts: step(parts))
            known[key] = traced.get_concrete_function(*specs)
        return known[key](*batch)
