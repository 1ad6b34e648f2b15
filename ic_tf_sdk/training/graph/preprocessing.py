"""From a decoded image to what the backbone takes: the one path of training and serving."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import tensorflow as tf

from ic_tf_sdk.contract.pixel_range import PixelRange
from ic_tf_sdk.training.graph.decode import decode

__all__ = ["Preprocessing"]

# Of the ImageNet training set, for RGB in 0 to 1; the values every published model with a
# mean/std contract was trained with.
_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_STD = (0.229, 0.224, 0.225)

# Ways of resizing that stay between the pixels that they begin with. To look at each pixel twice
# more, for nothing, takes a tenth of the time in which a photo is decoded.
_WITHIN = ("bilinear", "nearest")


@dataclass(frozen=True)
class Preprocessing:
    """Resize and pixel range of one model.

    Attributes:
        height: Of the backbone's input, in pixels.
        width: Of the backbone's input, in pixels.
        interpolation: One of the values of ``image_resize_interpolation``.
        pixel_range: What the backbone expects.
    """

    height: int
    width: int
    interpolation: str
    pixel_range: PixelRange

    def load(self, data: tf.Tensor) -> tf.Tensor:
        """Decode and resize one encoded image.

        Args:
            data: string scalar.

        Returns:
            float32 [height, width, 3], RGB in 0 to 255.
        """
        return self._traced(data)

    def trace(self) -> None:
        """Make the graph of ``load`` now, not when the first image comes."""
        _ = self._traced

    @cached_property
    def _traced(self) -> Any:
        # Tracing the decoder takes longer than decoding a hundred images; every epoch would do it,
        # and without the concrete function each graph that calls it.
        return tf.function(
            lambda data: self.resize(decode(data)),
            input_signature=[tf.TensorSpec([], tf.string)],
            autograph=False,
        ).get_concrete_function()

    def resize(self, image: tf.Tensor) -> tf.Tensor:
        """Resize an image or a batch; the aspect ratio is not kept, as in AWS's algorithm.

        Args:
            image: uint8 or float [..., any height, any width, 3] in 0 to 255.

        Returns:
            float32 [..., height, width, 3] in 0 to 255; cubic and Lanczos overshoot is clipped.
        """
        size = (self.height, self.width)
        resized = tf.cast(tf.image.resize(image, size, method=self.interpolation), tf.float32)
        if self.interpolation in _WITHIN:
            return resized
        return tf.clip_by_value(resized, 0.0, 255.0)

    def normalise(self, pixels: tf.Tensor) -> tf.Tensor:
        """Bring pixels into the backbone's range.

        Args:
            pixels: float32 [..., height, width, 3], RGB in 0 to 255.
        """
        if self.pixel_range == "0..255":
            return pixels
        if self.pixel_range == "-1..1":
            return pixels / 127.5 - 1.0
        if self.pixel_range == "imagenet_mean_std":
            return (pixels / 255.0 - _IMAGENET_MEAN) / _IMAGENET_STD
        return pixels / 255.0
