"""The split of one channel into training and validation rows."""

import hashlib
from collections import defaultdict
from pathlib import Path

from ic_tf_sdk.contract import class_counts
from ic_tf_sdk.errors import DatasetError
from ic_tf_sdk.training.data.image_folder import ImageFolder

__all__ = ["split"]


def split(
    folder: ImageFolder, *, ratio: float, seed: int, beside: Path | None = None
) -> tuple[ImageFolder, ImageFolder | None]:
    """Hold out a fraction of each class, chosen by a hash of each file's name.

    The choice depends on the seed, the class and the names in that class alone: adding files to
    one class moves nothing in another, and at most one old file in its own. Every class keeps at
    least one image on each side.

    Args:
        folder: The images of the training channel.
        ratio: The fraction that is held out, 0 to 1. With 0 nothing is held out.
        seed: The hyperparameter ``random_seed``.
        beside: The root of the images whose paths are absolute: by their names below it, most of
            what was held out of that folder before is held out again.

    Returns:
        The training part, and the validation part or None with ratio 0.

    Raises:
        DatasetError: Ratio 1 leaves nothing to train on, or a class has a single image.
    """
    if ratio == 0.0:
        return folder, None
    if ratio == 1.0:
        raise DatasetError(
            "validation_split_ratio 1 leaves no image to train on; use a value below 1, or give "
            "a validation channel."
        )
    _check_pairs(folder)
    # No shuffle of a list: one more file would move all that come after it, and images that were
    # held out yesterday would be trained on today.
    names, held = folder.names(beside), set[int]()
    for rows in _rows_by_class(folder):
        ordered = sorted(rows, key=lambda row: _hash(seed, names[row]))
        held.update(ordered[: min(max(round(ratio * len(rows)), 1), len(rows) - 1)])
    everything = range(len(folder.files))
    return (
        folder.subset([row for row in everything if row not in held]),
        folder.subset([row for row in everything if row in held]),
    )


def _check_pairs(folder: ImageFolder) -> None:
    counts = dict(zip(folder.labels, folder.counts, strict=True))
    problem = class_counts.unsplittable(counts, str(folder.root))
    if problem:
        raise DatasetError(problem)


def _rows_by_class(folder: ImageFolder) -> list[list[int]]:
    rows: dict[int, list[int]] = defaultdict(list)
    for row, index in enumerate(folder.classes):
        rows[index].append(row)
    return list(rows.values())


def _hash(seed: int, file: str) -> bytes:
    # A file's name need not be valid UTF-8.
    return hashlib.sha256(f"{seed}/{file}".encode(errors="surrogatepass")).digest()
