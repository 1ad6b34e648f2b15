"""A small copy of an image inside of a page."""

import base64
from pathlib import Path

__all__ = ["SIDE", "data_uri"]

SIDE = 224
"""Pixels of the longer side, at most."""


def data_uri(path: Path) -> str:
    """The image as a data URI of a JPEG; "" of a file that cannot be read any more.

    Args:
        path: The image.
    """
    import tensorflow as tf

    from ic_tf_sdk.training.graph.decode import decode

    try:
        image = decode(tf.constant(path.read_bytes()))
    except (OSError, tf.errors.OpError):
        # It was moved or replaced meanwhile.
        return ""
    # Never larger than it is.
    side = min(SIDE, max(image.shape[:2]))
    small = tf.image.resize(image, (side, side), "area", preserve_aspect_ratio=True)
    pixels = tf.cast(tf.clip_by_value(small, 0.0, 255.0), tf.uint8)
    encoded = base64.b64encode(tf.io.encode_jpeg(pixels, quality=85).numpy()).decode()
    return f"data:image/jpeg;base64,{encoded}"
