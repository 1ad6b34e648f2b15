"""Loads the model for ``mlflow.pyfunc``: encoded images to the answers of ``serving_default``.

MLflow runs this file where the model is used: it stands beside the model as ``code/NAME``, and
imports nothing of the package that trained the model.
"""

from pathlib import Path
from typing import Any

_AT_ONCE = 32
_COLUMN = "image_bytes"


def _load_pyfunc(path: str) -> "_Images":
    """The model below ``path``, the folder of the archive's content."""
    import tensorflow as tf

    return _Images(tf.saved_model.load(str(Path(path) / "1")))


class _Images:
    """A loaded model.

    Args:
        model: The SavedModel.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._answer = model.signatures["serving_default"]

    def predict(self, model_input: Any, params: Any = None) -> Any:  # noqa: ARG002
        """A row of answers for each image.

        Args:
            model_input: A table, or a dictionary, with ``image_bytes``: encoded JPEG or PNG files.
            params: None are known.
        """
        import pandas as pd

        images = list(model_input[_COLUMN])
        rows = [
            row
            for first in range(0, len(images), _AT_ONCE)
            for row in self._rows(images[first : first + _AT_ONCE])
        ]
        return pd.DataFrame(rows, index=getattr(model_input, "index", None))

    def _rows(self, images: list[bytes]) -> list[dict[str, Any]]:
        import tensorflow as tf

        answers = self._answer(**{_COLUMN: tf.constant(images, tf.string)})
        columns = {name: _plain(answers[name].numpy().tolist()) for name in sorted(answers)}
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.decode() if isinstance(value, bytes) else value
