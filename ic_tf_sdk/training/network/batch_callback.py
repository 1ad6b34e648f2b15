"""A Keras callback that counts the batches of an evaluation or a prediction."""

from collections.abc import Callable
from typing import Any

import tf_keras

__all__ = ["on_batches"]


class _OnBatches(tf_keras.callbacks.Callback):
    # Keras then does not turn every batch's outputs into arrays.
    _supports_tf_logs = True

    def __init__(self, call: Callable[[], object]) -> None:
        super().__init__()
        self._call = call

    def on_test_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        self._call()

    def on_predict_batch_end(self, batch: int, logs: Any = None) -> None:  # noqa: ARG002
        self._call()


def on_batches(call: Callable[[], object]) -> Any:
    """A ``tf_keras`` callback for ``evaluate`` and ``predict``.

    Args:
        call: Called after each batch.
    """
    return _OnBatches(call)
