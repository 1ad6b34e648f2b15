"""Which images of a channel do not decode, found by decoding each."""

import tensorflow as tf

from ic_tf_sdk.training.decode import decode
from ic_tf_sdk.training.image_folder import ImageFolder

__all__ = ["undecodable"]


def undecodable(folder: ImageFolder) -> dict[int, str]:
    """Decode every image by itself, in parallel.

    Returns:
        Row -> TensorFlow's reason, its first sentence.
    """
    from concurrent.futures import ThreadPoolExecutor

    run = tf.function(
        lambda path: tf.shape(decode(tf.io.read_file(path))),
        input_signature=[tf.TensorSpec([], tf.string)],
    )

    def reason(path: str) -> str | None:
        try:
            run(path)
        except tf.errors.OpError as error:
            return _first_sentence(error.message)
        return None

    with ThreadPoolExecutor() as threads:
        reasons = list(threads.map(reason, folder.paths()))
    return {row: text for row, text in enumerate(reasons) if text is not None}


def _first_sentence(message: str) -> str:
    """TensorFlow's message less its graph's node names."""
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    plain = [line for line in lines if not line.startswith(("Graph execution", "Detected at"))]
    text = (plain or lines or ["cannot be decoded"])[0]
    for marker in (" [[", " [Op:"):
        text = text.split(marker)[0]
    return text.removeprefix("assertion failed: ").strip("[] ") or "cannot be decoded"
