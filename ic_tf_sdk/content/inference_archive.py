"""Inference archives of pretrained models: TF Hub's classifier, served without any training."""

from pathlib import Path
from typing import TYPE_CHECKING

from ic_tf_sdk.content import saved_model
from ic_tf_sdk.errors import StorageError
from ic_tf_sdk.inference import pretrained

if TYPE_CHECKING:
    from ic_tf_sdk.specs.model_spec import ModelSpec

__all__ = ["build"]


def build(
    spec: "ModelSpec",
    source: str | Path,
    target: str | Path,
    *,
    labels: str | Path,
    handle: str | None,
) -> Path:
    """Check a classifier and pack it as the archive that an endpoint takes.

    Args:
        spec: The model that it is to be.
        source: Folder of its SavedModel, or a ``.tar`` or ``.tar.gz`` of one, as TF Hub serves it.
        target: The archive to write, see ``inference.pretrained.wrap``. It appears when complete.
        labels: The label file.
        handle: Where the module came from, for the record.

    Returns:
        ``target``.

    Raises:
        ArchiveError: It does not load, or is no classifier of the spec's images.
        UserError: The label file does not fit its outputs.
        StorageError: It cannot be written, as on a full disk.
    """
    import tensorflow as tf

    target = Path(target)
    with saved_model.writing(target) as scratch:
        saved_model.place(Path(source), scratch / "content" / "module")
        try:
            packed = pretrained.wrap(
                scratch / "content" / "module",
                spec=spec,
                labels=labels,
                output=scratch / target.name,
                handle=handle,
            )
        except tf.errors.OpError as error:
            # The module has been loaded and tried: what fails is to write, as on a full disk.
            raise StorageError(f"{target} cannot be written: {error.message}.") from error
        packed.replace(target)
    return target
