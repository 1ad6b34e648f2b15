"""Folders that are parts of a data set, ``train/`` and ``val/``, where classes or images should be.

Both orders are in use: ``train/cats`` beside ``val/cats``, and ``cats/train`` beside ``cats/val``.
"""

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence

__all__ = ["parts", "parts_within", "problem", "problem_within"]

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
    found = parts(classes)
    if not found:
        return None
    return (
        f"{place} holds parts of a data set, {_listed(found)}, not classes. "
        f"{_advice(found, place)} If they are classes, rename the folders."
    )


def parts(classes: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The folders that are parts of a data set -> ``training``, ``validation`` or ``test``.

    Args:
        classes: As for ``problem``.

    Returns:
        Empty where the folders look like classes.
    """
    found = {name: _PARTS[word] for name in classes if (word := _word(name)) in _PARTS}
    nested = [name for name in found if any(file.count("/") > 1 for file in classes[name])]
    whole = len(found) == len(classes) and (len(set(found.values())) > 1 or nested)
    among_others = len({found[name] for name in nested}) > 1
    return found if found and (whole or among_others) else {}


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
    split = {name: found for name, files in classes.items() if (found := _parts_of_class(files))}
    if not split:
        return None
    first, within = next(iter(split.items()))
    named = _listed(f"{first}/{part}" for part in within)
    others = f", and so in {len(split)} of {len(classes)} classes" if len(split) > 1 else ""
    turned = _listed(f"{part}/{first}" for part in within)
    return (
        f"{place} has parts of a data set within its classes: {named}{others}. Lay them out the "
        f"other way round, as {turned}{_turning(place)}. {_advice(within, place)} If all of them "
        "are images to train on, rename the folders."
    )


def parts_within(classes: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The folders within classes that are parts of a data set -> the kind; empty without any.

    Args:
        classes: As for ``problem``.
    """
    found: dict[str, str] = {}
    for files in classes.values():
        found |= _parts_of_class(files)
    return found


def _parts_of_class(files: Sequence[str]) -> dict[str, str]:
    """Folder -> kind, of a class that holds training images and others; else empty."""
    folders = dict.fromkeys(file.split("/")[1] for file in files if file.count("/") > 1)
    found = {name: _PARTS[word] for name in folders if (word := _word(name)) in _PARTS}
    kinds = set(found.values())
    return found if "training" in kinds and len(kinds) > 1 else {}


def _listed(names: Iterable[str]) -> str:
    quoted = list(map(repr, names))
    return " and ".join(quoted) if len(quoted) < 3 else ", ".join(quoted)


def _advice(found: Mapping[str, str], place: str) -> str:
    """What to give as which channel, one folder for each kind of part, and the command."""
    folders: dict[str, str] = {}
    for kind in _GIVEN:
        # Of two parts of one kind ("train", "train2") the first.
        name = next((name for name in found if found[name] == kind), None)
        if name is not None:
            folders[kind] = f"{place.rstrip('/')}/{name}"
    said = ", ".join(f"{folder} {_GIVEN[kind]}" for kind, folder in folders.items())
    return f"Give {said}.{_command(folders)}"


def _command(folders: Mapping[str, str]) -> str:
    """The command line; nothing where there is no training part, or in S3 and in a container."""
    if "training" not in folders or not _is_local(folders["training"]):
        return ""
    words = ["ic-tf", "fit", folders["training"]]
    for kind in ("validation", "test"):
        words += [f"--{kind}", folders[kind]] if kind in folders else []
    return f" The command: {shlex.join(words)}"


def _turning(place: str) -> str:
    if not _is_local(place):
        return ""
    return f" ({shlex.join(['ic-tf', 'import-data', place, '--out', f'{place}-parts'])} does)"


def _is_local(place: str) -> bool:
    return not place.startswith(("s3://", "/opt/ml/"))


def _word(name: str) -> str:
    """The one word that a folder's name comes down to; empty where it has several."""
    words = [word for word in re.findall("[a-z]+", name.casefold()) if word not in _ADDED]
    return words[0].removesuffix("set") if len(words) == 1 else ""
