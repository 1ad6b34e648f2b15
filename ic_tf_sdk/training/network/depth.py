"""How deep in a backbone each of its variables stands, read from its graph.

A SavedModel names no layers, and lists its variables in any order. Its graph says what is computed
from what: a variable is as deep as the number of layers with weights on the longest way from the
image to where it is first used.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import convert_to_constants

from ic_tf_sdk.training.graph.hub_module import feature_vector

__all__ = ["depths"]


def depths(layer: Any, shape: Iterable[int]) -> dict[int, float]:
    """Position among a backbone's weights -> depth: 0 in its first layer, below 1 in its last.

    Args:
        layer: A trainable ``hub.KerasLayer``.
        shape: The height, width and channels of its images, which are float32 in 0 to 1.

    Returns:
        An entry for each trainable variable. One whose way the graph does not show (within a loop)
        is as deep as the part of the variables that stands before it.
    """
    traced = tf.function(lambda images: feature_vector(layer(images, training=False)))
    function = traced.get_concrete_function(tf.TensorSpec((None, *shape), tf.float32))
    trained = {id(variable) for variable in layer.trainable_weights}
    places = [place for place, one in enumerate(layer.weights) if id(one) in trained]
    inputs = [tensor.op.name for tensor in function.inputs]
    captured = function.captured_inputs
    handles = dict(zip(map(id, captured), inputs[len(inputs) - len(captured) :], strict=True))
    names = {place: handles.get(id(layer.weights[place].handle), "") for place in places}
    large = {names[place] for place in places if layer.weights[place].shape.rank > 1}
    found = _Graph(_inlined(function), inputs[0]).layers(set(names.values()), large)
    deepest = max(found.values(), default=0)
    return {
        place: (found[name] - 1) / deepest if found.get(name) else rank / len(places)
        for rank, (place, name) in enumerate(names.items())
    }


def _inlined(function: Any) -> Any:
    """The function's GraphDef, in which no call of another function is left."""
    return convert_to_constants._run_inline_graph_optimization(
        function, lower_control_flow=True, aggressive_inlining=False
    )


class _Graph:
    """Which node is computed from which.

    Args:
        graph: An inlined GraphDef.
        images: The name of its input.
    """

    def __init__(self, graph: Any, images: str) -> None:
        self._readers: Mapping[str, list[str]] = defaultdict(list)
        self._waits = {}
        for node in graph.node:
            sources = {_name(name) for name in node.input if name[0] != "^"}
            self._waits[node.name] = len(sources)
            for source in sources:
                self._readers[source].append(node.name)
        self._images = images
        self._of_images = self._reached(images)

    def _reached(self, name: str) -> set[str]:
        reached, pending = {name}, [name]
        while pending:
            fresh = [one for one in self._readers[pending.pop()] if one not in reached]
            reached.update(fresh)
            pending += fresh
        return reached

    def layers(self, variables: set[str], large: set[str]) -> dict[str, int]:
        """Variable -> layers with weights on the longest way to its first use, that use included.

        Args:
            variables: Names of the variables' inputs.
            large: Those among them that make a layer: kernels, no scales or biases.
        """
        uses = {name: self._uses(name) for name in variables if name}
        kernels = {use for name in large for use in uses.get(name, ())}
        way = self._ways(kernels)
        return {
            name: min(way[use] for use in found if use in way)
            for name, found in uses.items()
            if any(use in way for use in found)
        }

    def _uses(self, variable: str) -> set[str]:
        """Where a variable, or what is computed of it alone, meets the images."""
        uses, pending, seen = set(), [variable], {variable}
        while pending:
            for reader in self._readers[pending.pop()]:
                if reader in self._of_images:
                    uses.add(reader)
                elif reader not in seen:
                    seen.add(reader)
                    pending.append(reader)
        return uses

    def _ways(self, kernels: set[str]) -> dict[str, int]:
        """Node -> layers on the longest way to it; nodes in and behind a circle are missing."""
        waits, longest = dict(self._waits), dict.fromkeys(self._waits, 0)
        ready, done = deque(name for name, count in waits.items() if count == 0), {}
        while ready:
            name = ready.popleft()
            done[name] = longest[name] + (name in kernels)
            for reader in self._readers[name]:
                longest[reader] = max(longest[reader], done[name])
                waits[reader] -= 1
                if waits[reader] == 0:
                    ready.append(reader)
        return done


def _name(tensor: str) -> str:
    return tensor.partition(":")[0]
