"""A traced function as a plain call, whose operations are not split over threads."""

from collections.abc import Callable
from typing import Any

from ic_tf_sdk import extras

__all__ = ["folded", "folded_of_image", "on_threads"]


def folded(function: Any) -> Callable[[Any], dict[str, Any]]:
    """A function with its variables and batch norms folded, on the thread that calls.

    Args:
        function: A concrete function of one tensor that returns a dictionary.

    Returns:
        A function of an array that returns a dictionary of arrays.
    """
    import numpy as np

    run = _on_this_thread(function)
    return lambda values: run(np.asarray(values))


def folded_of_image(load: Any, answer: Any) -> Callable[[bytes], dict[str, Any]]:
    """Two functions, one after the other, as one graph that is folded like ``folded``.

    Args:
        load: A concrete function of a string scalar that returns one picture.
        answer: A concrete function of pictures that returns a dictionary.

    Returns:
        A function of an encoded image that returns a dictionary of arrays, of one row each.
    """
    tf = extras.load("tensorflow")
    function = tf.function(
        lambda image: dict(answer(load(image)[tf.newaxis])),
        input_signature=[tf.TensorSpec([], tf.string, "image")],
        autograph=False,
    )
    return _on_this_thread(function.get_concrete_function())


def _on_this_thread(function: Any) -> Callable[[Any], dict[str, Any]]:
    from ic_tf_sdk.training.graph.constant_graph import constant_graph

    # Outputs are in the order of their names.
    names = sorted(function.structured_outputs)
    constant = constant_graph(function)
    fetched = [output.name for output in constant.outputs]
    # -1: operations, too, run in the thread that calls.
    run = _callable(constant, constant.inputs[0].name, fetched, threads=-1)
    return lambda values: dict(zip(names, run(values), strict=True))


def on_threads(function: Any, threads: int) -> Callable[[Any], Any]:
    """A function on threads of its own, which take over the calling thread's priority.

    Args:
        function: A concrete function of one tensor that returns one, without variables.
        threads: How many calls run at a time, however many threads call.

    Returns:
        A function of an array, or of bytes, that returns an array.
    """
    (fed,), (fetched,) = function.inputs, function.outputs
    run: Callable[[Any], Any] = _callable(function, fed.name, fetched.name, threads=threads)
    return run


def _callable(function: Any, fed: str, fetched: str | list[str], *, threads: int) -> Any:
    tf = extras.load("tensorflow")
    graph = tf.Graph()
    with graph.as_default():
        tf.import_graph_def(function.graph.as_graph_def(), name="")
    config = tf.compat.v1.ConfigProto(
        inter_op_parallelism_threads=threads,
        intra_op_parallelism_threads=1,
        use_per_session_threads=True,
    )
    session = tf.compat.v1.Session(graph=graph, config=config)
    return session.make_callable(fetched, feed_list=[fed])
