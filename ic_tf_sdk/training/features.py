"""One pass of a frozen backbone over a channel: its features, computed once."""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from ic_tf_sdk.training.batches import ImageExamples
from ic_tf_sdk.training.classifier import Classifier

__all__ = ["MEMORY_BUDGET_BYTES", "compute", "folded"]

MEMORY_BUDGET_BYTES = 1 << 30
"""Features beyond this many bytes are mapped from a file: 131,072 images of 2048 features."""

# A frozen backbone has no gradient to average, so its batch only has to keep the processor busy.
_BATCH_SIZE = 32


def folded(classifier: Classifier) -> Any:
    """The backbone in inference mode with its variables folded into constants.

    TensorFlow then fuses batch norm into the convolutions, which no graph with variables gets.

    Returns:
        A function of images float32 [batch, height, width, 3], which returns features
        float32 [batch, features].
    """
    shape = (None, *classifier.model.input_shape[1:])
    graph = tf.function(classifier.features).get_concrete_function(tf.TensorSpec(shape, tf.float32))
    constant = convert_variables_to_constants_v2(graph)
    return lambda images: constant(images)[0]


def compute(
    backbone: Any, examples: ImageExamples, *, width: int, spill: Path
) -> npt.NDArray[np.float32]:
    """The features of every image of a channel, in the channel's order.

    Args:
        backbone: From ``folded``.
        examples: Without augmentation.
        width: Features per image.
        spill: File to use past ``MEMORY_BUDGET_BYTES``.

    Returns:
        float32 [images, width]; a memory map of ``spill`` where the budget is exceeded.
    """
    shape = (len(examples), width)
    if 4 * shape[0] * shape[1] > MEMORY_BUDGET_BYTES:
        found: npt.NDArray[np.float32] = np.lib.format.open_memmap(
            spill, mode="w+", dtype=np.float32, shape=shape
        )
    else:
        found = np.empty(shape, np.float32)
    done = 0
    for images, _ in examples.dataset(np.arange(len(examples)), batch_size=_BATCH_SIZE):
        batch = backbone(images).numpy()
        found[done : done + len(batch)] = batch
        done += len(batch)
    return found
