"""Modules in TF1's hub format: only a signature to call, and nothing to train.

EfficientNet-Lite is published in no other form. Wrapped, such a module looks like a reusable
SavedModel without trainable variables: a frozen backbone like any other, stored and loaded alike.
"""

from pathlib import Path
from typing import Any

import tensorflow as tf

__all__ = ["MARKER", "Tf1Backbone", "load_tags", "wrapped"]

MARKER = "tfhub_module.pb"
"""The file that tells a TF1 hub module from a SavedModel."""

_SIGNATURES = ("default", "image_feature_vector", "serving_default")


class Tf1Backbone(tf.train.Checkpoint):
    """A signature as a callable backbone.

    Args:
        loaded: What ``tf.saved_model.load`` returned.
        signature: Its concrete function of one image tensor.
    """

    def __init__(self, loaded: Any, signature: Any) -> None:
        super().__init__()
        self.module = loaded
        self.variables = list(getattr(loaded, "variables", []))
        self.trainable_variables: list[tf.Variable] = []
        ((name, spec),) = signature.structured_input_signature[1].items()
        output = "default" if "default" in signature.structured_outputs else None
        key = output or next(iter(signature.structured_outputs))

        self._features = lambda images: signature(**{name: images})[key]
        # Saved with the object, so that a fine-tuned artifact can be called again.
        self.__call__.get_concrete_function(tf.TensorSpec(spec.shape, spec.dtype))

    @tf.function(autograph=False)  # type: ignore[untyped-decorator]
    def __call__(self, images: tf.Tensor) -> tf.Tensor:
        """Features of images, in inference mode always."""
        return self._features(images)  # type: ignore[no-untyped-call]


def load_tags(folder: Path) -> list[str] | None:
    """The tags to load a SavedModel with: a TF1 module's inference graph has the empty set."""
    return [] if (folder / MARKER).is_file() else None


def wrapped(loaded: Any) -> Any:
    """A loaded SavedModel, or the wrapping of one that has signatures only."""
    if callable(loaded):
        return loaded
    signatures = getattr(loaded, "signatures", {})
    for name in _SIGNATURES:
        if name in signatures and _takes_images(signatures[name]):
            return Tf1Backbone(loaded, signatures[name])
    return loaded


def _takes_images(signature: Any) -> bool:
    inputs = list(signature.structured_input_signature[1].values())
    return len(inputs) == 1 and inputs[0].shape.rank == 4 and inputs[0].dtype == tf.float32
