"""Where the model that a job starts from lies: a model id or a path, told apart."""

import json
import re
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from ic_tf_sdk import embedded, specs
from ic_tf_sdk.contract import archive, archive_kind, model_info, output_files
from ic_tf_sdk.contract.model_info import ModelInfo
from ic_tf_sdk.errors import ArchiveError

__all__ = ["ModelSource", "locate"]


class ModelSource(BaseModel):
    """A model on this machine.

    Attributes:
        path: A model archive, or the folder of a SavedModel.
        model_id: Its id in the catalogue, or the name it gives itself.
        described_by: The description to put beside a SavedModel that has none, as AWS's archives
            have none.
    """

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    path: Path
    model_id: str
    described_by: ModelInfo | None = None


def locate(model: str | Path, *, model_id: str | None = None) -> ModelSource:
    """Find the model that a job starts from.

    Args:
        model: A path, or a model id of the catalogue whose weights this package holds.
        model_id: The id of a SavedModel folder that does not describe itself.

    Raises:
        ArchiveError: There is nothing usable at the path, or the id's weights are not here.
        UnknownModelError: Neither a path nor a model id.
    """
    path = Path(model)
    if path.exists():
        return _at_path(path, model_id)
    if len(path.parts) > 1 or path.suffix in (".gz", ".tgz", ".tar"):
        raise ArchiveError(f"The model {model} does not exist; give an archive or a SavedModel.")
    return _of_catalogue(str(model))


def _at_path(path: Path, model_id: str | None) -> ModelSource:
    info = _description(path)
    if info is not None:
        return ModelSource(path=path, model_id=info.model_id)
    archive_kind.refuse_other_files(path)
    model_id = model_id or _model_id_of(path)
    if model_id is None or _has_labels(path):
        # Training reads the input size off the SavedModel's signature, where it is fixed.
        return ModelSource(path=path, model_id=path.name)
    return ModelSource(path=path, model_id=model_id, described_by=_described(model_id))


def _model_id_of(path: Path) -> str | None:
    """The model id in the file name ``train-<model id>.tar.gz``, which AWS's archives have too."""
    found = re.fullmatch(r"train-(tensorflow-ic-.+)\.tar\.gz", path.name)
    return found[1] if found and found[1] in specs.model_ids() else None


def _has_labels(path: Path) -> bool:
    """Whether it is a fine-tuned classifier of another program; training finds out what it is."""
    name = output_files.LABELS_FILE
    if path.is_dir():
        return (path / name).is_file()
    return archive.read_member(path, name) is not None


def _description(path: Path) -> ModelInfo | None:
    if path.is_dir():
        return model_info.read(path)
    content = archive.read_member(path, model_info.FILE_NAME)
    if content is None:
        return None
    try:
        return ModelInfo.model_validate(json.loads(content))
    except (ValidationError, ValueError) as error:
        raise ArchiveError(f"{path} has a {model_info.FILE_NAME} that cannot be read.") from error


def _described(model_id: str) -> ModelInfo:
    spec = specs.get(model_id)
    return ModelInfo(
        kind="pretrained",
        model_id=spec.model_id,
        model_version=spec.version,
        input_height=spec.input_height,
        input_width=spec.input_width,
        pixel_range=spec.pixel_range,
        feature_vector_size=spec.feature_vector_size,
        hub_handle=spec.feature_vector_handle,
    )


def _of_catalogue(model_id: str) -> ModelSource:
    spec = specs.get(model_id)
    if spec.embedded_archive is None:
        raise ArchiveError(
            f"The weights of {model_id!r} are not part of this package. Download the SavedModel "
            f"{spec.feature_vector_handle} and give its folder as the model, with this model id; "
            f"or use an embedded model, whose id begins with 'tensorflow-ic-embedded-'."
        )
    return ModelSource(path=embedded.archive_path(model_id), model_id=model_id)
