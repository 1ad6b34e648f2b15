"""The model's own way from a decoded picture to its answers, as one graph.

How a picture becomes pixels of the input size is taken out of the exported model, where it stands
between the decoder and the network: a browser only decodes.
"""

from typing import Any

from ic_tf_sdk.inference.served_model import ServedModel
from ic_tf_sdk.inference.way_of_resizing import loader_graph, way_of_resizing

__all__ = ["ANSWERS", "picture_function", "resize_problem"]

ANSWERS = ("probabilities", "unknown_score")
"""What the graph gives, by name; a model without a score gives the first alone."""

# The one way of resizing that ONNX Runtime has as TensorFlow has it, to 0.03 of 255: it refuses to
# make pictures smaller by "bicubic", and of "nearest" it takes other pixels where two are as near.
_KEPT = "bilinear"


def picture_function(model: ServedModel) -> Any:
    """The way from a picture, decoded and upright, to the answers.

    Args:
        model: Loaded.

    Returns:
        A ``tf.function`` of ``picture`` uint8 [any height, any width, 3], RGB in 0 to 255, that
        returns a dictionary: ``probabilities`` float32 [1, units], and ``unknown_score``
        float32 [1] where the model has one.
    """
    import tensorflow as tf

    resize = _resize(model)

    def answer(picture: Any) -> dict[str, Any]:
        answers = model.answer_pixels(pixels=resize(picture)[tf.newaxis])
        return {name: answers[name] for name in ANSWERS if name in answers}

    spec = tf.TensorSpec([None, None, 3], tf.uint8, "picture")
    return tf.function(answer, input_signature=[spec], autograph=False)


def resize_problem(model: ServedModel) -> str | None:
    """Why a model's way of resizing cannot be kept in a browser; None where it can.

    Args:
        model: Loaded.
    """
    way = way_of_resizing(model)
    if way == _KEPT:
        return None
    return (
        f"it was trained with image_resize_interpolation={way or 'another'}, and a browser keeps "
        "bilinear alone: train it again with that"
    )


def _resize(model: ServedModel) -> Any:
    """What stands behind the decoder: uint8 [height, width, 3] to float32 of the input size."""
    import tensorflow as tf

    loader = loader_graph(model)
    graph = loader.graph.as_graph_def()
    for node in graph.node:
        # It waits for the decoder's checks, which are a browser's here.
        node.input[:] = [name for name in node.input if not name.startswith("^")]
    # The decoder ends by saying that it gives a picture of three channels.
    [*_, decoded] = [node for node in graph.node if node.op == "EnsureShape"]
    decoded.op = "Placeholder"
    decoded.input[:] = []
    decoded.attr["dtype"].type = decoded.attr["T"].type
    del decoded.attr["T"]
    [output] = loader.outputs
    behind = _needed(graph, output.op.name)
    _take_floats(behind)

    def run(picture: Any) -> Any:
        floats = tf.cast(picture, tf.float32)
        [pixels] = tf.graph_util.import_graph_def(
            behind, input_map={decoded.name: floats}, return_elements=[output.name]
        )
        return pixels

    return tf.compat.v1.wrap_function(run, [tf.TensorSpec([None, None, 3], tf.uint8)])


def _needed(graph: Any, output: str) -> Any:
    """The nodes that one of them is computed from, and itself."""
    import tensorflow as tf

    nodes = {node.name: node for node in graph.node}
    needed: dict[str, Any] = {}
    pending = [output]
    while pending:
        name = pending.pop()
        if name not in needed:
            needed[name] = nodes[name]
            pending += [tensor.partition(":")[0] for tensor in nodes[name].input]
    return tf.compat.v1.GraphDef(versions=graph.versions, node=needed.values())


def _take_floats(graph: Any) -> None:
    """Let a graph of bytes take the same numbers as floats: ONNX resizes to what it is given."""
    import tensorflow as tf

    for node in graph.node:
        for kind in node.attr.values():
            if kind.type == tf.uint8.as_datatype_enum:
                kind.type = tf.float32.as_datatype_enum
