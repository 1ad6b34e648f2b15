"""Which pictures to label: those that the model is least sure of, and unlike each other.

Of all pictures the ten times as many are looked at of which the two likeliest classes are nearest
(the margin), and parted into as many groups as are wanted by k-means over the features of the
model's own backbone, the least sure ones weighing most. Of each group the picture nearest to its
middle is listed: ten photos of one scene teach hardly more than one of them. (Zhdanov 2019,
"Diverse mini-batch Active Learning", arXiv:1901.05954, with his factor of ten.)
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from ic_tf_sdk import extras, s3
from ic_tf_sdk.contract import container_answer, model_archive, phases
from ic_tf_sdk.contract.scratch_folder import scratch_folder
from ic_tf_sdk.inference import batch
from ic_tf_sdk.inference.image_source import SourceImage
from ic_tf_sdk.inference.served_model import ServedModel

__all__ = ["CANDIDATES", "ToLabel", "Unsure", "require", "to_label"]

CANDIDATES = 10
"""So many pictures are looked at for each that is listed."""

_SEED = 0


class Unsure(NamedTuple):
    """A picture of which the model is not sure.

    Attributes:
        image: Its path or S3 URI.
        label: The likeliest class.
        probability: Of that class, 0 to 1.
        second_label: The next one.
        second_probability: Of that.
        margin: By how much the one is likelier, 0 to 1.
    """

    image: str
    label: str
    probability: float
    second_label: str
    second_probability: float
    margin: float


@dataclass(frozen=True)
class ToLabel:
    """What was found.

    Attributes:
        found: The pictures to label, the least sure first.
        images: How many were asked about.
        method: How they were chosen, a sentence.
        failed: Picture -> why the model has no answer for it.
        pictures: Picture -> a small copy as a data URI; empty where none were asked for.
    """

    found: tuple[Unsure, ...]
    images: int
    method: str
    failed: Mapping[str, str] = field(default_factory=dict)
    pictures: Mapping[str, str] = field(default_factory=dict)


def require() -> None:
    """Refuse before the work what cannot be done here.

    Raises:
        MissingExtraError: An extra is not installed.
    """
    extras.require("tensorflow", "tf_keras", "tensorflow_hub", "sklearn")


def to_label(
    model: Path, images: Sequence[SourceImage], count: int, *, pictures: bool = False
) -> ToLabel:
    """Choose the pictures whose labels would teach the model most.

    Args:
        model: Any path that ``model_archive.opened`` takes.
        images: From ``image_source.find``.
        count: How many to choose, from 1; where there are no more, all are listed.
        pictures: Whether to make small copies of them, for a page.

    Raises:
        ArchiveError: The model cannot be used.
        MissingExtraError: An extra is not installed.
        StorageError: S3 refuses, or is not there.
    """
    require()
    # Named twice, a picture is one all the same.
    sources = {image.name: image for image in images}
    with phases.phase("opening"):
        served = ServedModel(model)
    answers, failed = _answers(served, list(sources.values()))
    least_sure = sorted(answers, key=lambda one: (one.margin, one.image))[: CANDIDATES * count]
    asked = [sources[one.image] for one in least_sure]
    with scratch_folder("to-label") as scratch:
        paths = [_path(image, scratch, number) for number, image in enumerate(asked)]
        chosen, method = list(range(len(least_sure))), "All of them: there are no more."
        if len(least_sure) > count:
            features, of_what = _features(model, paths, served, least_sure, asked)
            chosen = _unlike(features, [1.0 - one.margin for one in least_sure], count)
            method = (
                f"Chosen among the {len(least_sure)} whose two likeliest classes are nearest; told "
                f"apart by {of_what}."
            )
        found = tuple(least_sure[row] for row in chosen)
        small = {least_sure[row].image: _small(paths[row]) for row in chosen if pictures}
    return ToLabel(found, len(sources), method, failed, small)


def _answers(
    model: ServedModel, images: Sequence[SourceImage]
) -> tuple[list[Unsure], dict[str, str]]:
    found, failed = [], {}
    with phases.phase("evaluation", total=len(images)) as advance:
        for row in batch.predict(model, images):
            advance(1)
            if "error" in row:
                failed[row["image"]] = row["error"]
            else:
                found.append(_unsure(row))
    return found, failed


def _unsure(row: Mapping[str, Any]) -> Unsure:
    shares = container_answer.of_every_label(row["probabilities"], row["labels"])
    order = sorted(range(len(shares)), key=lambda index: -shares[index])
    first, second = order[0], order[min(1, len(order) - 1)]
    return Unsure(
        row["image"],
        row["labels"][first],
        shares[first],
        row["labels"][second],
        shares[second],
        shares[first] - shares[second],
    )


def _path(image: SourceImage, folder: Path, number: int) -> Path:
    """Where the picture lies on this machine; one in S3 is fetched."""
    if not s3.is_uri(image.name):
        return Path(image.name).absolute()
    path = folder / f"{number}.image"
    path.write_bytes(image.read())
    return path


def _features(
    model: Path,
    paths: Sequence[Path],
    served: ServedModel,
    answers: Sequence[Unsure],
    images: Sequence[SourceImage],
) -> tuple[Any, str]:
    """What tells pictures apart, float32 [pictures, width], and what it is."""
    import numpy as np

    if not model_archive.trained_labels(model):
        # A published classifier has no backbone to take apart: what it answers must do.
        rows = batch.predict(served, images)
        answered = [row["probabilities"] for row in rows if "error" not in row]
        if len(answered) == len(answers):
            return np.sqrt(np.asarray(answered, np.float32)), "their probabilities"
    from ic_tf_sdk.training.data.image_folder import ImageFolder
    from ic_tf_sdk.training.feed.folder_features import folder_features

    folder = ImageFolder(Path(os.sep), ("",), tuple(map(str, paths)), (0,) * len(paths), {})
    features = folder_features(model, folder).features
    lengths = np.linalg.norm(features, axis=1, keepdims=True) + 1e-12
    return features / lengths, "the model's features"


def _unlike(features: Any, unsure: Sequence[float], count: int) -> list[int]:
    """So many rows, one of each group of like ones, in their order."""
    import numpy as np

    cluster = extras.load("sklearn.cluster")
    # A picture that is sure all the same counts for a little.
    weights = np.maximum(np.asarray(unsure, np.float64), 1e-3)
    distinct = len(np.unique(features, axis=0))
    means = cluster.KMeans(min(count, distinct), n_init=4, random_state=_SEED)
    means.fit(features, sample_weight=weights)
    distances = np.linalg.norm(features - means.cluster_centers_[means.labels_], axis=1)
    rows = (np.flatnonzero(means.labels_ == group) for group in range(means.n_clusters))
    chosen = [int(some[distances[some].argmin()]) for some in rows if len(some)]
    # Copies of one picture are one group: the least sure of the others make up the number.
    rest = [row for row in range(len(features)) if row not in set(chosen)]
    return sorted([*chosen, *rest[: count - len(chosen)]])


def _small(path: Path) -> str:
    from ic_tf_sdk.launch.local import small_picture

    return small_picture.data_uri(path)
