"""Which images of a channel do not decode, found by decoding each."""

import os
from collections.abc import Sequence

import tensorflow as tf

from ic_tf_sdk.contract.container_handler import plain_reason
from ic_tf_sdk.training.data.concurrent_reads import read_each
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.graph.decode import decode

__all__ = ["undecodable"]


def undecodable(folder: ImageFolder, rows: Sequence[int]) -> dict[int, str]:
    """Decode these images, each by itself, in parallel.

    Args:
        folder: The channel.
        rows: Which of its images.

    Returns:
        Row -> the decoder's reason.
    """
    if not rows:
        return {}
    run = tf.function(
        lambda path: tf.shape(decode(tf.io.read_file(path))),
        input_signature=[tf.TensorSpec([], tf.string)],
        autograph=False,
    )

    def reason(row: int) -> str | None:
        try:
            run(os.fsencode(folder.root / folder.files[row]))
        except tf.errors.OpError as error:
            return plain_reason(error.message)
        return None

    # A picture in memory for each: as many as there are processors to decode them.
    reasons = zip(rows, read_each(reason, rows, threads=os.cpu_count() or 1), strict=True)
    return {row: text for row, text in reasons if text is not None}
