"""Variables and batch norms become constants, wherever that leaves the result what it was."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

SHAPE = (None, 12, 12, 3)
NORM = "FusedBatchNormV3"


def folded(build: Callable[[Any], Any]) -> tuple[Counter[str], float]:
    """The operations of the folded graph, and how far its results are from the function's own."""
    import tensorflow as tf

    from ic_tf_sdk.training.graph.constant_graph import constant_graph

    function = tf.function(build, input_signature=[tf.TensorSpec(SHAPE)]).get_concrete_function()
    constant = constant_graph(function)
    images = tf.random.stateless_uniform((5, *SHAPE[1:]), [1, 2])
    expected, found = function(images), constant(images)
    distance = max(
        float(np.abs(one - other).max())
        for one, other in zip(tf.nest.flatten(expected), found, strict=True)
    )
    return Counter(node.op for node in constant.graph.as_graph_def().node), distance


def layer(kind: str, *arguments: Any, **options: Any) -> Any:
    """A Keras layer with nothing left at a neutral value."""
    import tf_keras

    made = getattr(tf_keras.layers, kind)(*arguments, **options)
    made.build(SHAPE)
    return randomised(made)


def randomised(made: Any) -> Any:
    random = np.random.default_rng(7)
    made.set_weights([random.uniform(0.5, 1.5, w.shape) for w in made.get_weights()])
    return made


def norm(channels: int) -> Any:
    import tf_keras

    made = tf_keras.layers.BatchNormalization()
    made.build((None, None, None, channels))
    return randomised(made)


@pytest.mark.parametrize("multiplier", [1, 3])
def test_a_batch_norm_goes_into_the_convolution_before_it(multiplier: int) -> None:
    depthwise = layer("DepthwiseConv2D", 3, depth_multiplier=multiplier, use_bias=False)
    plain = layer("Conv2D", 4, 3, use_bias=False)
    first, second = norm(3 * multiplier), norm(4)
    operations, distance = folded(lambda images: first(depthwise(images), training=False))
    assert (operations[NORM], operations["BiasAdd"]) == (0, 1)
    assert distance < 1e-4
    operations, distance = folded(lambda images: second(plain(images), training=False))
    assert (operations[NORM], operations["BiasAdd"]) == (0, 1)
    assert distance < 1e-4
    assert not {"VarHandleOp", "ReadVariableOp"} & set(operations)


def test_a_batch_norm_is_folded_inside_a_function_that_waits_for_its_input() -> None:
    import tensorflow as tf

    convolution, after = layer("Conv2D", 4, 3, use_bias=False), norm(4)
    network = tf.function(lambda images: after(convolution(images), training=False))
    operations, distance = folded(lambda images: network(images / 255.0))
    assert (operations[NORM], operations["BiasAdd"]) == (0, 1)
    assert distance < 1e-4


def test_a_batch_norm_stays_where_folding_would_change_what_others_see() -> None:
    import tensorflow as tf

    convolution, biased = layer("Conv2D", 4, 3, use_bias=False), layer("Conv2D", 4, 3)
    on_images, on_four = norm(3), norm(4)

    def read_twice(images: Any) -> Any:
        found = convolution(images)
        return on_four(found, training=False) + found

    def returned(images: Any) -> Any:
        found = convolution(images)
        return on_four(found, training=False), found

    def by_batch(found: Any) -> Any:
        empty = np.zeros(0, np.float32)
        return tf.raw_ops.FusedBatchNormV3(
            x=found, scale=[1.0] * 4, offset=[0.5] * 4, mean=empty, variance=empty, is_training=True
        ).y

    for build in (
        read_twice,
        returned,
        lambda images: on_images(images, training=False),
        lambda images: on_four(biased(images), training=False),
        # Statistics of the batch are no constants.
        lambda images: by_batch(convolution(images)),
    ):
        operations, distance = folded(build)
        assert operations[NORM] == 1
        assert distance < 1e-4


@pytest.mark.parametrize("epsilon", [1e-6, 1e-5, 1e-3])
def test_a_layer_norm_keeps_its_epsilon(epsilon: float) -> None:
    """The rows differ less than by 0.001, which oneDNN takes for the epsilon of any of them."""
    import tensorflow as tf
    import tf_keras

    made = tf_keras.layers.LayerNormalization(epsilon=epsilon)
    made.build((None, 12, 36))
    made = randomised(made)
    _, distance = folded(lambda images: made(tf.reshape(images * 0.05, [-1, 12, 36])))
    assert distance < 1e-5


def test_one_weight_of_two_convolutions_is_scaled_for_each_alone() -> None:
    convolution, first, second = layer("Conv2D", 4, 3, use_bias=False), norm(4), norm(4)
    second.set_weights([2 * weight for weight in second.get_weights()])

    def build(images: Any) -> Any:
        left = first(convolution(images), training=False)
        return left, second(convolution(-images), training=False)

    operations, distance = folded(build)
    assert operations[NORM] == 0
    assert distance < 1e-4


def test_nothing_is_left_but_what_the_result_is_computed_from() -> None:
    convolution, after = layer("Conv2D", 4, 3, use_bias=False), norm(4)
    operations, _ = folded(lambda images: after(convolution(images), training=False))
    del operations["Identity"], operations["NoOp"]
    assert operations == {"Placeholder": 2, "Const": 2, "Conv2D": 1, "BiasAdd": 1}


def test_branches_and_loops_stay_what_they_are() -> None:
    import tensorflow as tf

    convolution, after = layer("Conv2D", 3, 3, padding="same", use_bias=False), norm(3)

    def build(images: Any) -> Any:
        def step(found: Any) -> tuple[Any]:
            return (after(convolution(found), training=False) / 100.0,)

        (found,) = tf.while_loop(lambda found: tf.reduce_max(found) > 0.01, step, [images])
        return tf.cond(tf.reduce_sum(images) > 1.0, lambda: found + 1.0, lambda: found * 2.0)

    _, distance = folded(build)
    assert distance < 1e-4


@pytest.mark.parametrize("passes_on", [False, True])
def test_a_check_that_a_result_waits_for_is_still_made(passes_on: bool) -> None:
    import tensorflow as tf

    from ic_tf_sdk.training.graph.constant_graph import constant_graph

    convolution = layer("Conv2D", 4, 3)

    @tf.function(input_signature=[tf.TensorSpec(SHAPE)])
    def build(images: Any) -> Any:
        check = tf.debugging.assert_less(images, 1.5, message="not in 0 to 1")
        with tf.control_dependencies([check]):
            if not passes_on:
                return convolution(images)
            checked = tf.identity(images)
        return convolution(checked)

    constant = constant_graph(build.get_concrete_function())
    constant(tf.ones((1, *SHAPE[1:])))
    with pytest.raises(tf.errors.InvalidArgumentError, match="not in 0 to 1"):
        constant(2 * tf.ones((1, *SHAPE[1:])))


def test_a_check_between_a_convolution_and_its_batch_norm_is_still_made() -> None:
    import tensorflow as tf

    from ic_tf_sdk.training.graph.constant_graph import constant_graph

    convolution, after = layer("Conv2D", 4, 3, use_bias=False), norm(4)

    @tf.function(input_signature=[tf.TensorSpec(SHAPE)])
    def build(images: Any) -> Any:
        check = tf.debugging.assert_less(images, 1.5, message="not in 0 to 1")
        found = convolution(images)
        with tf.control_dependencies([check]):
            checked = tf.identity(found)
        return after(checked, training=False)

    constant = constant_graph(build.get_concrete_function())
    constant(tf.ones((1, *SHAPE[1:])))
    with pytest.raises(tf.errors.InvalidArgumentError, match="not in 0 to 1"):
        constant(2 * tf.ones((1, *SHAPE[1:])))
