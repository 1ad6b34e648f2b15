"""Which images of a channel do not decode, found by decoding each."""

from concurrent.futures import ThreadPoolExecutor

import tensorflow as tf

from ic_tf_sdk.inference.container_handler import plain_reason
from ic_tf_sdk.training.decode import decode
from ic_tf_sdk.training.image_folder import ImageFolder

__all__ = ["undecodable"]


def undecodable(folder: ImageFolder) -> dict[int, str]:
    """Decode every image by itself, in parallel.

    Returns:
        Row -> the decoder's reason.
    """
    run = tf.function(
        lambda path: tf.shape(decode(tf.io.read_file(path))),
        input_signature=[tf.TensorSpec([], tf.string)],
    )

    def reason(path: str) -> str | None:
        try:
            run(path)
        except tf.errors.OpError as error:
            return plain_reason(error.message)
        return None

    with ThreadPoolExecutor() as threads:
        reasons = list(threads.map(reason, folder.paths()))
    return {row: text for row, text in enumerate(reasons) if text is not None}
