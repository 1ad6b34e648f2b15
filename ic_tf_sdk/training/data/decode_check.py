"""Which images of a channel do not decode, found by decoding each."""

import os
from collections.abc import Callable, Sequence

import tensorflow as tf

from ic_tf_sdk.contract.container_answer import plain_reason
from ic_tf_sdk.contract.phases import ignore
from ic_tf_sdk.training.data.concurrent_reads import read_each
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.graph.decode import decode

__all__ = ["decode_check"]


def decode_check(
    folder: ImageFolder, rows: Sequence[int], *, advance: Callable[[int], object] = ignore
) -> dict[int, str]:
    """Decode these images, each by itself, in parallel.

    Args:
        folder: The images of the channel.
        rows: Which of them to decode.
        advance: Called with 1 after each of them.

    Returns:
        Row -> the decoder's reason, of those that do not decode.
    """
    if not rows:
        return {}
    # The shape alone is taken out: the picture then never leaves TensorFlow's memory.
    run = tf.function(
        lambda path: tf.shape(decode(tf.io.read_file(path))),
        input_signature=[tf.TensorSpec([], tf.string)],
        autograph=False,
    )

    def reason(row: int) -> str | None:
        try:
            # Bytes: a file's name need not be valid UTF-8.
            run(os.fsencode(folder.root / folder.files[row]))
        except tf.errors.OpError as error:
            return plain_reason(error.message)
        return None

    # A picture in memory for each: as many as there are processors to decode them.
    reasons = read_each(reason, rows, threads=os.cpu_count() or 1, advance=advance)
    return {row: text for row, text in zip(rows, reasons, strict=True) if text is not None}
