"""Looking for wrong labels, near duplicates and leaks in a folder of images.

One pass of a frozen backbone gives the features of all images, or the feature cache knows them.
Nothing is changed: what is found is listed, and a person decides.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path
from typing import Any

from ic_tf_sdk import extras
from ic_tf_sdk.backbones import feature_cache
from ic_tf_sdk.contract import phases
from ic_tf_sdk.contract.scratch_folder import scratch_folder
from ic_tf_sdk.launch.local.job import model_channel
from ic_tf_sdk.launch.local.model_source import ModelSource
from ic_tf_sdk.launch.local.suspects import Kind, Suspect
from ic_tf_sdk.training.data.image_folder import ImageFolder

__all__ = ["LabelCheck", "check_labels", "require"]

# With wrong labels among the images the greatest of ``converged_head.STRENGTHS`` is the most often
# right, for it learns the fewest by heart (``benchmarks/labels.py``).
_STRENGTH = 0.5
_SEED = 123
_BATCH = 32


@dataclass(frozen=True)
class LabelCheck:
    """What was found.

    Attributes:
        suspects: Wrong labels first, then leaks, then duplicates; the surest of each first.
        images: How many images were looked at.
        judged: How many training images have a class that is large enough to be judged.
        model_id: The backbone that looked at them.
    """

    suspects: tuple[Suspect, ...]
    images: int
    judged: int
    model_id: str

    def count(self, kind: str) -> int:
        """How many suspects are of a kind: ``label``, ``leak`` or ``duplicate``."""
        return sum(one.kind == kind for one in self.suspects)


def require() -> None:
    """Refuse before the work what cannot be done here.

    Raises:
        MissingExtraError: TensorFlow or cleanlab is not installed.
    """
    extras.require("tensorflow", "tf_keras", "tensorflow_hub", "cleanlab")


def check_labels(
    folders: Mapping[str, ImageFolder],
    source: ModelSource,
    on_line: Callable[[str], object] = lambda _: None,
) -> LabelCheck:
    """Look for what is probably wrong with a folder's classes.

    Args:
        folders: Channel name -> its images, all of which decode: ``training``, and ``validation``
            and ``test`` where there are such.
        source: The model whose backbone looks at the images. A backbone that was trained on them
            has learned their labels, wrong ones too.
        on_line: Called with a line for each stretch of work.

    Raises:
        ArchiveError: The model cannot be used.
        MissingExtraError: TensorFlow or cleanlab is not installed.
    """
    require()
    from ic_tf_sdk.training.results import near_duplicates

    every = reduce(ImageFolder.joined, folders.values())
    on_line(f"Looking at {len(every.files)} images with {source.model_id}")
    with scratch_folder("labels") as scratch:
        features, thumbnails = _looked_at(every, source, scratch)
        with phases.phase("alike"):
            alike = near_duplicates.pairs(features, thumbnails)
        group = near_duplicates.groups(len(every.files), alike)
        on_line("Answering each image by a layer that has not learned from it")
        doubts = _Doubts(folders["training"], features, group, _Names(folders))
    duplicates = _duplicates(alike, doubts, _Names(folders))
    suspects = sorted([*doubts.suspects, *duplicates], key=_order)
    return LabelCheck(tuple(suspects), len(every.files), doubts.judged, source.model_id)


def _order(suspect: Suspect) -> tuple[int, float, str]:
    return ("label", "leak", "duplicate").index(suspect.kind), suspect.score, suspect.file


class _Names:
    """The channel, the file and the class of each row of all channels together."""

    def __init__(self, folders: Mapping[str, ImageFolder]) -> None:
        self._rows = [
            (channel, file, folder.labels[index])
            for channel, folder in folders.items()
            for file, index in zip(folder.files, folder.classes, strict=True)
        ]
        self.labels = folders["training"].labels

    def __getitem__(self, row: int) -> tuple[str, str, str]:
        return self._rows[row]

    def place(self, row: int) -> str:
        channel, file, _ = self._rows[row]
        return f"{channel}/{file}"


class _Doubts:
    """The training images whose class is probably another.

    Attributes:
        suspects: One for each.
        scores: The score of each training image.
        judged: How many are of a class that is large enough.
    """

    def __init__(self, training: ImageFolder, features: Any, group: Any, names: _Names) -> None:
        import numpy as np

        from ic_tf_sdk.training.loop.out_of_fold import FOLDS, OutOfFold, folds
        from ic_tf_sdk.training.results import wrong_labels

        classes, count = np.asarray(training.classes), len(training.files)
        known = features[:count]
        fold = folds(classes, group[:count], seed=_SEED)
        layers = OutOfFold(known, classes, fold, len(training.labels), strength=_STRENGTH)
        with phases.phase("solving", total=2 * FOLDS, unit="folds") as advance:
            first = wrong_labels.doubts(classes, layers.answers(advance=advance))
            # Again without those: wrong labels that were learned from speak for each other.
            answers = layers.answers([doubt.row for doubt in first], advance=advance)
        self.scores = answers[np.arange(count), classes]
        self.judged = int((np.bincount(classes)[classes] >= wrong_labels.FEWEST_IMAGES).sum())
        self.suspects = [
            Suspect(
                *names[doubt.row],
                names.labels[doubt.suggested],
                doubt.score,
                "label",
                names.place(_most_alike(known, doubt.row, classes == doubt.suggested)),
            )
            for doubt in wrong_labels.doubts(classes, answers)
        ]

    def likelier(self, row: int, other: int) -> bool:
        """Whether of two images the one's class is likelier; False where either was not judged."""
        return max(row, other) < len(self.scores) and self.scores[row] > self.scores[other]


def _most_alike(features: Any, row: int, among: Any) -> int:
    """Of some images the one with the most alike features."""
    import numpy as np

    rows = np.flatnonzero(among)
    lengths = np.linalg.norm(features[rows], axis=1) + 1e-12
    return int(rows[(features[rows] @ features[row] / lengths).argmax()])


def _duplicates(alike: Any, doubts: _Doubts, names: _Names) -> list[Suspect]:
    """Of each two images that are one the one to leave out, once.

    Of two channels it is the image of the one that trains more, for the other one measures. Within
    one it is the later one; of two classes the one whose class is less likely.
    """
    found: dict[int, Suspect] = {}
    for first, second, likeness in alike:
        one, other = names[first], names[second]
        row, kept = second, first
        if one[0] != other[0] or (one[2] != other[2] and doubts.likelier(second, first)):
            row, kept = first, second
        suggested = "" if one[2] == other[2] else names[kept][2]
        kind: Kind = "duplicate" if one[0] == other[0] else "leak"
        found.setdefault(
            row, Suspect(*names[row], suggested, 1.0 - likeness, kind, names.place(kept))
        )
    return list(found.values())


def _looked_at(folder: ImageFolder, source: ModelSource, scratch: Path) -> tuple[Any, Any]:
    """Features float32 [images, features], and small copies [images, height, width, 3]."""
    from ic_tf_sdk.training.feed.folder_features import folder_features

    channel = scratch / "model"
    channel.mkdir()
    found = folder_features(model_channel(source, channel), folder, store=feature_cache.store())
    return found.features, _small_copies(folder, found.preprocessing)


def _small_copies(folder: ImageFolder, preprocessing: Any) -> Any:
    """The images at the size that near duplicates are compared at."""
    import numpy as np
    import tensorflow as tf

    from ic_tf_sdk.training.feed.batches import ImageExamples
    from ic_tf_sdk.training.results.near_duplicates import THUMBNAIL

    plain = replace(preprocessing, pixel_range="0..255")
    batches = ImageExamples(folder, plain, binary_mode=False).dataset(
        np.arange(len(folder.files)), batch_size=_BATCH
    )
    size, small = (THUMBNAIL, THUMBNAIL), []
    with phases.phase("decoding", total=len(folder.files)) as advance:
        for pixels, _ in batches:
            small.append(tf.image.resize(pixels, size, "area"))
            advance(len(pixels))
    return np.concatenate(small)
