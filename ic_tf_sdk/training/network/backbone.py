"""The model of the ``model`` channel, loaded: what a training starts from."""

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ic_tf_sdk.contract import model_archive, model_info, phases
from ic_tf_sdk.contract.model_archive import OpenedModel
from ic_tf_sdk.contract.model_info import ModelInfo
from ic_tf_sdk.errors import ArchiveError
from ic_tf_sdk.training.graph import foreign_classifier, saved_model
from ic_tf_sdk.training.graph.tf1_module import wrapped

__all__ = ["Source", "open_source", "saved_digest"]

_FINE_TUNED = ("backbone", "kernel", "bias")


@dataclass(frozen=True)
class Source:
    """An opened model channel.

    Attributes:
        loaded: A pretrained backbone: a callable of images float32 [batch, height, width, 3] in
            the description's pixel range. Or a fine-tuned model: ``backbone``, likewise, and the
            classification layer's ``kernel`` float32 [features, units] and ``bias`` [units].
        info: The archive's description, or what could be inferred of it.
        digest: SHA-256 of the SavedModel's files, by which it is the same wherever it lies.
    """

    loaded: Any
    info: ModelInfo
    digest: str = ""


@phases.phase("opening")
def open_source(
    channel: Path, single_device: Source | None = None, *, described_by: ModelInfo | None = None
) -> Source:
    """Open a model channel.

    Args:
        channel: Any path that ``model_archive.opened`` takes; in a job it is
            ``/opt/ml/input/data/model``, where SageMaker leaves the archive packed.
        single_device: The same channel, opened on one device, where it is opened for several: what
            takes a run to find out is taken from there.
        described_by: The description of a SavedModel that has none.

    Raises:
        ArchiveError: There is no SavedModel, or not one that can be fine-tuned.
    """
    with model_archive.opened(channel) as model:
        loaded = saved_model.load(model.saved_model, model.name)
        digest = saved_digest(model)
        if model.is_foreign:
            return replace(_foreign(loaded, model, single_device), digest=digest)
        if hasattr(loaded, "label_list") or (model.info and model.info.fine_tuning):
            return Source(loaded, _fine_tuned(loaded, model), digest)
        module = wrapped(loaded)
        info = model.info or described_by or _inferred(module, model.name)
        return Source(module, info, digest)


def saved_digest(model: OpenedModel) -> str:
    """SHA-256 of the files of a SavedModel, by which it is the same wherever it lies.

    Args:
        model: The model; the digests that it records have been checked when it was opened.
    """
    folder = model.saved_model.relative_to(model.root)
    recorded = model.info.files if model.info else {}
    files = {
        Path(name).relative_to(folder).as_posix(): digest
        for name, digest in recorded.items()
        if Path(name).is_relative_to(folder)
    } or dict(model_info.digests(model.saved_model))
    return hashlib.sha256(json.dumps(files, sort_keys=True).encode()).hexdigest()


def _foreign(loaded: Any, model: OpenedModel, single_device: Source | None) -> Source:
    """What another program fine-tuned; with several devices it cannot be run to find out what."""
    if single_device is not None:
        parts = foreign_classifier.parts(loaded, single_device.loaded.places)
        return Source(parts, single_device.info)
    classifier = foreign_classifier.recognise(loaded, model)
    return Source(foreign_classifier.split(classifier), classifier.info())


def _fine_tuned(loaded: Any, model: OpenedModel) -> ModelInfo:
    """The description of a model that this package exported, which fits its SavedModel."""
    parts = [name for name in _FINE_TUNED if not hasattr(loaded, name)]
    if "backbone" in parts and hasattr(loaded, "label_list"):
        raise ArchiveError(
            f"{model.name} is an archive for inference; it cannot be trained. Give the one for "
            "training, train-MODEL_ID.tar.gz (`model_uris.retrieve(..., "
            "model_scope='training')`)."
        )
    if parts:
        raise ArchiveError(
            f"{model.name} is described as fine-tuned, and its SavedModel has no "
            f"{' and no '.join(parts)}, as those of this package have. Take the archive as it was "
            "written."
        )
    if model.info is None or model.info.fine_tuning is None:
        raise ArchiveError(
            f"{model.name} is the SavedModel of a fine-tuned model without the "
            f"{model_info.FILE_NAME} that lies beside it in its model.tar.gz; give that archive, "
            "or the folder that it was unpacked into."
        )
    saved_model.check_outputs(loaded.kernel.shape[-1], model.info.fine_tuning.labels, model.name)
    return model.info


def _inferred(module: Any, name: Path) -> ModelInfo:
    """What a SavedModel without ``model_info.json`` says of itself: its fixed input size.

    The pixel range is then the 0..1 of TF Hub's common image API.
    """
    signature = getattr(module, "signatures", {}).get("serving_default")
    inputs = signature.structured_input_signature[1].values() if signature else ()
    sizes = [spec.shape for spec in inputs if spec.shape.rank == 4 and spec.shape[-1] == 3]
    if len(sizes) != 1 or None in sizes[0][1:]:
        raise ArchiveError(
            f"{name} has no {model_info.FILE_NAME} and its SavedModel no fixed image size, so the "
            "input size is not known. Name the model id that it belongs to."
        )
    return ModelInfo(
        kind="pretrained",
        model_id=name.name,
        model_version="0",
        input_height=sizes[0][1],
        input_width=sizes[0][2],
        pixel_range="0..1",
    )
