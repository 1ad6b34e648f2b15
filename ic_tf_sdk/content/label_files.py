"""Label files of published classifiers: a file of the user's, or the one that TF Hub names."""

import hashlib
import threading
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

from ic_tf_sdk.content import retry
from ic_tf_sdk.contract import output_files
from ic_tf_sdk.errors import ArchiveError
from ic_tf_sdk.inference.pretrained import LABEL_FILES

if TYPE_CHECKING:
    from ic_tf_sdk.specs.model_spec import ModelSpec

__all__ = ["find"]

_REMEDY = "Download it elsewhere and give its path (--labels)."

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
            retry.until_done(url, lambda: _fetch(url, target), remedies=_REMEDY)
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
