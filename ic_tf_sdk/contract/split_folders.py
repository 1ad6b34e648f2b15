"""Folders that are parts of a data set, ``train/`` and ``val/``, where classes or images should be.

Both orders are in use: ``train/cats`` beside ``val/cats``, and ``cats/train`` beside ``cats/val``.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

__all__ = ["problem", "problem_within"]

_PARTS = {
    **dict.fromkeys(("train", "training", "trn"), "training"),
    **dict.fromkeys(("val", "valid", "validation", "dev", "eval", "evaluation"), "validation"),
    **dict.fromkeys(("test", "testing", "tst"), "test"),
}
_GIVEN = {
    "training": "as the training data",
    "validation": "with --validation (the validation channel)",
    "test": "with --test (the test channel)",
}
# "training_set", "seg_train", "train-images", "Test data 2": what people add to such a name.
_ADDED = frozenset(
    {"set", "data", "dataset", "folder", "image", "images", "img", "imgs", "seg", "split"}
)


def problem(classes: Mapping[str, Sequence[str]], place: str) -> str | None:
    """Why these folders are parts of a data set and no classes; None where they look like classes.

    They are parts if all of them are called like parts, or if parts of two kinds have folders in
    them and other folders lie beside them. One class may well be called "train".

    Args:
        classes: Folder name -> relative names of its images, with ``/`` between their parts.
        place: The folder or S3 URI, as it is said to the user.

    Example:
        >>> problem({"train": ["train/ant/1.jpg"], "val": ["val/ant/2.jpg"]}, "photos")[:57]
        "photos holds parts of a data set, 'train' and 'val', not "
        >>> problem({"train": ["train/1.jpg"], "plane": ["plane/1.jpg"]}, "vehicles") is None
        True
    """
    parts = {name: _PARTS[word] for name in classes if (word := _word(name)) in _PARTS}
    nested = [name for name in parts if any(file.count("/") > 1 for file in classes[name])]
    whole = len(parts) == len(classes) and (len(set(parts.values())) > 1 or nested)
    among_others = len({parts[name] for name in nested}) > 1
    if not parts or not (whole or among_others):
        return None
    return (
        f"{place} holds parts of a data set, {_listed(parts)}, not classes. "
        f"{_advice(parts, place)} If they are classes, rename the folders."
    )


def problem_within(classes: Mapping[str, Sequence[str]], place: str) -> str | None:
    """Why folders within the classes are parts of a data set; None where they are none.

    They are if a class has a folder called like training images and one called like others: then
    the images that are to validate or to test would be trained on.

    Args:
        classes: As for ``problem``.
        place: Likewise.

    Example:
        >>> problem_within({"ant": ["ant/train/1.jpg", "ant/val/2.jpg"]}, "photos")[:66]
        "photos has parts of a data set within its classes: 'ant/train' and"
        >>> problem_within({"ant": ["ant/train/1.jpg", "ant/2024/2.jpg"]}, "photos") is None
        True
    """
    split = {name: parts for name, files in classes.items() if (parts := _parts_of_class(files))}
    if not split:
        return None
    first, parts = next(iter(split.items()))
    named = _listed(f"{first}/{part}" for part in parts)
    others = f", and so in {len(split)} of {len(classes)} classes" if len(split) > 1 else ""
    turned = _listed(f"{part}/{first}" for part in parts)
    return (
        f"{place} has parts of a data set within its classes: {named}{others}. Lay them out the "
        f"other way round, as {turned}. {_advice(parts, place)} If all of them are images to train "
        "on, rename the folders."
    )


def _parts_of_class(files: Sequence[str]) -> dict[str, str]:
    """Folder -> kind, of a class that holds training images and others; else empty."""
    folders = dict.fromkeys(file.split("/")[1] for file in files if file.count("/") > 1)
    parts = {name: _PARTS[word] for name in folders if (word := _word(name)) in _PARTS}
    kinds = set(parts.values())
    return parts if "training" in kinds and len(kinds) > 1 else {}


def _listed(names: Iterable[str]) -> str:
    quoted = list(map(repr, names))
    return " and ".join(quoted) if len(quoted) < 3 else ", ".join(quoted)


def _advice(parts: Mapping[str, str], place: str) -> str:
    """What to give as which channel: one folder for each kind of part."""
    said = []
    for kind, how in _GIVEN.items():
        # Of two parts of one kind ("train", "train2") the first.
        folder = next((name for name in parts if parts[name] == kind), None)
        said += [] if folder is None else [f"{place.rstrip('/')}/{folder} {how}"]
    return f"Give {', '.join(said)}."


def _word(name: str) -> str:
    """The one word that a folder's name comes down to; empty where it has several."""
    words = [word for word in re.findall("[a-z]+", name.casefold()) if word not in _ADDED]
    return words[0].removesuffix("set") if len(words) == 1 else ""
