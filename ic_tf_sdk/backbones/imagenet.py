"""EfficientNet-Lite with ImageNet weights, converted once into the user's cache."""

from pathlib import Path

from ic_tf_sdk import extras, specs
from ic_tf_sdk.backbones import weights_packages
from ic_tf_sdk.backbones.cache import cached_folder
from ic_tf_sdk.contract import model_info
from ic_tf_sdk.errors import ArchiveError, StorageError
from ic_tf_sdk.specs.model_description import describe

__all__ = ["feature_vector"]

# Another number where a change of the conversion makes other folders of the same weights.
_CONVERSION = 1


def feature_vector(model_id: str) -> Path:
    """The folder of a model to train on: ``1/``, the SavedModel, and ``model_info.json``.

    Args:
        model_id: One of ``weights_packages.PACKAGES``.

    Raises:
        MissingExtraError: The package with its weights, or TensorFlow, is not installed.
        ArchiveError: The package's file is damaged, or of another version.
        StorageError: The cache cannot be written.
    """
    package = weights_packages.PACKAGES[model_id]
    extras.require(package.module)
    name = f"backbones/{model_id}/{package.sha256[:16]}-{_CONVERSION}/training"
    return cached_folder(name, lambda folder: _write(model_id, folder), _verify)


def _write(model_id: str, folder: Path) -> None:
    import tensorflow as tf

    from ic_tf_sdk.backbones import efficientnet_lite, module_file
    from ic_tf_sdk.backbones.torch_checkpoint import read_checkpoint

    package = weights_packages.PACKAGES[model_id]
    checkpoint = package.checkpoint()
    assert checkpoint is not None
    weights = read_checkpoint(checkpoint, sha256=package.sha256)
    size = efficientnet_lite.SIZES[package.network]
    try:
        module_file.save_module(efficientnet_lite.feature_vector(size, weights), folder / "1")
    except tf.errors.OpError as error:
        raise StorageError(f"{folder.parent} cannot be written: {error.message}.") from error
    spec = specs.get(model_id)
    info = describe(
        spec,
        hub_handle=spec.feature_vector_handle,
        feature_vector_size=efficientnet_lite.FEATURES,
    )
    info.recording(folder).write(folder)


def _verify(folder: Path) -> None:
    info = model_info.read(folder)
    if info is None:
        raise ArchiveError(f"{folder} has no {model_info.FILE_NAME}.")
    info.verify(folder)
