"""A picture with what the model's answer hangs on coloured in."""

from collections.abc import Callable
from typing import Any, NamedTuple

from ic_tf_sdk.contract import container_handler
from ic_tf_sdk.contract.container_answer import both_labels, undecodable
from ic_tf_sdk.contract.served_pixels import most_pixels
from ic_tf_sdk.errors import UserError, did_you_mean, nearest
from ic_tf_sdk.inference.answering_model import AnsweringModel
from ic_tf_sdk.inference.heat_map import Method, heat_map
from ic_tf_sdk.inference.served_model import ServedModel

__all__ = ["Explanation", "explain"]

# The longer side of the coloured picture, at most.
_SIDE = 512
_STRENGTH = 0.65


class Explanation(NamedTuple):
    """Where a model looks; a notebook shows it as a picture.

    Attributes:
        label: The label that it is about.
        heat: float32 array [height, width] of the network's input size, at least 0: the share of
            each place. It sums to 1, or is 0 everywhere where no part of the picture decides.
        method: How it was found: ``gradient`` or ``occlusion``.
        png: The picture, upright, at most 512 pixels wide and high, red where the heat is greatest:
            an encoded PNG.
    """

    label: str
    heat: Any
    method: Method
    png: bytes

    def _repr_png_(self) -> bytes:
        return self.png


def explain(
    model: AnsweringModel,
    image: bytes,
    label: str | None = None,
    check: Callable[[], None] = lambda: None,
) -> Explanation:
    """Say which part of an image the answer hangs on.

    Args:
        model: Loaded.
        image: An encoded JPEG or PNG.
        label: The label to ask about; None takes the answer.
        check: Called before each call of the network; what it raises ends the work.

    Raises:
        RequestError: It does not decode, or has more pixels than are answered.
        UserError: The model has no such label, or it is not TensorFlow that answers.
    """
    if not isinstance(model, ServedModel):
        raise UserError(
            "Where a model looks is worked out with TensorFlow: give the model.tar.gz where "
            "TensorFlow is installed, and leave the runtime out."
        )
    image = container_handler.read_image(image, "application/x-image", most_pixels())
    # Gradients go through that alone.
    model = model.whole()
    pixels = model.load_image(image)

    def answer(images: Any) -> Any:
        return _every_class(model.answer_pixels(pixels=images)["probabilities"], len(model.labels))

    index = _index(model, label, answer, pixels)
    found = heat_map(answer, pixels.numpy(), index, check)
    return Explanation(
        model.labels[index], found.values, found.method, _coloured(image, found.values)
    )


def _every_class(probabilities: Any, count: int) -> Any:
    import tensorflow as tf

    if probabilities.shape[-1] == 1 and count == 2:
        return tf.concat(both_labels(probabilities), axis=1)
    return probabilities


def _index(model: ServedModel, label: str | None, answer: Callable[[Any], Any], pixels: Any) -> int:
    if label is None:
        return int(answer(pixels[None]).numpy()[0].argmax())
    if label not in model.labels:
        raise UserError(
            f"The model has no label {label!r}.{did_you_mean(nearest(label, model.labels))}"
        )
    return model.labels.index(label)


def _coloured(image: bytes, heat: Any) -> bytes:
    """The PNG: from yellow to red, and stronger, where the heat is greater."""
    import tensorflow as tf

    from ic_tf_sdk.training.graph.decode import decode

    try:
        picture = decode(tf.constant(image))
    except tf.errors.OpError as error:
        raise undecodable(error.message, image) from error
    # Never larger than it is.
    side = min(_SIDE, max(picture.shape[:2]))
    picture = tf.image.resize(picture, (side, side), "area", preserve_aspect_ratio=True)
    shares = tf.image.resize(heat[..., None], picture.shape[:2])
    shares = shares / tf.maximum(tf.reduce_max(shares), 1e-12)
    colour = tf.concat([tf.ones_like(shares), 0.8 * (1.0 - shares), 0.0 * shares], -1) * 255.0
    opaque = _STRENGTH * tf.sqrt(shares)
    mixed = tf.clip_by_value((1.0 - opaque) * picture + opaque * colour, 0.0, 255.0)
    png: bytes = tf.io.encode_png(tf.cast(mixed, tf.uint8)).numpy()
    return png
