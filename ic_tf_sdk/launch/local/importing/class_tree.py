"""Rows of a folder of class folders, also of one with parts of a data set in it."""

from collections import Counter
from pathlib import Path

from ic_tf_sdk.contract import folder_names, image_names, split_folders
from ic_tf_sdk.errors import DatasetError
from ic_tf_sdk.launch.local.importing.image_suffixes import is_image, suffix
from ic_tf_sdk.launch.local.importing.row import Row, Source

__all__ = ["read"]


def read(root: Path) -> Source:
    """Read a folder.

    Args:
        root: Class folders, ``train/`` and others with class folders in them, or class folders with
            ``train/`` and others in them.

    Raises:
        DatasetError: It cannot be read, or has no image in a folder.
    """
    if absence := folder_names.absence(root):
        raise DatasetError(absence)
    names = sorted(name for name in folder_names.below(root) if not name.endswith("/"))
    images = [name for name in names if is_image(name)]
    others = Counter(suffix(name) for name in names if not is_image(name))
    by_folder: dict[str, list[str]] = {}
    for name in images:
        if "/" in name:
            by_folder.setdefault(name.split("/")[0], []).append(name)
    if not by_folder:
        raise DatasetError(
            f"{root} has no image in a folder. Give a folder of class folders, or a CSV, a "
            "manifest or a .lst."
        )
    parts = split_folders.parts(by_folder)
    within = {} if parts else split_folders.parts_within(by_folder)
    rows = [_row(number, name, parts, within) for number, name in enumerate(images, 1)]
    notes = []
    if parts or within:
        notes.append("It holds parts of a data set, each of which becomes a folder of its own.")
    return Source("folder", rows, dict(others), notes)


def _row(number: int, name: str, parts: dict[str, str], within: dict[str, str]) -> Row:
    words = name.split("/")
    if len(words) == 1:
        return Row(number, name, "", "it lies beside the class folders")
    if not parts and not within:
        return Row(number, name, image_names.class_name(words[0]))
    # train/ant/1.jpg, or ant/train/1.jpg.
    part, label = (words[0], words[1]) if parts else (words[1], words[0])
    kinds = parts or within
    if len(words) == 2 or part not in kinds:
        return Row(number, name, "", "it lies beside the parts of the data set")
    return Row(number, name, image_names.class_name(label), "", kinds[part])
