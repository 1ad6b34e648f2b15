"""The two functions of an exported SavedModel that answer, without all the rest of it.

``tf.saved_model.load`` makes every function of the model, those of training and of each signature,
with a copy of the network's constants each, and restores variables that no answer reads.
"""

import weakref
from itertools import chain, count
from pathlib import Path
from typing import Any

import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel
from tensorflow.python.eager import context

from ic_tf_sdk.training.graph import (
    file_operations,
    function_library,
    one_process,
    saved_model,
)

__all__ = ["AnswerFunctions", "loaded"]

_numbers = count()


class AnswerFunctions:
    """What ``tf.saved_model.load`` returns of a ``ServingModel``, as far as answers need it.

    Args:
        graph: Of an export whose answers take constants.
        folder: Its folder.

    Attributes:
        load_image: One encoded image, a string scalar, to float32 [height, width, 3].
        answer_pixels: ``pixels`` float32 [batch, height, width, 3] to the answers by name.
        signatures: Names.
        label_list: The asset with the labels.
    """

    def __init__(self, graph: SavedModel, folder: Path) -> None:
        [meta] = graph.meta_graphs
        root = _children(meta)
        self.signatures = frozenset(meta.signature_def)
        asset = meta.asset_file_def[root["label_list"].asset.asset_file_def_index].filename
        self.label_list = tf.saved_model.Asset(str(folder / "assets" / asset))
        pixels = meta.signature_def["serving_pixels"].inputs["pixels"].tensor_shape
        library = {one.signature.name: one for one in meta.graph_def.library.function}
        [load], [answer] = (_concrete(root[name]) for name in ("load_image", "answer_pixels"))
        fields = meta.object_graph_def.concrete_functions[answer].output_signature
        # Outputs are in the order of their names.
        names = sorted(fields.dict_value.fields)
        self.load_image = _function(library, load, tf.TensorSpec([], tf.string, "image"))
        self.answer_pixels = _function(
            library, answer, tf.TensorSpec(tf.TensorShape(pixels), tf.float32, "pixels"), names
        )


def loaded(folder: Path, name: Path) -> AnswerFunctions | None:
    """Load the functions that answer.

    Args:
        folder: The SavedModel's folder, which need not outlive the call.
        name: The path that the user knows it by, for the message.

    Returns:
        None of a SavedModel that was not exported by this package, or whose answers take variables,
        as those of a large network or of an older version.

    Raises:
        ArchiveError: It cannot be loaded, or it names a file outside its folder.
        UserError: This process was forked off one that had loaded a model.
    """
    one_process.check()
    with saved_model.refusing(name, folder):
        graph = saved_model.checked_graph(folder, name)
        if not _has_constants(graph):
            return None
        file_operations.warn(graph, name)
        return AnswerFunctions(graph, folder)


def _has_constants(graph: SavedModel) -> bool:
    if len(graph.meta_graphs) != 1 or not graph.meta_graphs[0].object_graph_def.nodes:
        return False
    [meta] = graph.meta_graphs
    root = _children(meta)
    functions = [_concrete(root[name]) for name in ("load_image", "answer_pixels") if name in root]
    known = meta.object_graph_def.concrete_functions
    return (
        {"serving_default", "serving_pixels"} <= set(meta.signature_def)
        and "label_list" in root
        and root["label_list"].HasField("asset")
        and [len(each) for each in functions] == [1, 1]
        and not any(known[name].bound_inputs for [name] in functions)
        and "probabilities" in known[functions[1][0]].output_signature.dict_value.fields
    )


def _children(meta: Any) -> dict[str, Any]:
    nodes = meta.object_graph_def.nodes
    return {child.local_name: nodes[child.node_id] for child in nodes[0].children}


def _concrete(node: Any) -> list[str]:
    return list(node.function.concrete_functions)


def _function(
    library: dict[str, Any], name: str, given: tf.TensorSpec, names: list[str] | None = None
) -> Any:
    """A function of one tensor of a graph's library, as one that is called."""
    graph = tf.compat.v1.GraphDef(versions={"producer": tf.version.GRAPH_DEF_VERSION})
    graph.node.add(name="given", op="Placeholder").attr["dtype"].type = given.dtype.as_datatype_enum
    call = graph.node.add(name="call", op="StatefulPartitionedCall", input=["given"])
    call.attr["f"].func.name = name
    signature = library[name].signature
    for attribute, arguments in (("Tin", signature.input_arg), ("Tout", signature.output_arg)):
        call.attr[attribute].list.type.extend(one.type for one in arguments)
    graph.library.function.extend(function_library.reached(library.values(), [call]))
    _rename(graph)
    registered = [function.signature.name for function in graph.library.function]
    for function in graph.library.function:
        context.context().add_function_def(function)
    fetched = [f"call:{number}" for number in range(len(signature.output_arg))]

    def run(tensor: tf.Tensor) -> Any:
        found = tf.graph_util.import_graph_def(
            graph, input_map={"given:0": tensor}, return_elements=fetched
        )
        return found[0] if names is None else dict(zip(names, found, strict=True))

    made = tf.function(run, input_signature=[given], autograph=False).get_concrete_function()
    # A process may open many models, and each copy has the constants of its network.
    weakref.finalize(made, _forget, registered).atexit = False
    return made


def _forget(names: list[str]) -> None:
    for name in names:
        context.context().remove_function(name)


def _rename(graph: Any) -> None:
    """Give functions names that no other model has: TensorFlow knows them all by name."""
    number = next(_numbers)
    names = {
        one.signature.name: f"{one.signature.name}_of_{number}" for one in graph.library.function
    }
    for function in graph.library.function:
        function.signature.name = names[function.signature.name]
    bodies = (function.node_def for function in graph.library.function)
    for node in chain(graph.node, *bodies):
        node.op = names.get(node.op, node.op)
        for each in function_library.called(node):
            each.name = names.get(each.name, each.name)
