"""Conversion to LiteRT (TensorFlow Lite)."""

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ic_tf_sdk.inference.convert import litert_metadata
from ic_tf_sdk.inference.convert.runner import Runner
from ic_tf_sdk.inference.foreign import saved_model_folder
from ic_tf_sdk.inference.served_model import ServedModel

__all__ = ["convert"]

_SIGNATURE = "serving_pixels"


def convert(
    model: str | Path, loaded: ServedModel, *, calibration: Sequence[Any] | None = None
) -> tuple[bytes, Runner]:
    """Convert the pixel signature; the labels and what the pixels are go into the file.

    Args:
        model: ``model.tar.gz``, or its folder.
        loaded: The same.
        calibration: Pixels float32 [1, height, width, 3] each, to quantise to int8 with.

    Returns:
        The content of the ``.tflite`` file, and what runs it.
    """
    import tensorflow as tf

    def examples() -> Iterator[tuple[str, dict[str, Any]]]:
        for pixels in calibration or ():
            yield _SIGNATURE, {"pixels": pixels}

    with saved_model_folder(model) as folder:
        converter = tf.lite.TFLiteConverter.from_saved_model(
            str(folder), signature_keys=[_SIGNATURE]
        )
        if calibration is not None:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = examples
        with _without_deprecations():
            content: bytes = converter.convert()
    labels = loaded.labels if loaded.units > 1 else loaded.labels[-1:]
    content = litert_metadata.described(content, labels, loaded.height, loaded.width)
    return content, _runner(content)


def _runner(content: bytes) -> Runner:
    import tensorflow as tf

    with _without_deprecations():
        interpreter = tf.lite.Interpreter(model_content=content)
    run = interpreter.get_signature_runner(_SIGNATURE)
    return lambda pixels: run(pixels=pixels)["probabilities"]


@contextmanager
def _without_deprecations() -> Iterator[None]:
    with warnings.catch_warnings():
        # TensorFlow 2.21 still holds the interpreter and announces a package of its own for it.
        warnings.simplefilter("ignore")
        yield
