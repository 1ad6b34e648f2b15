"""Random flips, rotation and zoom of training images, repeatable from a seed per image."""

import math
from collections.abc import Callable

import tensorflow as tf

from ic_tf_sdk.specs.hyperparameters import Hyperparameters

__all__ = ["augmenter"]


def augmenter(
    hyperparameters: Hyperparameters,
) -> Callable[[tf.Tensor, tf.Tensor], tf.Tensor]:
    """The augmentation that the hyperparameters describe.

    The signs are those of AWS's documentation. Rotation is a fraction of a full turn: 0.2 turns by
    0 to 72 degrees counterclockwise, -0.2 clockwise. Zoom 0.1 shows up to 10 % more of the height
    and width (zooms out), -0.1 up to 10 % less. What comes in from outside the image is its mirror
    image.

    Args:
        hyperparameters: The hyperparameters of the job.

    Returns:
        A function of (image float32 [height, width, 3] in 0 to 255, seed int32 [2]) that returns
        an image of the same shape and range; the same seed gives the same image.
    """

    def augment(image: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
        # All four always, so that switching one of the augmentations off leaves the others' draws.
        draws = tf.random.stateless_uniform([4], seed)
        image = _flip(image, draws[0], draws[1], hyperparameters.augmentation_random_flip)
        turn = hyperparameters.augmentation_random_rotation * 2.0 * math.pi
        zoom = hyperparameters.augmentation_random_zoom
        if turn == 0.0 and zoom == 0.0:
            return image
        return _rotate_and_zoom(image, draws[2] * turn, 1.0 + draws[3] * zoom)

    return augment


def _flip(image: tf.Tensor, across: tf.Tensor, down: tf.Tensor, mode: str) -> tf.Tensor:
    """The image, mirrored where a draw, a float32 scalar in 0 to 1, is below one half."""
    if mode in ("horizontal", "horizontal_and_vertical"):
        image = tf.cond(across < 0.5, lambda: image[:, ::-1], lambda: image)
    if mode in ("vertical", "horizontal_and_vertical"):
        flipped = image
        image = tf.cond(down < 0.5, lambda: flipped[::-1], lambda: flipped)
    return image


def _rotate_and_zoom(image: tf.Tensor, angle: tf.Tensor, scale: tf.Tensor) -> tf.Tensor:
    """Turn and zoom around the centre.

    Each output pixel reads the input at centre + scale * rotation * (output - centre).

    Args:
        image: float32 [height, width, 3] in 0 to 255.
        angle: float32 scalar, in radians.
        scale: float32 scalar; above 1 more of the image's surroundings is seen.
    """
    height, width = image.shape[0], image.shape[1]
    # Pixels are points here: the centre of a row of four lies at 1.5.
    x, y = (width - 1) / 2.0, (height - 1) / 2.0
    cosine, sine = scale * tf.cos(angle), scale * tf.sin(angle)
    transform = [cosine, -sine, x - cosine * x + sine * y, sine, cosine, y - sine * x - cosine * y]
    turned = tf.raw_ops.ImageProjectiveTransformV3(
        images=image[tf.newaxis],
        transforms=tf.stack([*transform, 0.0, 0.0])[tf.newaxis],
        output_shape=tf.constant([height, width]),
        interpolation="BILINEAR",
        fill_mode="REFLECT",
        fill_value=0.0,
    )
    return turned[0]
