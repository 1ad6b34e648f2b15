"""Where the model that a job starts from lies: a model id or a path, told apart."""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from ic_tf_sdk import s3, specs
from ic_tf_sdk.backbones import at_hand, weights_packages
from ic_tf_sdk.contract import model_archive
from ic_tf_sdk.contract.evaluation_record import EvaluationRecord
from ic_tf_sdk.contract.model_info import ModelInfo
from ic_tf_sdk.errors import ArchiveError
from ic_tf_sdk.specs.model_description import describe

if TYPE_CHECKING:
    from ic_tf_sdk.specs.model_spec import ModelSpec

__all__ = ["ModelSource", "locate"]


class ModelSource(BaseModel):
    """A model on this machine.

    Attributes:
        path: A model archive, or the folder of a SavedModel.
        model_id: Its id in the catalogue, or the name it gives itself.
        described_by: The description to put beside a SavedModel that has none, as AWS's archives
            have none.
        trained_with: Hyperparameters of the run that fine-tuned it; empty for a pretrained one.
        is_fine_tuned: Whether it has classes of a training, of another program's too.
        evaluation: How good it was when it was trained; None where that is not recorded.
    """

    model_config = ConfigDict(frozen=True, protected_namespaces=())

    path: Path
    model_id: str
    described_by: ModelInfo | None = None
    trained_with: dict[str, str] = Field(default_factory=dict, exclude=True)
    is_fine_tuned: bool = Field(default=False, exclude=True)
    evaluation: EvaluationRecord | None = Field(None, exclude=True)


def locate(
    model: str | Path, *, model_id: str | None = None, models: str | Path | None = None
) -> ModelSource:
    """Find the model that a job starts from.

    Args:
        model: A path, or a model id of the catalogue whose weights are at hand.
        model_id: The id of a SavedModel folder that does not describe itself.
        models: Folder of ``ic-tf mirror``.

    Raises:
        UserError: It lies in S3.
        ArchiveError: There is nothing usable at the path, or the id's weights are not here.
        UnknownModelError: Neither a path nor a model id.
    """
    s3.require_local(model, instead="LocalEstimator fetches it from there.")
    path = model_archive.existing(model)
    return _of_catalogue(str(model), models) if path is None else _at_path(path, model_id)


def _at_path(path: Path, model_id: str | None) -> ModelSource:
    model = model_archive.preview(path)
    if model.info is not None:
        earlier = model.info.fine_tuning
        return ModelSource(
            path=path,
            model_id=model.info.model_id,
            trained_with=dict(earlier.hyperparameters) if earlier else {},
            is_fine_tuned=earlier is not None,
            evaluation=earlier.evaluation if earlier else None,
        )
    model_id = model_id or _model_id_of(model.path)
    if model_id is None or model.is_foreign:
        # Training reads the input size off the SavedModel's signature, where it is fixed.
        return ModelSource(path=path, model_id=path.name, is_fine_tuned=model.is_foreign)
    return ModelSource(path=path, model_id=model_id, described_by=_described(model_id))


def _model_id_of(path: Path) -> str | None:
    """The model id in the file name ``train-<model id>.tar.gz``, which AWS's archives have too."""
    named = re.fullmatch(r"train-(tensorflow-ic-.+)\.tar\.gz", path.name)
    return named[1] if named and named[1] in specs.model_ids() else None


def _described(model_id: str) -> ModelInfo:
    spec = specs.get(model_id)
    return describe(
        spec,
        hub_handle=spec.feature_vector_handle,
        feature_vector_size=spec.feature_vector_size,
    )


def _of_catalogue(model_id: str, models: str | Path | None) -> ModelSource:
    spec = specs.get(model_id)
    backbone = at_hand.find(model_id, models=models)
    if backbone is None:
        raise ArchiveError(_nowhere(spec, models))
    return ModelSource(path=backbone.path(), model_id=model_id, described_by=backbone.description())


def _nowhere(spec: "ModelSpec", models: str | Path | None) -> str:
    model_id = spec.alias_of or spec.model_id
    folder = "" if models is None else f", nor in {models}"
    extra = weights_packages.advice(model_id)
    first = f"{extra} Or have" if extra else "Have"
    return (
        f"The weights of {spec.model_id!r} are not part of this package and not in the cache"
        f"{folder}. {first} `ic-tf fit` fetch them (--download); or run "
        f"`ic-tf mirror {model_id} --to FOLDER --scope training` and give that folder (--models); "
        f"or give the folder of the SavedModel {spec.feature_vector_handle} as the model, with "
        "this model id. `ic-tf models --available` lists what is at hand."
    )
