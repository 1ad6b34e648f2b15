"""Which backbone suits a folder of images: every one that is at hand, measured in minutes."""

import gc
import hashlib
import json
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ic_tf_sdk import extras
from ic_tf_sdk.backbones import at_hand
from ic_tf_sdk.backbones import feature_cache as user_cache
from ic_tf_sdk.contract import class_counts, folder_names, phases
from ic_tf_sdk.errors import ArchiveError, DatasetError
from ic_tf_sdk.launch.candidate import Candidate, macro_f1
from ic_tf_sdk.launch.local import location
from ic_tf_sdk.launch.local.display import Listener
from ic_tf_sdk.launch.local.model_source import ModelSource, locate
from ic_tf_sdk.launch.selection import Selection
from ic_tf_sdk.training.data import image_folder, image_scan
from ic_tf_sdk.training.data.image_folder import ImageFolder

if TYPE_CHECKING:
    from ic_tf_sdk.launch.local.backbone_trial import BackboneTrial
    from ic_tf_sdk.training.feed.feature_store import FeatureStore
    from ic_tf_sdk.training.loop.out_of_fold import Rows

__all__ = ["HYPERPARAMETERS", "select"]

HYPERPARAMETERS = {"train_only_on_top": "True", "head_solver": "converged"}
"""How the picked model is trained as it was measured."""

_SEED = 0


def select(
    training: str | Path,
    models: Sequence[str | Path] | None = None,
    *,
    models_folder: str | Path | None = None,
    feature_cache: bool = True,
    on_line: Callable[[str], object] = lambda _: None,
    listener: Listener | None = None,
) -> Selection:
    """Measure backbones on a folder of images, and pick one.

    Each image passes each backbone once, and never again as long as the feature cache has room. On
    the features a classification layer is solved five times, each time without a fifth of the
    images, which it then answers: the accuracy is that on images that did not train it. It is the
    accuracy of a frozen backbone; training the whole network may come to more.

    Args:
        training: Folder of class folders.
        models: Model ids whose weights are at hand, archives or SavedModel folders; by default
            every backbone that is at hand (``ic-tf models --available``).
        models_folder: A folder that ``ic-tf mirror`` filled, where models are looked for, too.
        feature_cache: Whether to use and keep the features that trainings on this machine share.
        on_line: Called with a line for each backbone that was measured.
        listener: Instead of ``on_line``: it hears how far each phase is, too.

    Returns:
        The candidates, the most accurate first, and which of them is picked.

    Raises:
        DatasetError: The folder cannot be trained on.
        ArchiveError: A named model cannot be used, or none of those at hand can.
        UnknownModelError: A named model is neither a path nor a model id.
        MissingExtraError: The extra ``train`` is not installed.

    Example:
        >>> found = select("flowers/", ["tensorflow-ic-embedded-formulanet-96"])
        >>> found.best.model
        'tensorflow-ic-embedded-formulanet-96'
    """
    extras.require("tensorflow", "tf_keras", "tensorflow_hub")
    heard = listener or Listener(on_line)
    with phases.heard_by(heard.on_phase):
        folder = _images(location.local_path(training))
        named = [(str(one), locate(one, models=models_folder)) for one in models or ()]
        sources = named or _at_hand(models_folder)
        images = _dealt(folder)
        store = user_cache.store(used=feature_cache)
        found, failures = _measure(sources, images, store, heard.on_line, strict=bool(named))
    counts = len(folder.files), len(folder.labels)
    return Selection(tuple(found), failures, str(training), *counts)


def _measure(
    sources: "Sequence[tuple[str, ModelSource]]",
    images: "_Images",
    store: "FeatureStore | None",
    on_line: Callable[[str], object],
    *,
    strict: bool,
) -> tuple[list[Candidate], dict[str, str]]:
    """The candidates, the best first, and why others are none.

    Args:
        sources: Name -> model.
        images: The images.
        store: The feature cache.
        on_line: Called with a line for each.
        strict: Whether a model that cannot be used is refused.
    """
    measured: list[Candidate] = []
    failures: dict[str, str] = {}
    for name, source in sources:
        try:
            one = _measured(name, source, images, store)
        except ArchiveError as error:
            if strict:
                raise
            failures[name] = str(error)
            on_line(f"{name}: {error}")
            continue
        measured.append(one)
        on_line(f"{name}: accuracy {one.accuracy:.3f}, {one.milliseconds:.1f} ms for an image")
    if not measured:
        raise ArchiveError("No backbone could be measured: " + "; ".join(failures.values()))
    measured.sort(key=lambda one: (-one.accuracy, one.milliseconds))
    return measured, failures


def _at_hand(models_folder: str | Path | None) -> list[tuple[str, ModelSource]]:
    found = (one for one in at_hand.available(models_folder) if one.scope == "training")
    return [(one.model_id, locate(one.model_id, models=models_folder)) for one in found]


def _images(root: Path) -> ImageFolder:
    """The images of a folder, which training would take as they are."""
    if absence := folder_names.absence(root):
        raise DatasetError(absence)
    folder = image_folder.describe(root)
    counts = dict(zip(folder.labels, folder.counts, strict=True))
    if problem := class_counts.unsplittable(counts, str(root)):
        raise DatasetError(problem)
    with phases.phase("reading", total=len(folder.files)) as advance:
        headers = image_scan.scan(folder, advance=advance)
    image_scan.refuse(folder, image_scan.unreadable(headers))
    doubtful = image_scan.needs_decoding(folder, headers)
    if doubtful:
        from ic_tf_sdk.training.data.decode_check import decode_check

        rows = [row for row, file in enumerate(folder.files) if folder.root / file in doubtful]
        with phases.phase("decoding", total=len(rows)) as advance:
            bad = decode_check(folder, rows, advance=advance)
        image_scan.refuse(folder, bad)
    return folder


class _Images(NamedTuple):
    """The images, and how they are dealt."""

    folder: ImageFolder
    folds: "Rows"
    digest: str


def _dealt(folder: ImageFolder) -> _Images:
    from ic_tf_sdk.training.feed.frozen_pass import digests
    from ic_tf_sdk.training.loop.converged_head import UNCHECKED
    from ic_tf_sdk.training.loop.out_of_fold import folds as deal

    with phases.phase("copies"):
        known = digests(folder.paths())
    # By the bytes: copies go into one fold, and the order of the names means nothing.
    number = {digest: place for place, digest in enumerate(sorted(set(known)))}
    folds = deal(folder.classes, [number[one] for one in known], seed=_SEED)
    told = json.dumps([[one.hex() for one in known], folder.classes, folds.tolist(), UNCHECKED])
    return _Images(folder, folds, hashlib.sha256(told.encode()).hexdigest())


def _measured(
    name: str, source: ModelSource, images: _Images, store: "FeatureStore | None"
) -> Candidate:
    from ic_tf_sdk.launch.local.backbone_trial import try_backbone

    trial = try_backbone(source, images.folder, store)
    # A loaded network is a circle of objects, which hold its weights twice.
    gc.collect()
    named, seconds = _answers(trial, images, store)
    classes = images.folder.classes
    right = tuple(one == other for one, other in zip(named, classes, strict=True))
    accuracy = sum(right) / len(right)
    return Candidate(
        model=name,
        accuracy=accuracy,
        standard_error=math.sqrt(accuracy * (1 - accuracy) / len(right)),
        macro_f1=macro_f1(named, classes),
        milliseconds=trial.milliseconds,
        parameters=trial.parameters,
        archive_bytes=_size(source.path),
        training_seconds=trial.pass_seconds + seconds,
        right=right,
        path=str(source.path),
    )


def _answers(
    trial: "BackboneTrial", images: _Images, store: "FeatureStore | None"
) -> tuple[list[int], float]:
    """The class index that is named for each image, and the seconds of solving a layer."""
    from ic_tf_sdk.training.loop.converged_head import UNCHECKED
    from ic_tf_sdk.training.loop.out_of_fold import FOLDS, OutOfFold

    note = f"answers {images.digest}"
    kept = store.recall(trial.kind, note) if store else None
    if kept is not None:
        named, seconds = json.loads(kept)
        return list(named), float(seconds)
    started, folder = time.perf_counter(), images.folder
    # The strength of a job without validation images: no fold chooses it, so that what is measured
    # flatters no backbone.
    layers = OutOfFold(
        trial.features, folder.classes, images.folds, len(folder.labels), strength=UNCHECKED
    )
    with phases.phase("solving", total=FOLDS, unit="folds") as advance:
        named = layers.answers(advance=advance).argmax(axis=1).tolist()
    seconds = (time.perf_counter() - started) / FOLDS
    if store is not None:
        store.note(trial.kind, note, json.dumps([named, seconds]))
    return named, seconds


def _size(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files if file.is_file())
