"""A small classifier in TF Hub's form, which the tests save themselves."""

import io
import tarfile
from pathlib import Path
from typing import Any

LABELS = ("red", "green", "blue", "grey")


def save_classifier(folder: Path, *, size: int | None = None, brightness: float = 3.0) -> Path:
    """Images float32 [batch, size, size, 3] in 0..1 to four logits that grow with a mean colour."""
    import tensorflow as tf

    class MeanColour(tf.train.Checkpoint):
        def __init__(self) -> None:
            super().__init__()
            b = brightness
            self.kernel = tf.Variable(tf.constant([[9.0, 0, 0, b], [0, 9, 0, b], [0, 0, 9, b]]))

        @tf.function(input_signature=[tf.TensorSpec([None, size, size, 3])])
        def __call__(self, images: Any) -> Any:
            return tf.reduce_mean(images, [1, 2]) @ self.kernel

    tf.saved_model.save(MeanColour(), str(folder))
    return folder


def save_distilled(folder: Path, *, size: int) -> Path:
    """As the distilled DeiT: in training two answers, and that is what it does unless told not to.

    The one is red's and the other green's; outside training it is blue's.
    """
    import tensorflow as tf

    class Distilled(tf.train.Checkpoint):
        @tf.function
        def __call__(self, images: Any, training: bool = True) -> Any:
            red, green, blue = (
                tf.tile([row], [tf.shape(images)[0], 1])
                for row in ([9.0, 0, 0, 0], [0, 9.0, 0, 0], [0, 0, 9.0, 0])
            )
            return (red, green, {"att": images}) if training else (blue, {"att": images})

    module = Distilled()
    spec = tf.TensorSpec([None, size, size, 3], tf.float32)
    for training in (False, True):
        module.__call__.get_concrete_function(spec, training=training)
    tf.saved_model.save(module, str(folder))
    return folder


def green_picture() -> bytes:
    """A PNG in which green is the brightest."""
    from PIL import Image

    picture = io.BytesIO()
    Image.new("RGB", (60, 40), (20, 230, 30)).save(picture, "PNG")
    return picture.getvalue()


def packed(folder: Path) -> bytes:
    """A folder as TF Hub serves a module."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as tar:
        tar.add(folder, "./")
    return content.getvalue()
