"""A function in inference mode as the fastest graph that TensorFlow runs on a processor.

Variables become constants, and each batch norm goes into the weights of the convolution before it.
TensorFlow's own optimizer does the latter for plain convolutions only; depthwise ones are left with
a multiplication, an addition and an activation of their own, an eighth of MobileNetV2's time.
"""

from collections import defaultdict
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import convert_to_constants

__all__ = ["constant_graph"]

_CONVOLUTIONS = ("Conv2D", "DepthwiseConv2dNative")


def constant_graph(function: Any) -> Any:
    """Fold a function's variables and batch norms into constants.

    Args:
        function: A concrete function whose result does not change its variables.

    Returns:
        A function of the same tensor arguments that returns a list of the same tensors; sums are
        rounded elsewhere, which moves results by some 1e-6 of their size.
    """
    graph = _frozen(function)
    arguments = function.inputs[: len(function.inputs) - len(function.captured_inputs)]
    inputs, outputs = ([tensor.name for tensor in each] for each in (arguments, function.outputs))
    _Folding(graph, outputs).run()

    def run(*tensors: tf.Tensor) -> Any:
        given = dict(zip(inputs, tensors, strict=True))
        return tf.graph_util.import_graph_def(graph, input_map=given, return_elements=outputs)

    signature = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in arguments]
    return tf.function(run, input_signature=signature, autograph=False).get_concrete_function()


def _frozen(function: Any) -> Any:
    """The function's GraphDef, inlined, with its variables as constants.

    ``convert_variables_to_constants_v2_as_graph`` does this, and then makes a function of the graph
    that is not needed here and takes as long as all the rest.
    """
    data = convert_to_constants._FunctionConverterDataInEager(
        func=function, lower_control_flow=True, aggressive_inlining=False
    )
    graph, _ = convert_to_constants._replace_variables_by_constants(converter_data=data)
    return graph


class _Folding:
    """Batch norms of one GraphDef, folded in place.

    Args:
        graph: With variables frozen to constants.
        outputs: Names of the tensors that it is asked for.
    """

    def __init__(self, graph: Any, outputs: list[str]) -> None:
        self._graph = graph
        self._nodes = {node.name: node for node in graph.node}
        self._readers: dict[str, set[str]] = defaultdict(set)
        for node in graph.node:
            for name in node.input if node.op != "Identity" else ():
                self._readers[self._source(name)].add(node.name)
        for name in outputs:
            self._readers[self._source(name.removesuffix(":0"))].add("the caller")

    def run(self) -> None:
        """Fold each batch norm that directly follows a convolution of constant weights."""
        for node in list(self._graph.node):
            if node.op.startswith("FusedBatchNorm"):
                self._fold(node)

    def _source(self, name: str) -> str:
        """The tensor that a name stands for, past nodes that only pass it on."""
        while ":" not in name and self._node(name).op == "Identity":
            name = self._node(name).input[0]
        return name

    def _node(self, name: str) -> Any:
        return self._nodes[name.lstrip("^").partition(":")[0]]

    def _constants(self, names: list[str]) -> list[Any] | None:
        nodes = [self._node(self._source(name)) for name in names]
        if any(node.op != "Const" for node in nodes):
            return None
        return [tf.make_ndarray(node.attr["value"].tensor) for node in nodes]

    def _fold(self, norm: Any) -> None:
        before = self._source(norm.input[0])
        convolution = self._node(before)
        if convolution.op not in _CONVOLUTIONS or self._readers[before] != {norm.name}:
            return
        constants = self._constants([convolution.input[1], *norm.input[1:5]])
        if constants is None or not self._is_plain(norm, convolution):
            return
        if any(constant.dtype != np.float32 for constant in constants):
            return
        weights, scale, offset, mean, variance = constants
        factor = scale / np.sqrt(variance + norm.attr["epsilon"].f)
        # A depthwise convolution's results are its channels times their multiplier.
        shape = weights.shape[2:] if convolution.op == "DepthwiseConv2dNative" else factor.shape
        convolution.input[1] = self._constant(norm, "weights", weights * factor.reshape(shape))
        bias = self._constant(norm, "bias", offset - mean * factor)
        self._make_bias(norm, before, bias)

    def _is_plain(self, norm: Any, convolution: Any) -> bool:
        inference = not norm.attr["is_training"].b
        formats = {norm.attr["data_format"].s, convolution.attr["data_format"].s}
        # The other results of a batch norm are its statistics.
        others = any(name.startswith(f"{norm.name}:") for name in self._readers)
        return inference and formats == {b"NHWC"} and not others

    def _constant(self, norm: Any, name: str, value: Any) -> str:
        node = self._graph.node.add(name=f"{norm.name}/folded_{name}", op="Const")
        node.attr["dtype"].type = tf.float32.as_datatype_enum
        node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value.astype(np.float32)))
        return str(node.name)

    def _make_bias(self, norm: Any, convolution: str, bias: str) -> None:
        control = [name for name in norm.input if name.startswith("^")]
        norm.op = "BiasAdd"
        norm.input[:] = [convolution, bias, *control]
        for name in set(norm.attr) - {"T", "data_format"}:
            del norm.attr[name]
