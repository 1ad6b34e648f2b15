"""The one opener of models: what lies at a path, checked as far as that needs no TensorFlow.

A model is a SavedModel, by itself or beside its description and its labels::

    model.tar.gz, or the folder it was unpacked into
        1/saved_model.pb                          the SavedModel; of several numbers the newest
        class_label_to_prediction_index.json      class name -> index
        model_info.json                           what all of it is, with digests

Training, serving, conversion and mirroring open it here, so that the same path has the same answer
at each door, or the same refusal.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ic_tf_sdk.contract import archive, archive_kind, model_info, model_labels
from ic_tf_sdk.contract.model_info import ModelInfo
from ic_tf_sdk.contract.output_files import LABELS_FILE
from ic_tf_sdk.contract.scratch_folder import scratch_folder
from ic_tf_sdk.errors import ArchiveError

__all__ = ["ModelPreview", "OpenedModel", "existing", "opened", "preview", "trained_labels"]

logger = logging.getLogger(__name__)

_ARCHIVES = (".tar", ".tar.gz", ".tgz")
_MODEL_ARCHIVE = "model.tar.gz"
_GRAPH = "saved_model.pb"


@dataclass(frozen=True)
class OpenedModel:
    """A model whose files are at hand.

    Attributes:
        root: The folder that the description's paths begin at.
        saved_model: The folder of the SavedModel, ``root`` or below it.
        info: The description; None where there is none, as in archives of other programs.
        labels: Class names by class index; None where none are recorded.
        name: The path that the user gave.
    """

    root: Path
    saved_model: Path
    info: ModelInfo | None
    labels: tuple[str, ...] | None
    name: Path

    @property
    def is_foreign(self) -> bool:
        """Whether it is a fine-tuned classifier of another program: labels and no description."""
        return self.info is None and (self.root / LABELS_FILE).is_file()


@dataclass(frozen=True)
class ModelPreview:
    """A model as far as it is known without unpacking it.

    Attributes:
        path: The archive, or the folder that holds the SavedModel.
        info: The description, where there is one.
        is_foreign: See ``OpenedModel``.
    """

    path: Path
    info: ModelInfo | None
    is_foreign: bool


def existing(model: str | Path) -> Path | None:
    """The path that a user's word for a model names; None where it may be a model id.

    Args:
        model: A path or a model id.

    Raises:
        ArchiveError: It is a path, and nothing is there.
    """
    path = Path(model)
    if path.exists():
        return path
    if len(path.parts) > 1 or path.suffix in (".gz", ".tgz", ".tar", ".onnx"):
        raise _missing(path)
    return None


def _missing(path: Path) -> ArchiveError:
    return ArchiveError(
        f"The model {path} does not exist; give a model.tar.gz or a SavedModel's folder."
    )


def preview(path: Path) -> ModelPreview:
    """Look at a model without unpacking it.

    Args:
        path: See ``opened``.

    Raises:
        ArchiveError: See ``opened``; what is found out by reading all files is not.
    """
    packed = _archive_at(path)
    if packed is None:
        root, _ = _places(path, path)
        info, labelled = model_info.read(root), (root / LABELS_FILE).is_file()
    else:
        info, labelled = _look_into(packed)
    return ModelPreview(packed or path, info, info is None and labelled)


def trained_labels(path: Path) -> tuple[str, ...]:
    """The classes that a model was fine-tuned to, by class index; empty for a pretrained one.

    Args:
        path: See ``opened``. The archive of another program is unpacked to look.

    Raises:
        ArchiveError: See ``opened``.
    """
    model = preview(path)
    if model.is_foreign:
        with opened(path) as unpacked:
            return unpacked.labels or ()
    trained = None if model.info is None else model.info.fine_tuning
    return () if trained is None else trained.labels


def _look_into(packed: Path) -> tuple[ModelInfo | None, bool]:
    """The description of a packed model, and whether labels lie where it lies, or would.

    By the rule of ``_places``: another description, elsewhere in the archive, is none of it.
    """
    names = {Path(name) for name in archive.file_names(packed, until=model_info.FILE_NAME)}
    root = Path()
    graphs = sorted(name.parent for name in names if name.name == _GRAPH and not _is_hidden(name))
    # A description at the top, behind which nothing was looked for, is that of the whole.
    if Path(model_info.FILE_NAME) not in names and graphs:
        saved_model = _newest(graphs, root, packed)
        root = _root(saved_model, root, lambda place: bool(_descriptions(place) & names)) or root
    content = archive.read_member(packed, (root / model_info.FILE_NAME).as_posix())
    info = None if content is None else model_info.parse(content, packed)
    return info, root / LABELS_FILE in names


@contextmanager
def opened(path: str | Path, *, scratch: Path | None = None) -> Iterator[OpenedModel]:
    """Open a model; an archive is unpacked for as long as the context lasts.

    Args:
        path: A model archive (``.tar``, ``.tar.gz``, ``.tgz``), the folder that one was unpacked
            into, a SavedModel's folder, a folder with one SavedModel somewhere below it or with
            several in numbered folders side by side, or a folder that holds one archive, as a job's
            channel and the output of a job do.
        scratch: The folder to unpack in; None takes the system's for temporary files.

    Yields:
        The model: its files are those that its description records, its labels are text and as
        many as its description says.

    Raises:
        ArchiveError: There is no such model, or it contradicts itself.

    Example:
        >>> from ic_tf_sdk import embedded
        >>> with opened(embedded.archive_path(embedded.MODEL_IDS[0])) as model:
        ...     model.saved_model.name, model.info.input_height, model.labels
        ('1', 96, None)
    """
    name = Path(path)
    packed = _archive_at(name)
    if packed is None:
        yield _checked(*_places(name, name), name)
        return
    with scratch_folder("model", parent=scratch) as temporary:
        unpacked = temporary / "model"
        archive.extract(packed, unpacked)
        yield _checked(*_places(unpacked, packed), packed)


def _archive_at(path: Path) -> Path | None:
    """The archive that a path is or holds; None where it is a folder with a SavedModel."""
    if not path.exists():
        raise _missing(path)
    if path.is_file():
        archive_kind.refuse_other_files(path)
        return path
    if _saved_models(path):
        return None
    archives = sorted(item for item in path.iterdir() if item.name.endswith(_ARCHIVES))
    if path / _MODEL_ARCHIVE in archives:
        # Beside it SageMaker leaves the reports as output.tar.gz.
        return path / _MODEL_ARCHIVE
    if len(archives) > 1:
        raise ArchiveError(
            f"{path} holds {len(archives)} archives ({_listed(archives)}); give one of them."
        )
    if not archives:
        raise archive_kind.no_saved_model(path, path)
    return archives[0]


def _saved_models(folder: Path) -> list[Path]:
    # What is recursive passes over a folder that is a link.
    graphs = {*folder.glob(f"*/{_GRAPH}"), *folder.rglob(_GRAPH)}
    return sorted(
        graph.parent
        for graph in graphs
        if graph.is_file() and not _is_hidden(graph.relative_to(folder))
    )


def _is_hidden(path: Path) -> bool:
    return any(part[0] == "." for part in path.parts)


def _places(folder: Path, name: Path) -> tuple[Path, Path]:
    """The root of a model and its SavedModel, in a folder."""
    saved_model = _newest(_saved_models(folder), folder, name)
    root = _root(saved_model, folder, _is_described)
    if root is not None:
        return root, saved_model
    above = folder.absolute().parent
    # The numbered folder of an archive, given by itself.
    if saved_model == folder and folder.absolute().name.isdecimal() and _is_described(above):
        return above, folder.absolute()
    return folder, saved_model


def _root(saved_model: Path, folder: Path, is_described: Callable[[Path], bool]) -> Path | None:
    """The outermost folder around a SavedModel that describes it."""
    places = (*reversed(saved_model.parents), saved_model)
    described = (place for place in places if place.is_relative_to(folder) and is_described(place))
    return next(described, None)


def _newest(saved_models: list[Path], folder: Path, name: Path) -> Path:
    if not saved_models:
        raise archive_kind.no_saved_model(folder, name)
    numbered = all(path.name.isdecimal() for path in saved_models)
    if len(saved_models) > 1 and not (numbered and len({p.parent for p in saved_models}) == 1):
        places = [path.relative_to(folder) for path in saved_models]
        raise ArchiveError(
            f"{name} holds {len(saved_models)} SavedModels (folders with {_GRAPH}): "
            f"{_listed(places)}. Only numbered folders side by side are versions of one model; "
            "give the folder of one."
        )
    return max(saved_models, key=lambda path: int(path.name) if len(saved_models) > 1 else 0)


def _is_described(folder: Path) -> bool:
    return any(path.is_file() for path in _descriptions(folder))


def _descriptions(folder: Path) -> set[Path]:
    return {folder / model_info.FILE_NAME, folder / LABELS_FILE}


def _checked(root: Path, saved_model: Path, name: Path) -> OpenedModel:
    info = model_info.read(root, name)
    if info is not None:
        info.verify(root, name)
    graph = (saved_model / _GRAPH).relative_to(root).as_posix()
    labels = model_labels.read(root, saved_model, info, name)
    model = OpenedModel(root, saved_model, info, labels, name)
    if info is None or graph not in info.files:
        level = logging.WARNING if model.is_foreign else logging.INFO
        logger.log(level, "%s records no digest of %s; it is opened unchecked.", name, graph)
    return model


def _listed(paths: list[Path]) -> str:
    names = [path.as_posix() if not path.is_absolute() else path.name for path in paths]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if names[5:] else "")
