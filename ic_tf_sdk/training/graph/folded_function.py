"""A function of a SavedModel that computes with constants, whoever runs it."""

from collections.abc import Iterable
from typing import Any

import tensorflow as tf

from ic_tf_sdk.training.graph.constant_graph import constant_graph

__all__ = ["MOST_BYTES", "folded_function", "is_small"]

MOST_BYTES = 100 << 20
"""Weights of a network that are stored a second time, as constants: 26 million parameters, the
ResNet-50s among them. The larger a network, the less there is to gain, as its convolutions take
most of the time, and the more a second copy costs on disk and in memory."""


def is_small(variables: Iterable[tf.Variable], most_bytes: int = MOST_BYTES) -> bool:
    """Whether a network is stored a second time, as constants.

    Args:
        variables: Its own.
        most_bytes: At which size of them it still is.
    """
    sizes = (each.dtype.size * each.shape.num_elements() for each in variables)
    return bool(sum(sizes) <= most_bytes)


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
    if not is_small(concrete.variables, most_bytes):
        return function
    constant = constant_graph(concrete)
    # Its outputs are in the order of their names.
    names = sorted(concrete.structured_outputs)

    def folded(values: tf.Tensor) -> dict[str, tf.Tensor]:
        return dict(zip(names, _called(constant, values), strict=True))

    return tf.function(folded, input_signature=function.input_signature, autograph=False)


def _called(function: Any, argument: tf.Tensor) -> list[tf.Tensor]:
    """What a traced function returns, which is not looked through for the shapes of its results.

    For those TensorFlow would keep a copy of the network, weights and all, for each graph that
    calls this one, directly or not: a dozen of them when a model is written.

    Args:
        function: Of one tensor, without variables, that returns a list.
        argument: The tensor.
    """
    function.add_to_graph(tf.compat.v1.get_default_graph())
    stateful = any(each.op_def.is_stateful for each in function.graph.get_operations())
    types, results = tf.compat.v1.AttrValue.ListValue, function.outputs
    call = tf.compat.v1.get_default_graph().create_op(
        "StatefulPartitionedCall" if stateful else "PartitionedCall",
        [argument],
        [each.dtype for each in results],
        attrs={
            "Tin": _attribute(list=types(type=[argument.dtype.as_datatype_enum])),
            "Tout": _attribute(list=types(type=[each.dtype.as_datatype_enum for each in results])),
            "f": _attribute(func=tf.compat.v1.NameAttrList(name=function.name)),
            "_disable_call_shape_inference": _attribute(b=True),
        },
    )
    found = zip(call.outputs, results, strict=True)
    return [tf.ensure_shape(output, result.shape) for output, result in found]


def _attribute(**value: Any) -> Any:
    return tf.compat.v1.AttrValue(**value)
