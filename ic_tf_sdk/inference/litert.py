"""Conversion to LiteRT (TensorFlow Lite), and whether the result still says the same."""

import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ic_tf_sdk.errors import OutputExistsError, UserError
from ic_tf_sdk.inference.image_source import SourceImage
from ic_tf_sdk.inference.served_model import ServedModel, saved_model_folder

__all__ = ["Parity", "convert"]

_SIGNATURE = "serving_pixels"
_MIN_CALIBRATION = 10


class Parity(NamedTuple):
    """A converted model beside the SavedModel, on the same pixels.

    Attributes:
        images: How many were compared.
        max_difference: Largest absolute difference of a probability.
        same_label: How many images keep their predicted label.
        bytes: Size of the converted file.
    """

    images: int
    max_difference: float
    same_label: int
    bytes: int


def convert(
    model: str | Path, output: str | Path, *, images: Sequence[SourceImage], int8: bool = False
) -> Parity:
    """Convert the pixel signature, and compare the result with the SavedModel.

    The converted model takes ``pixels`` float32 [1, height, width, 3], RGB in 0 to 255 and of the
    input size, and gives ``probabilities``; it is written only when it runs.

    Args:
        model: ``model.tar.gz``, or its folder.
        output: The ``.tflite`` to write.
        images: To compare on; with ``int8`` also to calibrate on.
        int8: Quantise weights and activations to 8 bits; input and output stay float32.

    Raises:
        OutputExistsError: ``output`` exists.
        UserError: No image, or fewer than 10 to calibrate on.
        RequestError: An image does not decode.
    """
    target = Path(output)
    if target.exists():
        raise OutputExistsError(f"{target} already exists; give a file that does not.")
    least = _MIN_CALIBRATION if int8 else 1
    if len(images) < least:
        raise UserError(
            f"{len(images)} images are too few: give {least} or more of those that the model will "
            "see, to compare on and to calibrate int8 with."
        )
    loaded = ServedModel(model)
    pixels = [loaded.load_image(image.read())[None].numpy() for image in images]
    content = _converted(model, pixels if int8 else None)
    parity = _compare(loaded, content, pixels)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, delete=False) as temporary:
        temporary.write(content)
    Path(temporary.name).replace(target)
    return parity


def _converted(model: str | Path, calibration: Sequence[Any] | None) -> bytes:
    import tensorflow as tf

    def examples() -> Iterator[dict[str, Any]]:
        for pixels in calibration or ():
            yield {"pixels": pixels}

    with saved_model_folder(model) as folder:
        converter = tf.lite.TFLiteConverter.from_saved_model(
            str(folder), signature_keys=[_SIGNATURE]
        )
        if calibration is not None:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: ((_SIGNATURE, one) for one in examples())
        with _without_deprecations():
            content: bytes = converter.convert()
    return content


def _compare(loaded: ServedModel, content: bytes, pixels: Sequence[Any]) -> Parity:
    import numpy as np

    run = _runner(content)
    expected = np.array([loaded.classify(list(image))[0]["probabilities"] for image in pixels])
    found = np.array([run(pixels=image)["probabilities"][0] for image in pixels])
    same = sum(
        before["predicted_label"] == after["predicted_label"]
        for before, after in zip(loaded.answers(expected), loaded.answers(found), strict=True)
    )
    return Parity(len(pixels), float(np.abs(expected - found).max()), same, len(content))


def _runner(content: bytes) -> Any:
    import tensorflow as tf

    with _without_deprecations():
        interpreter = tf.lite.Interpreter(model_content=content)
    return interpreter.get_signature_runner(_SIGNATURE)


@contextmanager
def _without_deprecations() -> Iterator[None]:
    with warnings.catch_warnings():
        # TensorFlow 2.21 still holds the interpreter and announces a package of its own for it.
        warnings.simplefilter("ignore")
        yield
