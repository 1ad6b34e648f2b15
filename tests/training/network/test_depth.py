"""A variable's depth is read from the graph, whatever its name and its place in the list."""

from pathlib import Path
from typing import Any

import pytest


def module(tf: Any) -> Any:
    """Three layers with a way past the second and of no order in its lists."""

    class Deep(tf.train.Checkpoint):
        def __init__(self) -> None:
            super().__init__()
            self.last = tf.Variable(tf.ones([4, 4]))
            self.first = tf.Variable(tf.ones([3, 4]))
            self.bias = tf.Variable(tf.zeros([4]))
            self.second = tf.Variable(tf.ones([4, 4]))
            self.mean = tf.Variable(tf.zeros([4]), trainable=False)
            self.trainable_variables = [self.last, self.first, self.bias, self.second]
            self.variables = [*self.trainable_variables, self.mean]
            self.regularization_losses = []

        @tf.function
        def __call__(self, images: Any, training: bool = False) -> Any:
            start = tf.reduce_mean(images, [1, 2]) @ self.first
            # What is computed of a variable alone is no layer.
            past = start + tf.exp(self.bias) - self.mean
            middle = self._inner(past)
            return (middle + past) @ self.last

        @tf.function
        def _inner(self, values: Any) -> Any:
            return values @ self.second

    built = Deep()
    built(tf.zeros([1, 8, 8, 3]))
    for training in (False, True):
        spec = tf.TensorSpec([None, 8, 8, 3], tf.float32)
        built.__call__.get_concrete_function(spec, training=training)
    return built


def test_depth_is_the_longest_way_from_the_image(tmp_path: Path) -> None:
    import tensorflow as tf

    from ic_tf_sdk.training.graph.hub_module import hub_layer
    from ic_tf_sdk.training.network.depth import depths

    built = module(tf)
    tf.saved_model.save(built, str(tmp_path / "1"))
    layer = hub_layer(tf.saved_model.load(str(tmp_path / "1")), trainable=True)
    layer(tf.zeros([1, 8, 8, 3]))
    found = depths(layer, (8, 8, 3))
    by_shape = [
        (tuple(layer.weights[place].shape), round(deep, 3)) for place, deep in found.items()
    ]
    assert by_shape == [((4, 4), 0.667), ((3, 4), 0.0), ((4,), 0.0), ((4, 4), 0.333)]


def test_depth_of_a_real_network_follows_its_layers(shared: Path) -> None:
    import tensorflow as tf

    from ic_tf_sdk.training.graph.hub_module import hub_layer
    from ic_tf_sdk.training.network.depth import depths

    folder = shared / "weights" / "mobilenet_v1_025_224" / "feature_vector" / "1"
    layer = hub_layer(tf.saved_model.load(str(folder)), trainable=True)
    layer(tf.zeros([1, 224, 224, 3]))
    found = depths(layer, (224, 224, 3))
    assert len(found) == len(layer.trainable_weights)
    deep = {layer.weights[place].name: value for place, value in found.items()}
    # 27 convolutions, each with its batch norm.
    assert deep["conv1/kernel:0"] == deep["conv1_bn/gamma:0"] == 0.0
    assert deep["conv_dw_1/depthwise_kernel:0"] == pytest.approx(1 / 27)
    assert deep["conv_pw_13/kernel:0"] == deep["conv_pw_13_bn/beta:0"] == pytest.approx(26 / 27)
