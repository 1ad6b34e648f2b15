"""A function in inference mode as the fastest graph that TensorFlow runs on a processor.

Variables become constants, and each batch norm goes into the weights of the convolution before it.
TensorFlow's own optimizer does the latter for plain convolutions only; depthwise ones are left with
a multiplication, an addition and an activation of their own, an eighth of MobileNetV2's time.
"""

from collections import defaultdict
from typing import Any

import numpy as np
import tensorflow as tf
from tensorflow.python.framework import convert_to_constants, op_def_registry

from ic_tf_sdk.training.graph import function_library

__all__ = ["constant_graph"]

# Waiting for one of these puts a node into a branch or into the body of a loop.
_CONTROL_FLOW = ("Enter", "Exit", "LoopCond", "Merge", "NextIteration", "Switch")
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
    _drop_needless_waits(graph)
    _subtract_epsilons(graph)
    _Folding(graph, outputs).run()
    graph = _pruned(graph, outputs)

    def run(*tensors: tf.Tensor) -> Any:
        replacements = dict(zip(inputs, tensors, strict=True))
        return tf.graph_util.import_graph_def(
            graph, input_map=replacements, return_elements=outputs
        )

    signature = [tf.TensorSpec(tensor.shape, tensor.dtype) for tensor in arguments]
    # tf.function would order what has side effects, and ties loops to what comes after them.
    return tf.compat.v1.wrap_function(run, signature)


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


def _node_name(tensor: str) -> str:
    return tensor.lstrip("^").partition(":")[0]


def _source(nodes: dict[str, Any], tensor: str) -> str:
    """The tensor that a name stands for, past nodes that only pass it on."""
    while tensor[0] != "^" and ":" not in tensor:
        node = nodes[tensor]
        # One with more inputs waits for something, a check for example.
        if node.op != "Identity" or len(node.input) > 1:
            break
        tensor = node.input[0]
    return tensor


def _drop_needless_waits(graph: Any) -> None:
    """Let no node wait for what has no effect but its result.

    A call of a function waits for whatever was called before it, and with it each weight inside.
    """
    effects = _effects(graph)
    for node in graph.node:
        node.input[:] = [
            name for name in node.input if name[0] != "^" or _node_name(name) in effects
        ]


def _subtract_epsilons(graph: Any) -> None:
    """Subtract the negative of each constant that is added before a reciprocal square root.

    With oneDNN, TensorFlow (2.21 too) makes one operation of a layer norm of constant weights, and
    gives it an epsilon of 0.001, whatever the norm's own: Swin, DeiT and CaiT then answer wrongly.
    It knows the norm by that addition; the difference is the same number.
    """
    nodes = {node.name: node for node in graph.node}
    for root in [node for node in graph.node if node.op == "Rsqrt"]:
        total = _producer(nodes, root.input[0])
        if total.op not in ("Add", "AddV2"):
            continue
        constants = [name for name in total.input[:2] if _is_constant(nodes, name)]
        if len(constants) == 1:
            [variance] = [name for name in total.input[:2] if name not in constants]
            epsilon = tf.make_ndarray(_producer(nodes, constants[0]).attr["value"].tensor)
            negative = graph.node.add(name=f"{total.name}/negative", op="Const")
            negative.attr["dtype"].CopyFrom(total.attr["T"])
            negative.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(-epsilon))
            total.op = "Sub"
            total.input[:] = [variance, negative.name, *total.input[2:]]


def _producer(nodes: dict[str, Any], tensor: str) -> Any:
    return nodes[_node_name(_source(nodes, tensor))]


def _is_constant(nodes: dict[str, Any], tensor: str) -> bool:
    return bool(_producer(nodes, tensor).op == "Const")


def _effects(graph: Any) -> set[str]:
    """The nodes that do something, a check for example, and all that is computed after one."""
    readers = defaultdict(list)
    for node in graph.node:
        for name in node.input:
            readers[_node_name(name)].append(node.name)
    effects: set[str] = set()
    pending = [node.name for node in graph.node if _is_stateful(node.op)]
    while pending:
        name = pending.pop()
        if name not in effects:
            effects.add(name)
            pending += readers[name]
    return effects


def _is_stateful(op: str) -> bool:
    if op in _CONTROL_FLOW:
        return True
    definition = op_def_registry.get(op)
    # A function of the graph's library is none of TensorFlow's operations.
    return definition is None or bool(definition.is_stateful)


def _pruned(graph: Any, outputs: list[str]) -> Any:
    """What tensors are computed from, without what freezing left behind.

    Four of five nodes of MobileNetV2 are reads of variables or weights that were folded; every one
    would be imported, placed and optimized.
    """
    nodes = {node.name: node for node in graph.node}
    pruned = tf.compat.v1.GraphDef(versions=graph.versions)
    seen = {_node_name(name) for name in outputs}
    pending = list(seen)
    while pending:
        node = nodes[pending.pop()]
        node.input[:] = [_source(nodes, name) for name in node.input]
        # Where a node is put may hang on one that is gone.
        node.attr.pop("_class", None)
        pruned.node.append(node)
        names = {_node_name(name) for name in node.input} - seen
        pending += names
        seen |= names
    # Of the others there may be a first form elsewhere, of the same name.
    pruned.library.function.extend(function_library.reached(graph.library.function, pruned.node))
    return pruned


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
                self._readers[_source(self._nodes, name)].add(node.name)
        for name in outputs:
            self._readers[_source(self._nodes, name.removesuffix(":0"))].add("the caller")

    def run(self) -> None:
        """Fold each batch norm that directly follows a convolution of constant weights."""
        for node in list(self._graph.node):
            if node.op.startswith("FusedBatchNorm"):
                self._fold(node)

    def _constants(self, names: list[str]) -> list[Any] | None:
        nodes = [self._nodes[_node_name(_source(self._nodes, name))] for name in names]
        if any(node.op != "Const" for node in nodes):
            return None
        return [tf.make_ndarray(node.attr["value"].tensor) for node in nodes]

    def _fold(self, norm: Any) -> None:
        before = _source(self._nodes, norm.input[0])
        convolution = self._nodes[_node_name(before)]
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
