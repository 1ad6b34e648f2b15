"""Random crops, mirror images and colour changes of a batch, in the graph."""

import tensorflow as tf

__all__ = ["augment"]


def _boxes(count: tf.Tensor) -> tf.Tensor:
    """Crop boxes of 30 to 100 % of the area, half of them mirrored: float32 [count, 4]."""
    area = tf.random.uniform([count], 0.3, 1.0)
    ratio = tf.exp(tf.random.uniform([count], -0.29, 0.29))
    high = tf.minimum(tf.sqrt(area / ratio), 1.0)
    wide = tf.minimum(tf.sqrt(area * ratio), 1.0)
    top = tf.random.uniform([count]) * (1 - high)
    left = tf.random.uniform([count]) * (1 - wide)
    mirrored = tf.random.uniform([count]) < 0.5
    first = tf.where(mirrored, left + wide, left)
    second = tf.where(mirrored, left, left + wide)
    return tf.stack([top, first, top + high, second], axis=1)


def _colour(images: tf.Tensor) -> tf.Tensor:
    """Other brightness, contrast and saturation; one picture of eight loses its colour."""
    shape = [tf.shape(images)[0], 1, 1, 1]
    images = images * tf.random.uniform(shape, 0.7, 1.3)
    mean = tf.reduce_mean(images, axis=[1, 2, 3], keepdims=True)
    images = mean + (images - mean) * tf.random.uniform(shape, 0.7, 1.3)
    grey = tf.image.rgb_to_grayscale(images)
    saturation = tf.random.uniform(shape, 0.7, 1.3)
    saturation *= tf.cast(tf.random.uniform(shape) > 0.125, tf.float32)
    return tf.clip_by_value(grey + (images - grey) * saturation, 0.0, 1.0)


def augment(pixels: tf.Tensor, *, side: int) -> tf.Tensor:
    """Vary a batch of pictures.

    Args:
        pixels: uint8 ``[batch, height, width, 3]``.
        side: Height and width of the result, in pixels.

    Returns:
        float32 ``[batch, side, side, 3]`` in 0..1.
    """
    count = tf.shape(pixels)[0]
    images = tf.cast(pixels, tf.float32) / 255.0
    images = tf.image.crop_and_resize(images, _boxes(count), tf.range(count), [side, side])
    turned = tf.cond(
        tf.random.uniform([]) < 0.5, lambda: tf.transpose(images, [0, 2, 1, 3]), lambda: images
    )
    return _colour(turned)
