"""What a module answers to a picture, by the shortest way: no code of the package."""

import io
from typing import Any

import numpy as np
from PIL import Image

from ic_tf_sdk.specs.model_spec import ModelSpec

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def noise(spec: ModelSpec, seed: int = 4) -> np.ndarray:
    """Pixels of a model's size, uint8 [height, width, 3]."""
    shape = (spec.input_height, spec.input_width, 3)
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def png(pixels: np.ndarray) -> bytes:
    """Pixels uint8 [height, width, 3] as a file that loses nothing."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def normalised(spec: ModelSpec, pixels: np.ndarray) -> np.ndarray:
    """Pixels uint8 [height, width, 3] as the record says: float32 [1, height, width, 3]."""
    images = pixels[np.newaxis].astype(np.float32) / np.float32(255)
    if spec.pixel_range == "imagenet_mean_std":
        return ((images - _MEAN) / _STD).astype(np.float32)
    assert spec.pixel_range == "0..1"
    return images


def answered(module: Any, images: np.ndarray) -> np.ndarray:
    """A loaded module's features or logits in inference mode, float32 [batch, width].

    Args:
        module: A loaded SavedModel, or the wrapping of a TF1 module.
        images: float32 [batch, height, width, 3] in the module's range.
    """
    import inspect

    import tensorflow as tf

    images = tf.constant(images)
    arguments = inspect.getfullargspec(module.__call__)
    named = [*arguments.args, *arguments.kwonlyargs]
    outputs = module(images, training=False) if "training" in named else module(images)
    return (outputs[0] if isinstance(outputs, tuple | list) else outputs).numpy()


def probabilities(spec: ModelSpec, logits: np.ndarray) -> np.ndarray:
    """Of a published classifier's logits float32 [batch, classes]."""
    logits = logits.astype(np.float64)
    if spec.head_activation == "sigmoid":
        return 1 / (1 + np.exp(-logits))
    return softmax(logits)


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities of logits [batch, classes]."""
    grown = np.exp(logits - logits.max(axis=1, keepdims=True))
    return grown / grown.sum(axis=1, keepdims=True)
