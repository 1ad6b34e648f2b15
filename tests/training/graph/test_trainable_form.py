"""The callable form of the exported model; that TF Hub trains it is tested with the export."""

from pathlib import Path

import numpy as np
import tensorflow as tf
import tf_keras

from ic_tf_sdk.training.graph import serving_model
from ic_tf_sdk.training.graph.preprocessing import Preprocessing
from ic_tf_sdk.training.graph.serving_model import ServingModel
from ic_tf_sdk.training.graph.trainable_form import TrainableForm


class Backbone(tf.train.Checkpoint):
    """A module of TF Hub's form with one variable."""

    def __init__(self) -> None:
        super().__init__()
        self.scale = tf.Variable([1.0, 2.0, 3.0])
        self.variables = self.trainable_variables = [self.scale]

    @tf.function(autograph=False)
    def __call__(self, images: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Features float32 [batch, 3], another multiple of them in training."""
        means = tf.reduce_mean(images, axis=(1, 2)) * self.scale
        return means * 2.0 if training else means


def test_it_is_traced_once_for_each_use_of_it_and_saved_with_both(tmp_path: Path) -> None:
    backbone, dense = Backbone(), tf_keras.layers.Dense(2)
    dense.build((None, 3))
    parts = {"backbone": backbone, "kernel": dense.kernel, "bias": dense.bias}
    preprocessing = Preprocessing(4, 4, "bilinear", "0..1")
    form = TrainableForm(preprocessing, **parts)
    form.trace()
    # What is traced early is of the weights that are there when it is called.
    dense.kernel.assign(dense.kernel * 3.0)
    model = ServingModel(
        lambda images: dense(backbone(images)),
        preprocessing,
        ("a", "b"),
        activation="softmax",
        parts=parts,
    )
    form.give_to(model)
    serving_model.save(model, tmp_path / "1")
    # A network would be traced, and written, as often: once in inference and once in training.
    assert model.__call__.experimental_get_tracing_count() == 2

    loaded = tf.saved_model.load(str(tmp_path / "1"))
    images = tf.random.stateless_uniform((2, 4, 4, 3), (1, 2))
    for training in (False, True):
        expected = backbone(images, training=training) @ dense.kernel + dense.bias
        np.testing.assert_allclose(loaded(images, training=training), expected, atol=1e-6)
