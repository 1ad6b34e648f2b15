"""Where the pretrained archives inside the package lie."""

from importlib import resources
from pathlib import Path

from ic_tf_sdk.enums import Scope
from ic_tf_sdk.errors import UnknownModelError, nearest

__all__ = ["MODEL_IDS", "archive_path"]

MODEL_IDS = ("tensorflow-ic-embedded-formulanet-96",)
"""The catalogue's ids of the models that ship inside the package."""

_PREFIXES = {"training": "train", "inference": "infer"}


def archive_path(model_id: str, scope: Scope = "training") -> Path:
    """The pretrained archive of an embedded model: ``1/`` (SavedModel) and ``model_info.json``.

    Args:
        model_id: One of ``MODEL_IDS``.
        scope: ``"training"`` for the backbone, ``"inference"`` for the classifier of its own
            formula classes, with the serving signature, labels and handler.

    Returns:
        A ``.tar.gz`` file inside the installed package; read it, never write to it.

    Raises:
        UnknownModelError: No embedded model has this id.

    Example:
        >>> archive_path("tensorflow-ic-embedded-formulanet-96").name
        'train-tensorflow-ic-embedded-formulanet-96.tar.gz'
    """
    if model_id not in MODEL_IDS:
        raise UnknownModelError(model_id, nearest(str(model_id), MODEL_IDS))
    name = f"{_PREFIXES[scope]}-{model_id}.tar.gz"
    # Wheels are unpacked when installed, so the resource is a file with a path.
    with resources.as_file(resources.files(__package__) / name) as path:
        return path
