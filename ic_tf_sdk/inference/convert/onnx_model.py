"""Conversion to ONNX."""

import json
import logging
import warnings
from pathlib import Path
from typing import Any

from ic_tf_sdk import extras
from ic_tf_sdk.inference.convert.runner import Runner
from ic_tf_sdk.inference.served_model import ServedModel

__all__ = ["OPSET", "convert", "require"]

OPSET = 17
"""Of 2022: known to every runtime of the last years, and all that image classifiers need."""


def require() -> None:
    """Refuse to begin without the converter and the runtime.

    Raises:
        MissingExtraError: One of them is not installed.
    """
    extras.require("tf2onnx", "onnx", "onnxruntime")


def convert(model: str | Path) -> tuple[bytes, Runner]:
    """Convert the pixel signature; the labels go into the file's metadata, as JSON.

    Args:
        model: ``model.tar.gz``, or its folder.

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
        loaded = ServedModel(model)
        signature = loaded.pixel_function()
        proto, _ = converter.from_function(signature, signature.input_signature, opset=OPSET)
    onnx.helper.set_model_props(proto, {"labels": json.dumps(loaded.labels, ensure_ascii=False)})
    content: bytes = proto.SerializeToString()
    return content, _runner(content)


def _runner(content: bytes) -> Runner:
    import onnxruntime

    session: Any = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return lambda pixels: session.run(["probabilities"], {"pixels": pixels})[0]
