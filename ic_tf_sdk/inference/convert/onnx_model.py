"""Conversion to ONNX."""

import json
import logging
import warnings
from typing import Any

from ic_tf_sdk import extras
from ic_tf_sdk.inference.convert.runner import Runner
from ic_tf_sdk.inference.served_model import ServedModel

__all__ = ["OPSET", "convert", "require"]

OPSET = 17
"""Of 2022: known to every runtime of the last years, and all that image classifiers need."""

# https://onnx.ai/onnx/repo-docs/MetadataProps.html
_PIXELS = {
    "Image.BitmapPixelFormat": "Rgb8",
    "Image.ColorSpaceGamma": "SRGB",
    "Image.NominalPixelRange": "NominalRange_0_255",
}
_DIMENSIONS = ("DATA_BATCH", "DATA_FEATURE", "DATA_FEATURE", "DATA_CHANNEL")


def require() -> None:
    """Refuse to begin without the converter and the runtime.

    Raises:
        MissingExtraError: One of them is not installed.
    """
    extras.require("tf2onnx", "onnx", "onnxruntime")


def convert(loaded: ServedModel) -> tuple[bytes, Runner]:
    """Convert the pixel signature; the labels go into the file's metadata, as JSON.

    Which pixels it takes is said in the words that ONNX has for images.

    Args:
        loaded: The model.

    Returns:
        The content of the ``.onnx`` file, and what runs it.
    """
    require()
    with warnings.catch_warnings():
        # tf2onnx 1.17 uses names that TensorFlow and NumPy have deprecated since.
        warnings.simplefilter("ignore")
        import onnx
        from tf2onnx import convert as converter

        logging.getLogger("tf2onnx").setLevel(logging.WARNING)
        signature = loaded.pixel_function()
        proto, _ = converter.from_function(signature, signature.input_signature, opset=OPSET)
    labels = json.dumps(loaded.labels, ensure_ascii=False)
    onnx.helper.set_model_props(proto, {"labels": labels, **_PIXELS})
    _denote(proto.graph.input[0])
    content: bytes = proto.SerializeToString()
    return content, _runner(content)


def _denote(pixels: Any) -> None:
    """Say that the input is an image, and what its dimensions are."""
    pixels.type.denotation = "IMAGE"
    for dimension, meaning in zip(pixels.type.tensor_type.shape.dim, _DIMENSIONS, strict=True):
        dimension.denotation = meaning


def _runner(content: bytes) -> Runner:
    import onnxruntime

    session: Any = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return lambda pixels: session.run(["probabilities"], {"pixels": pixels})[0]
