"""A package's checkpoint written as the content of a model archive: to train on, or to serve.

``imagenet`` calls it in a process of its own.
"""

from pathlib import Path
from typing import Any

import tensorflow as tf

from ic_tf_sdk import specs
from ic_tf_sdk.backbones import efficientnet_lite, module_file, served_classifier, weights_packages
from ic_tf_sdk.backbones.imagenet_names import imagenet_names
from ic_tf_sdk.backbones.torch_checkpoint import read_checkpoint
from ic_tf_sdk.errors import StorageError
from ic_tf_sdk.specs.model_description import describe

__all__ = ["write"]


def write(model_id: str, scope: str, folder: str) -> None:
    """Write ``1/`` and ``model_info.json``; for serving the handler, too.

    Args:
        model_id: One of ``weights_packages.PACKAGES``.
        scope: ``training``, the features, or ``inference``, the classifier with its labels.
        folder: An empty one.

    Raises:
        ArchiveError: The package's file is damaged, or of another version.
        StorageError: The folder cannot be written.
    """
    try:
        (_write_backbone if scope == "training" else _write_classifier)(model_id, Path(folder))
    except tf.errors.OpError as error:
        raise StorageError(f"{folder} cannot be written: {error.message}.") from error


def _write_backbone(model_id: str, folder: Path) -> None:
    network = efficientnet_lite.feature_vector(*_weights(model_id))
    module_file.save_module(network, folder / "1")
    spec, width = specs.get(model_id), efficientnet_lite.FEATURES
    info = describe(spec, hub_handle=spec.feature_vector_handle, feature_vector_size=width)
    info.recording(folder).write(folder)


def _write_classifier(model_id: str, folder: Path) -> None:
    module = module_file.Module(efficientnet_lite.classifier(*_weights(model_id)))
    spec = specs.get(model_id)
    served_classifier.write(module, spec, imagenet_names(), folder)
    info = describe(spec, hub_handle=spec.classification_handle)
    info.recording(folder).write(folder)


def _weights(model_id: str) -> tuple[efficientnet_lite.Size, Any]:
    package = weights_packages.PACKAGES[model_id]
    checkpoint = package.checkpoint()
    assert checkpoint is not None
    arrays = read_checkpoint(checkpoint, sha256=package.sha256)
    return efficientnet_lite.SIZES[package.network], arrays
