"""The folders of the classes of a model, called as a training will call the classes again."""

import os
from collections.abc import Sequence

from ic_tf_sdk.contract import image_names, safe_names

__all__ = ["class_folders"]

_MOST_NAME_BYTES = 255


def class_folders(labels: Sequence[str]) -> dict[str, str]:
    """Class -> the folder of its pictures: its own name wherever a folder can have that.

    Only by its name does a training know the class again. A model that was trained on folders has
    such names alone; others have a safe one, which a training takes for a class of that name.

    Args:
        labels: The classes.

    Example:
        >>> class_folders(["roses", "a/b", "..", "tench: a fish"])
        {'roses': 'roses', 'a/b': 'a_b', '..': '__', 'tench: a fish': 'tench: a fish'}
    """
    safe = safe_names.class_folders(labels)
    exact = {label for label in safe if _can_be_a_folder(label)}
    return {
        label: image_names.class_name(label) if label in exact else name
        for label, name in safe.items()
    }


def _can_be_a_folder(label: str) -> bool:
    if "/" in label or "\0" in label or not label or image_names.is_hidden(label):
        return False
    if os.name == "nt":
        return safe_names.class_folders([label])[label] == label
    try:
        return len(image_names.class_name(label).encode()) <= _MOST_NAME_BYTES
    except UnicodeEncodeError:
        return False
