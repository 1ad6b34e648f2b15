"""A function of a SavedModel that computes with constants, whoever runs it."""

from typing import Any

import tensorflow as tf

from ic_tf_sdk.training.graph.constant_graph import constant_graph

__all__ = ["MOST_BYTES", "folded_function"]

MOST_BYTES = 100 << 20
"""Weights of a network that are stored a second time, as constants: 26 million parameters, the
ResNet-50s among them. The larger a network, the less there is to gain, as its convolutions take
most of the time, and the more a second copy costs on disk and in memory."""


def folded_function(function: Any, most_bytes: int = MOST_BYTES) -> Any:
    """A traced function with its variables and batch norms folded into constants.

    TensorFlow Serving, like any other program that loads the SavedModel, then runs the fast graph.
    Variables are saved beside it by whoever tracks them.

    Args:
        function: A ``tf.function`` of one signature, of one tensor, that returns a dictionary.
        most_bytes: Above this size of its variables it stays as it is.

    Returns:
        A ``tf.function`` of the same signature and outputs; sums are rounded elsewhere, which moves
        probabilities by some 1e-6.
    """
    concrete = function.get_concrete_function()
    sizes = (each.dtype.size * each.shape.num_elements() for each in concrete.variables)
    if sum(sizes) > most_bytes:
        return function
    constant = constant_graph(concrete)
    # Its outputs are in the order of their names.
    names = sorted(concrete.structured_outputs)

    def folded(values: tf.Tensor) -> dict[str, tf.Tensor]:
        return dict(zip(names, constant(values), strict=True))

    return tf.function(folded, input_signature=function.input_signature, autograph=False)
