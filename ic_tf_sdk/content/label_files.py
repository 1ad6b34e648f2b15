"""Label files of published classifiers: found, downloaded, read."""

import hashlib
import threading
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from ic_tf_sdk.content import retry
from ic_tf_sdk.contract import output_files
from ic_tf_sdk.errors import ArchiveError, UserError

if TYPE_CHECKING:
    from ic_tf_sdk.specs.model_spec import ModelSpec

__all__ = ["LABEL_FILES", "find", "read_labels"]

LABEL_FILES = {
    "imagenet-2012 with background": (
        "https://storage.googleapis.com/download.tensorflow.org/data/ImageNetLabels.txt"
    ),
    "imagenet-2012 without background": (
        "https://storage.googleapis.com/bit_models/ilsvrc2012_wordnet_lemmas.txt"
    ),
    "imagenet21k": "https://storage.googleapis.com/bit_models/imagenet21k_wordnet_lemmas.txt",
}
"""``ModelSpec.label_set`` -> the file that TF Hub's pages name for it. A SavedModel of TF Hub holds
no labels."""

_REMEDY = "Download it elsewhere and give its path (--labels)."

_BACKGROUND = "background"

# Ten times the longest list, ImageNet-21k's.
_MAX_BYTES = 16 << 20

# Models that are mirrored together share their label file.
_DOWNLOADING = threading.Lock()


def find(spec: "ModelSpec", given: str | Path | None, cache: Path) -> Path:
    """The label file of a model's classifier.

    Args:
        spec: The model.
        given: A path or an ``http`` URL; None takes the file that TF Hub's pages name.
        cache: Downloaded files are kept here.

    Raises:
        ArchiveError: It is not known which file, and none was given.
        DownloadError: It cannot be downloaded; says what to do.
    """
    if given is None:
        if spec.label_set not in LABEL_FILES:
            raise ArchiveError(
                f"The label set of {spec.model_id} is not documented; give its label file, one "
                "label per line in output order (--labels)."
            )
        given = LABEL_FILES[spec.label_set]
    if not str(given).startswith(("http://", "https://")):
        return Path(given)
    return _downloaded(str(given), cache / "ic-tf-labels")


def _downloaded(url: str, folder: Path) -> Path:
    target = folder / f"{hashlib.sha256(url.encode()).hexdigest()[:16]}.txt"
    with _DOWNLOADING:
        if not target.is_file():
            folder.mkdir(parents=True, exist_ok=True)
            retry.call(url, lambda: _fetch(url, target), remedies=_REMEDY)
    return target


def _fetch(url: str, target: Path) -> None:
    with urllib.request.urlopen(url, timeout=60) as answer:  # noqa: S310
        declared = answer.headers.get("Content-Length")
        # A server that declares no length may send without end.
        content = answer.read(_MAX_BYTES + 1)
        if len(content) > _MAX_BYTES:
            raise ValueError(f"more than {_MAX_BYTES} bytes are no label file")
        # read(n) does not notice when fewer come than were declared.
        if declared is not None and len(content) != int(declared):
            raise ConnectionError(f"{len(content)} of {declared} bytes came")
    with output_files.replacing(target) as temporary:
        temporary.write_bytes(content)


def read_labels(path: str | Path, *, num_classes: int) -> tuple[str, ...]:
    """The label set of a published classifier, from a file with one label per line.

    Args:
        path: UTF-8 text, for example one of ``LABEL_FILES``.
        num_classes: Outputs of the classifier. 1000 of a file with 1001 labels leaves the
            background class out, and 1001 of one with 1000 puts it in front.

    Raises:
        UserError: No such text file, one with an empty line, or one with another number of labels.

    Example:
        >>> read_labels("labels.txt", num_classes=3)
        ('rose', 'sunflower', 'tulip')
    """
    labels = _lines(Path(path))
    if len(labels) == num_classes + 1 and labels[0] == _BACKGROUND:
        labels = labels[1:]
    if len(labels) == num_classes - 1 and _BACKGROUND not in labels:
        labels = [_BACKGROUND, *labels]
    if len(labels) != num_classes:
        raise UserError(
            f"{path} has {len(labels)} labels, the classifier {num_classes} outputs; give the "
            "label file of its own label set, one label per line, in output order."
        )
    return tuple(labels)


def _lines(path: Path) -> list[str]:
    try:
        labels = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(
            f"The label file {path} cannot be read: {error}. Give a UTF-8 text file with one label "
            "per line."
        ) from error
    empty = [number for number, label in enumerate(labels, start=1) if not label]
    if empty:
        raise UserError(f"Line {empty[0]} of the label file {path} is empty; it needs its label.")
    return labels
