"""Names of folders and files that every system can hold, made of whatever a table says."""

import hashlib
import posixpath
import re
import unicodedata
from collections.abc import Iterable

from ic_tf_sdk.contract import image_names

__all__ = ["class_folders", "file_stem", "tagged"]

# What a disk, a shell or Windows reads as something else; and what cannot be seen.
_UNSAFE = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
# A disk takes 255 bytes; a tag and a suffix come behind.
_MOST_BYTES = 200
_TAG = 8


def class_folders(labels: Iterable[str]) -> dict[str, str]:
    """Class -> the folder of its images, which of no two classes is the same.

    Args:
        labels: The classes.

    Example:
        >>> class_folders(["roses", "a/b", "..", "con"])
        {'roses': 'roses', 'a/b': 'a_b', '..': '__', 'con': '_con'}
    """
    found: dict[str, str] = {}
    for label in dict.fromkeys(labels):
        found[label] = image_names.class_name(_safe(label))
    # Also where a disk makes no difference between "Cat" and "cat".
    folded: dict[str, list[str]] = {}
    for label, name in found.items():
        folded.setdefault(name.casefold(), []).append(label)
    for several in folded.values():
        exact = [label for label in several if found[label] == label]
        for label in several:
            if len(several) > 1 and label not in exact[:1]:
                found[label] = tagged(found[label], label)
    return found


def file_stem(image: str) -> str:
    """The name of an image's file, less its suffix.

    Args:
        image: A path or URI.
    """
    stem = posixpath.splitext(posixpath.basename(image.replace("\\", "/").rstrip("/")))[0]
    return _safe(stem or "image")


def tagged(name: str, whole: str) -> str:
    """A name that is told from others by what it was made of.

    Args:
        name: A safe name.
        whole: What it was made of.
    """
    digest = hashlib.sha256(whole.encode(errors="surrogateescape")).hexdigest()
    return f"{name}-{digest[:_TAG]}"


def _safe(text: str) -> str:
    name = unicodedata.normalize("NFC", text)
    # What is no valid text, as bytes of a name on disk may be.
    name = name.encode(errors="replace").decode()
    name = _UNSAFE.sub("_", name).strip()
    # Windows drops dots at the end; two dots are the folder above.
    name = name.rstrip(". ") or "_" * max(len(name), 1)
    if image_names.is_hidden(name) or _RESERVED.fullmatch(name):
        name = f"_{name}"
    return name.encode()[:_MOST_BYTES].decode(errors="ignore").rstrip()
