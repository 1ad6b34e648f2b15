"""Pretrained archives: a TF Hub module, checked against the catalogue and packed for a job."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from ic_tf_sdk.backbones import module_check
from ic_tf_sdk.content import archive_file
from ic_tf_sdk.contract import archive, model_archive
from ic_tf_sdk.specs.model_description import describe

if TYPE_CHECKING:
    from ic_tf_sdk.specs.model_spec import ModelSpec

__all__ = ["build"]


def build(spec: "ModelSpec", source: str | Path, target: str | Path, *, handle: str | None) -> Path:
    """Check a feature-vector module and pack it as the archive that a job's model channel takes.

    Args:
        spec: The model that it is to be.
        source: Any path that ``model_archive.opened`` takes, for example a ``.tar.gz`` as TF Hub
            serves it.
        target: The archive to write: ``1/`` and ``model_info.json``. It appears when complete.
        handle: The TF Hub address that the module came from, for the record.

    Returns:
        ``target``.

    Raises:
        ArchiveError: It does not load, or is not the model that the spec describes.
        StorageError: It cannot be written, as on a full disk.
    """
    target = Path(target)
    with archive_file.writing(target) as path:
        content = path.parent / "content"
        with model_archive.opened(source, scratch=path.parent) as model:
            width = module_check.opened_backbone_width(model, spec)
            shutil.copytree(model.saved_model, content / "1")
        info = describe(spec, hub_handle=handle, feature_vector_size=width)
        info.recording(content).write(content)
        archive.pack(content, path)
    return target
