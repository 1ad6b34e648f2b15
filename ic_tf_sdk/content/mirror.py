"""Archives of many models, from TF Hub or from what is already here."""

import shutil
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from ic_tf_sdk import extras, specs
from ic_tf_sdk.backbones import at_hand
from ic_tf_sdk.backbones.at_hand import AtHand
from ic_tf_sdk.content import archive_file, hub, inference_archive, label_files, training_archive
from ic_tf_sdk.content.destination import Destination, destination
from ic_tf_sdk.contract import archive, file_access
from ic_tf_sdk.enums import SCOPES, Scope
from ic_tf_sdk.errors import (
    ArchiveError,
    IcTfSdkError,
    MissingExtraError,
    UnsupportedScopeError,
    UserError,
)
from ic_tf_sdk.specs.archive_name import archive_name

if TYPE_CHECKING:
    from ic_tf_sdk.specs.model_spec import ModelSpec

__all__ = ["Mirrored", "mirror"]

# Loading a module takes memory in proportion to it and all cores; downloading takes neither.
_CHECKING = threading.Lock()


@dataclass(frozen=True)
class Mirrored:
    """What became of one archive.

    Attributes:
        model_id: The model's id.
        scope: ``"training"``, its feature vector to train on, or ``"inference"``, its classifier
            to serve.
        location: Its path or URI.
        size_bytes: Its size; 0 where it is not there.
        seconds: How long it took; 0 where it was there already.
        problem: Why it is not there, or "".
    """

    model_id: str
    scope: Scope
    location: str
    size_bytes: int
    seconds: float
    problem: str = ""


@dataclass(frozen=True)
class _Origin:
    """Where the one module comes from that was not left to the catalogue."""

    source: str | Path | None
    handle: str | None
    labels: str | Path | None
    cache: Path
    load: Callable[[], object]


def mirror(
    *,
    model_ids: Sequence[str],
    to: str | Path,
    scopes: Sequence[Scope] = SCOPES,
    source: str | Path | None = None,
    handle: str | None = None,
    labels: str | Path | None = None,
    region: str | None = None,
    jobs: int = 4,
    on_model: Callable[[Mirrored], None] = lambda _: None,
    load: Callable[[], object] = lambda: None,
) -> list[Mirrored]:
    """Put the archives of each model into a folder or a bucket.

    Archives that are there already are left alone, so that an interrupted run goes on where it was.
    One model's failure does not stop the others.

    Args:
        model_ids: Ids of the catalogue.
        to: A folder or ``s3://bucket/prefix``; gets ``train-<model_id>.tar.gz`` and
            ``infer-<model_id>.tar.gz``.
        scopes: Which of ``"training"`` and ``"inference"``.
        source: The module's folder or archive, for a single archive; None downloads it.
        handle: Another handle than the catalogue's, for a single archive.
        labels: Path or URL of the classifier's label file; None downloads TF Hub's. With neither
            it nor ``source`` and ``handle``, weights that are at hand are taken.
        region: The bucket's region; None takes the environment's.
        jobs: How many are downloaded at a time.
        on_model: Called with each archive's outcome as it comes.
        load: Called before TensorFlow is needed, to load it as the caller wants it.

    Returns:
        The outcomes, in the order of ``model_ids`` and ``scopes``.

    Raises:
        UnknownModelError: Before anything is downloaded.
        UnsupportedScopeError: A scope that is neither of the two.
        UserError: ``source`` or ``handle`` with several archives.
        MissingExtraError: What reads the modules, or the bucket, is not installed.
        FileAccessError: The folder cannot be written.
    """
    for scope in scopes:
        if scope not in SCOPES:
            raise UnsupportedScopeError(scope, SCOPES)
    if (source is not None or handle is not None) and (len(model_ids), len(scopes)) != (1, 1):
        raise UserError(
            "A source or a handle is one module's: name one model id, and say with --scope whether "
            "it is the feature vector for training or the classifier for inference."
        )
    every = [specs.get(model_id) for model_id in dict.fromkeys(model_ids)]
    archives = [(spec, scope) for spec in every for scope in scopes]
    place = destination(to, region=region)
    with hub.cache() as cache, ThreadPoolExecutor(max_workers=max(1, jobs)) as pool:
        origin = _Origin(source, handle, labels, cache, load)

        def one(item: "tuple[ModelSpec, Scope]") -> Mirrored:
            done = _one(*item, place, origin)
            on_model(done)
            return done

        return list(pool.map(one, archives))


def _one(spec: "ModelSpec", scope: Scope, place: Destination, origin: _Origin) -> Mirrored:
    name = archive_name(spec, scope)
    started = time.perf_counter()
    size, problem = 0, ""
    try:
        with file_access.refusals(place.location(name)):
            there = place.size(name, spec.alias_of or spec.model_id)
            if there is not None:
                started, size = time.perf_counter(), there
            else:
                size = place.receive(name, partial(_make, spec, scope, origin))
    except MissingExtraError:
        # It is the same for every archive.
        raise
    except IcTfSdkError as error:
        problem = str(error)
    seconds = round(time.perf_counter() - started, 1)
    return Mirrored(spec.model_id, scope, place.location(name), size, seconds, problem)


def _make(spec: "ModelSpec", scope: Scope, origin: _Origin, target: Path) -> None:
    packaged = at_hand.packaged(spec.model_id, scope)
    if packaged is not None and _is_left_to_us(packaged, origin):
        _pack(packaged.path(), target)
        return
    training = scope == "training"
    known = spec.feature_vector_handle if training else spec.classification_handle
    handle = origin.handle or known
    if origin.source is None and handle is None:
        raise ArchiveError(
            f"No {scope} handle is known for {spec.model_id}; give its folder (--from)."
        )
    extras.require("tensorflow", "tf_keras")
    with _CHECKING:
        origin.load()
    label_file = None if training else label_files.find(spec, origin.labels, origin.cache)
    if origin.source is not None:
        _build(spec, origin.source, target, label_file, origin.handle)
        return
    module = hub.resolve(str(handle))
    try:
        _build(spec, module, target, label_file, handle)
    except ArchiveError:
        # A download that broke off unnoticed would be found in the cache again and again.
        hub.forget(module)
        raise


def _is_left_to_us(packaged: AtHand, origin: _Origin) -> bool:
    """Whether weights of this package or its extra are what was asked for."""
    if packaged.place == "shipped":
        return origin.source is None
    return (origin.source, origin.handle, origin.labels) == (None, None, None)


def _build(
    spec: "ModelSpec", source: str | Path, target: Path, label_file: Path | None, handle: str | None
) -> None:
    with _CHECKING:
        if label_file is None:
            training_archive.build(spec, source, target, handle=handle)
        else:
            inference_archive.build(spec, source, target, labels=label_file, handle=handle)


def _pack(model: Path, target: Path) -> None:
    """An archive as it is, or a folder as the archive that it is the content of."""
    with archive_file.writing(target) as path:
        if model.is_dir():
            archive.pack(model, path)
        else:
            shutil.copyfile(model, path)
