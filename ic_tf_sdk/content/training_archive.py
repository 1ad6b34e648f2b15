"""Pretrained archives: a TF Hub module, checked against the catalogue and packed for a job."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ic_tf_sdk.content import saved_model
from ic_tf_sdk.contract import archive
from ic_tf_sdk.errors import ArchiveError
from ic_tf_sdk.specs.model_description import describe

if TYPE_CHECKING:
    from ic_tf_sdk.specs.model_spec import ModelSpec

__all__ = ["archive_name", "build"]


def archive_name(spec: "ModelSpec") -> str:
    """The file name of a model's pretrained archive; an alias has that of its model."""
    return f"train-{spec.alias_of or spec.model_id}.tar.gz"


def build(spec: "ModelSpec", source: str | Path, target: str | Path, *, handle: str | None) -> Path:
    """Check a feature-vector module and pack it as the archive that a job's model channel takes.

    Args:
        spec: The model that it is to be.
        source: Folder of its SavedModel, or a ``.tar`` or ``.tar.gz`` of one, as TF Hub serves it.
        target: The archive to write: ``1/`` and ``model_info.json``. It appears when complete.
        handle: Where the module came from, for the record.

    Returns:
        ``target``.

    Raises:
        ArchiveError: It does not load, or is not the model that the spec describes.
        StorageError: It cannot be written, as on a full disk.
    """
    target = Path(target)
    with saved_model.writing(target) as scratch:
        content = scratch / "content"
        content.mkdir()
        saved_model.place(Path(source), content / "1")
        width = _check(spec, content / "1")
        info = describe(spec, hub_handle=handle, feature_vector_size=width)
        info.recording(content).write(content)
        archive.pack(content, target)
    return target


def _check(spec: "ModelSpec", folder: Path) -> int:
    """Load the module and send a black picture of the spec's size through it.

    Returns:
        Its feature size.
    """
    import tensorflow as tf

    try:
        loaded = tf.saved_model.load(str(folder))
        features = _features(loaded, tf.zeros([1, spec.input_height, spec.input_width, 3]))
    except (OSError, ValueError, KeyError, TypeError, tf.errors.OpError) as error:
        if isinstance(error, ArchiveError):
            raise
        first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ArchiveError(
            f"The module is not {spec.model_id}: a picture of {spec.input_height} x "
            f"{spec.input_width} pixels does not pass it ({first[:200]})."
        ) from error
    shape = features.shape.as_list()
    if len(shape) != 2 or spec.feature_vector_size not in (None, shape[-1]):
        raise ArchiveError(
            f"The module is not the feature vector of {spec.model_id}: its output has shape "
            f"{shape}, not [1, {spec.feature_vector_size or 'features'}]."
            + (f" Take {spec.feature_vector_handle}." if spec.feature_vector_handle else "")
        )
    return int(shape[-1])


def _features(loaded: Any, images: Any) -> Any:
    from ic_tf_sdk.training.graph.hub_module import feature_vector, hub_layer

    if callable(loaded):
        return feature_vector(hub_layer(loaded, trainable=False)(images))
    # A TF1 module is used by its signature.
    signatures = loaded.signatures
    for name in ("image_feature_vector", "default"):
        if name in signatures:
            outputs = signatures[name](images)
            return outputs["default"] if "default" in outputs else next(iter(outputs.values()))
    raise ArchiveError("The SavedModel has neither a callable form nor TF Hub's signatures.")
