"""Conversion to ONNX."""

import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ic_tf_sdk import extras
from ic_tf_sdk.inference.convert.runner import Runner
from ic_tf_sdk.inference.onnx_record import OnnxRecord, digest
from ic_tf_sdk.inference.served_model import ServedModel
from ic_tf_sdk.inference.way_of_resizing import way_of_resizing

__all__ = ["OPSET", "convert", "of_function", "require", "runner"]

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


def convert(model: str | Path, loaded: ServedModel) -> tuple[bytes, Runner]:
    """Convert the network, with what `ic-tf predict` needs to answer from the file alone.

    Which pixels it takes is said in the words that ONNX has for images; the rest is in the file's
    metadata, see ``onnx_record``.

    Args:
        model: ``model.tar.gz``, or its folder.
        loaded: The same.

    Returns:
        The content of the ``.onnx`` file, and what runs it.
    """
    way = way_of_resizing(loaded)
    info = "" if loaded.info is None else loaded.info.model_dump_json(exclude={"files"})
    record = OnnxRecord(loaded.labels, way or "", digest(Path(model)), info)
    content = of_function(loaded.every_answer(), record.properties(), _DIMENSIONS)
    answer = runner(content)
    return content, lambda pixels: answer({"pixels": pixels})["probabilities"]


def of_function(function: Any, properties: Mapping[str, str], dimensions: Sequence[str]) -> bytes:
    """The ONNX file of a function of one image, or of a batch of them.

    Args:
        function: A ``tf.function`` of one signature, of one tensor of RGB in 0 to 255, that returns
            a dictionary.
        properties: What the file says of itself.
        dimensions: What those of the tensor are, in ONNX's words.
    """
    require()
    with warnings.catch_warnings():
        # tf2onnx 1.17 uses names that TensorFlow and NumPy have deprecated since.
        warnings.simplefilter("ignore")
        import onnx
        from tf2onnx import convert as converter

        logging.getLogger("tf2onnx").setLevel(logging.WARNING)
        proto, _ = converter.from_function(function, function.input_signature, opset=OPSET)
    onnx.helper.set_model_props(proto, {**properties, **_PIXELS})
    # Whoever takes the first output takes the network's own probabilities.
    outputs = sorted(proto.graph.output, key=lambda output: output.name != "probabilities")
    del proto.graph.output[:]
    proto.graph.output.extend(outputs)
    _denote(proto.graph.input[0], dimensions)
    content: bytes = proto.SerializeToString()
    return content


def _denote(pixels: Any, dimensions: Sequence[str]) -> None:
    """Say that the input is an image, and what its dimensions are."""
    pixels.type.denotation = "IMAGE"
    for dimension, meaning in zip(pixels.type.tensor_type.shape.dim, dimensions, strict=True):
        dimension.denotation = meaning


def runner(content: bytes) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """What runs an ONNX file: arrays by the names of its inputs to arrays by those of its outputs.

    Args:
        content: Of the file.
    """
    import onnxruntime

    session: Any = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    return lambda inputs: dict(zip(names, session.run(names, inputs), strict=True))
