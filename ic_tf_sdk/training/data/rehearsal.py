"""A sample of an earlier training's images, to train with new ones: what was learned is kept.

The sample is bounded, for who corrects twenty pictures does not want to wait for a whole training
again; and it has as many images of each class, for a class that is not rehearsed is forgotten.
"""

import hashlib
import logging
from collections.abc import Sequence
from pathlib import Path

from ic_tf_sdk.contract import image_names, model_archive
from ic_tf_sdk.errors import DatasetError
from ic_tf_sdk.training.data import image_folder
from ic_tf_sdk.training.data.duplicates import duplicates
from ic_tf_sdk.training.data.image_folder import ImageFolder

__all__ = ["MOST_IN_ALL", "MOST_OF_A_CLASS", "joined", "other_classes", "per_class", "sample"]

logger = logging.getLogger(__name__)

MOST_OF_A_CLASS = 200
"""Old images of a class, unless there are more new ones of one: see ``per_class``.

Measured in docs/guides/correct.md: of twenty a class most is kept, of two hundred nearly all.
"""

MOST_IN_ALL = 10_000
"""Old images of all classes, so that a model of a thousand classes rehearses ten of each."""


def joined(training: Path, old: Path, model: Path, *, seed: int) -> ImageFolder:
    """The new images, and after them the sample of the old ones: one channel in the model's order.

    Args:
        training: The new images: folders of some or all classes of the model.
        old: The folder of the earlier training.
        model: The model that is trained further.
        seed: The hyperparameter ``random_seed``.

    Raises:
        ArchiveError: The model cannot be read.
        DatasetError: The model has no classes, the old images are of others, or the new ones of
            one that it does not have.
    """
    labels = _labels(model)
    new = image_folder.describe(training, labels=labels)
    earlier = image_folder.describe(old)
    if reason := other_classes(old, earlier.labels, labels):
        raise DatasetError(reason)
    # Of another program's model the order of the classes need not be that of the folders.
    drawn = sample(earlier.of_labels(labels), per_class(new.counts), seed=seed)
    kept = drawn.subset(_not_among(drawn, new))
    copies = len(drawn.files) - len(kept.files)
    logger.info(
        "Rehearsed: %d of the %d images in %s%s",
        len(kept.files),
        len(earlier.files),
        old,
        f", less {copies} that are among the new ones" if copies else "",
    )
    return new.joined(kept)


def other_classes(old: Path, found: Sequence[str], labels: Sequence[str]) -> str:
    """Why the old images cannot be rehearsed; empty where they are of the model's classes.

    Args:
        old: Their folder.
        found: The classes that it has.
        labels: The model's, in any order.
    """
    difference = image_names.different_classes(labels, found)
    if not difference:
        return ""
    return (
        f"The images to rehearse, in {old}, are not of the model's classes: {difference}. Give "
        "the folder that the model was trained on."
    )


def per_class(counts: Sequence[int]) -> int:
    """How many old images of each class are rehearsed, at most.

    Two hundred; or as many as there are new ones of the largest class, so that new images of one
    class do not outweigh the old ones of the others; and no more than ten thousand in all.

    Args:
        counts: New images by class.

    Example:
        >>> per_class([20, 0, 0]), per_class([300, 0, 0]), per_class([0] * 1000)
        (200, 300, 10)
    """
    most = max(1, MOST_IN_ALL // len(counts))
    return min(max(MOST_OF_A_CLASS, *counts), most)


def sample(folder: ImageFolder, most: int, *, seed: int) -> ImageFolder:
    """So many images of each class, chosen by a hash of each file's name.

    As with the split into training and validation images, one more file moves at most one other.

    Args:
        folder: All images.
        most: Of each class; a smaller class is taken whole.
        seed: Another one draws others.
    """
    rows: list[int] = []
    for index in range(len(folder.labels)):
        of_class = [row for row, one in enumerate(folder.classes) if one == index]
        ordered = sorted(of_class, key=lambda row: _hash(seed, folder.files[row]))
        rows += sorted(ordered[:most])
    return folder.subset(rows)


def _labels(model: Path) -> tuple[str, ...]:
    labels = model_archive.trained_labels(model)
    if not labels:
        raise DatasetError(
            f"{model} is a pretrained model, which has no classes yet: there is nothing to "
            "rehearse. Leave --rehearse out, and train on all images."
        )
    return tuple(map(image_names.class_name, labels))


def _not_among(old: ImageFolder, new: ImageFolder) -> list[int]:
    """The rows of old images less those that are new ones too, perhaps under another class."""
    groups = duplicates({"new": new, "old": old})
    shared = [group for group in groups if any(place.channel == "new" for place in group)]
    copies = {place.file for group in shared for place in group if place.channel == "old"}
    return [row for row, file in enumerate(old.files) if file not in copies]


def _hash(seed: int, file: str) -> bytes:
    # Not the hash of the split, whose smallest are held out: they would be all that is drawn.
    return hashlib.sha256(f"{seed}/rehearsed/{file}".encode(errors="surrogatepass")).digest()
