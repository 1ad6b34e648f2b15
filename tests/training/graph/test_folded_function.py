"""The exported graph computes with constants, whoever loads it; its variables are still there."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
import tf_keras

from ic_tf_sdk.training.graph import serving_model
from ic_tf_sdk.training.graph.folded_function import folded_function
from ic_tf_sdk.training.graph.preprocessing import Preprocessing
from ic_tf_sdk.training.graph.serving_model import ServingModel

_IMAGES = tf.random.stateless_uniform((4, 8, 8, 3), [1, 2], 0.0, 255.0)
_OF_VARIABLES = {"ReadVariableOp", "FusedBatchNormV3"}


def network() -> Any:
    made = tf_keras.Sequential([
        tf_keras.layers.DepthwiseConv2D(3, use_bias=False, input_shape=(8, 8, 3)),
        tf_keras.layers.BatchNormalization(),
        tf_keras.layers.Conv2D(4, 1, use_bias=False),
        tf_keras.layers.BatchNormalization(),
        tf_keras.layers.GlobalAveragePooling2D(),
    ])  # fmt: skip
    random = np.random.default_rng(3)
    made.set_weights([random.uniform(0.1, 1.5, w.shape) for w in made.get_weights()])
    return made


def model(layers: Any, *, folds: bool = True) -> ServingModel:
    return ServingModel(
        lambda images: layers(images, training=False),
        Preprocessing(8, 8, "bilinear", "0..1"),
        ("a", "b", "c", "d"),
        activation="softmax",
        parts={"layers": layers},
        folds=folds,
    )


def operations(function: Any) -> Counter[str]:
    """Those of a concrete function and of all that it calls."""
    graph = function.graph.as_graph_def()
    library = {each.signature.name: each for each in graph.library.function}
    return Counter(node.op for node in _nodes(graph.node, library, set()))


def _nodes(nodes: Any, library: dict[str, Any], seen: set[str]) -> Iterator[Any]:
    for node in nodes:
        yield node
        for name in {value.func.name for value in node.attr.values()} - seen - {""}:
            seen.add(name)
            yield from _nodes(library[name].node_def, library, seen)


def test_every_signature_of_the_saved_model_computes_with_constants(tmp_path: Path) -> None:
    layers = network()
    expected = model(layers, folds=False).serve_pixels(_IMAGES)["probabilities"]
    serving_model.save(model(layers), tmp_path / "1")
    loaded = tf.saved_model.load(str(tmp_path / "1"))
    for name in ("serving_default", "serving_pixels", "serving_uint8"):
        found = operations(loaded.signatures[name])
        assert not _OF_VARIABLES & set(found), name
        assert found["DepthwiseConv2dNative"] == 1
    answer = loaded.signatures["serving_pixels"](pixels=_IMAGES)["probabilities"]
    np.testing.assert_allclose(answer, expected, atol=1e-6)


def test_its_variables_are_stored_once_for_further_training(tmp_path: Path) -> None:
    layers = network()
    serving_model.save(model(layers), tmp_path / "1")
    stored = dict(tf.train.list_variables(str(tmp_path / "1" / "variables" / "variables")))
    shapes = [tuple(shape) for name, shape in stored.items() if "VARIABLE_VALUE" in name and shape]
    assert sorted(shapes) == sorted(weight.shape for weight in layers.get_weights())
    inside = tf.saved_model.load(str(tmp_path / "1")).layers
    for found, weight in zip(inside.variables, layers.variables, strict=True):
        np.testing.assert_array_equal(found, weight)


def test_no_graph_that_calls_the_network_takes_a_copy_of_it_for_shapes(tmp_path: Path) -> None:
    serving_model.save(model(network()), tmp_path / "1")
    loaded = tf.saved_model.load(str(tmp_path / "1"))
    for name, signature in loaded.signatures.items():
        graph = signature.graph.as_graph_def()
        library = {each.signature.name: each for each in graph.library.function}
        calls = [
            node
            for node in _nodes(graph.node, library, set())
            if "f" in node.attr and "Conv2D" in _operations_of(library[node.attr["f"].func.name])
        ]
        # So that this test cannot pass by finding nothing.
        assert calls, name
        assert all(node.attr["_disable_call_shape_inference"].b for node in calls), name
        # Programs that read a signature still find the sizes.
        assert signature.structured_outputs["probabilities"].shape.as_list() == [None, 4]


def _operations_of(function: Any) -> set[str]:
    return {node.op for node in function.node_def}


def test_a_large_network_keeps_its_variables_alone() -> None:
    kernel = tf.Variable(tf.ones((3, 2)))
    signature = [tf.TensorSpec((None, 3), tf.float32, "pixels")]

    def answers(build: Callable[[Any], Any], **limit: int) -> Any:
        function = tf.function(build, input_signature=signature)
        return function, folded_function(function, **limit)

    def build(pixels: Any) -> dict[str, Any]:
        return {"z": pixels @ kernel, "a": pixels @ kernel + 1.0}

    function, same = answers(build, most_bytes=4 * 6 - 1)
    assert same is function
    function, folded = answers(build, most_bytes=4 * 6)
    assert not _OF_VARIABLES & set(operations(folded.get_concrete_function()))
    for name, value in folded(tf.eye(3)).items():
        np.testing.assert_array_equal(value, function(tf.eye(3))[name])
