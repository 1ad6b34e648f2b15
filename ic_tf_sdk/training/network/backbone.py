"""The feature-vector SavedModel of the ``model`` channel, as a Keras layer."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf

from ic_tf_sdk.contract import archive_kind, model_info
from ic_tf_sdk.contract.archive import extract
from ic_tf_sdk.contract.model_info import ModelInfo
from ic_tf_sdk.errors import ArchiveError
from ic_tf_sdk.training.graph import foreign_classifier
from ic_tf_sdk.training.graph.tf1_module import load_tags, wrapped

__all__ = ["Source", "open_source"]


@dataclass(frozen=True)
class Source:
    """An opened model channel.

    Attributes:
        loaded: What ``tf.saved_model.load`` returned.
        info: The archive's description, or what could be inferred of it.
        folder: The SavedModel's folder.
    """

    loaded: Any
    info: ModelInfo
    folder: Path


def open_source(channel: Path, twin: Source | None = None) -> Source:
    """Open a model channel: an archive, a folder that holds one, or an unpacked SavedModel.

    Args:
        channel: ``/opt/ml/input/data/model`` in a job, where SageMaker leaves the archive packed.
        twin: The same channel, opened on one device, where it is opened for several: what takes a
            run to find out is taken from there.

    Raises:
        ArchiveError: There is no SavedModel, or not one that can be fine-tuned.
    """
    if not channel.exists():
        raise ArchiveError(f"The model {channel} does not exist; give an archive or a SavedModel.")
    if channel.is_file():
        archive_kind.refuse_other_files(channel)
        return _open_archive(channel, twin)
    folders = _saved_models(channel)
    archives = sorted(path for path in channel.iterdir() if path.name.endswith((".tar.gz", ".tgz")))
    if not folders and len(archives) == 1:
        return _open_archive(archives[0], twin)
    return _open_folder(channel, folders, channel, twin)


def _open_archive(archive: Path, twin: Source | None) -> Source:
    # Variables are read into memory by the load, so the unpacked copy need not outlive it.
    with tempfile.TemporaryDirectory(prefix="ic-tf-model-") as temporary:
        unpacked = Path(temporary) / "model"
        extract(archive, unpacked)
        return _open_folder(unpacked, _saved_models(unpacked), archive, twin)


def _saved_models(folder: Path) -> list[Path]:
    return sorted(path.parent for path in folder.rglob("saved_model.pb"))


def _open_folder(folder: Path, found: list[Path], name: Path, twin: Source | None) -> Source:
    if not found:
        raise archive_kind.no_saved_model(folder, name)
    if len(found) > 1:
        raise ArchiveError(f"{name} holds {len(found)} SavedModels (folders with saved_model.pb).")
    described = model_info.read(folder) or model_info.read(found[0])
    if described is not None:
        described.verify(folder)
    try:
        loaded = wrapped(tf.saved_model.load(str(found[0]), tags=load_tags(found[0])))
    except (OSError, ValueError, KeyError, tf.errors.OpError) as error:
        raise ArchiveError(f"The SavedModel in {name} cannot be loaded: {error}") from error
    if described is None and foreign_classifier.is_there(folder):
        return _foreign(loaded, found[0], folder, name, twin)
    if hasattr(loaded, "label_list") and not hasattr(loaded, "backbone"):
        raise ArchiveError(
            f"{name} is an archive for inference; it cannot be trained. Give the one for training, "
            "train-MODEL_ID.tar.gz (`model_uris.retrieve(..., model_scope='training')`)."
        )
    return Source(loaded, described or _inferred(loaded, name), found[0])


def _foreign(
    loaded: Any, saved_model: Path, folder: Path, name: Path, twin: Source | None
) -> Source:
    """What another program fine-tuned; with several devices it cannot be run to find out what."""
    if twin is not None:
        parts = foreign_classifier.parts(loaded, twin.loaded.places)
        return Source(parts, twin.info, saved_model)
    classifier = foreign_classifier.recognise(loaded, saved_model, folder, name)
    return Source(foreign_classifier.split(classifier), classifier.info(), saved_model)


def _inferred(loaded: Any, name: Path) -> ModelInfo:
    """What a SavedModel without ``model_info.json`` says of itself: its fixed input size.

    The pixel range is then the 0..1 of TF Hub's common image API.
    """
    signature = getattr(loaded, "signatures", {}).get("serving_default")
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
