"""Which names are training images, and which folders are classes: one rule, over names alone.

A folder on this machine and a listing of S3 are both given as relative POSIX names, so that what is
said of one is said of the other in the same words.
"""

import posixpath
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ic_tf_sdk.contract import split_folders
from ic_tf_sdk.contract.plain_text import visible

__all__ = [
    "LEFTOVERS",
    "SUFFIXES",
    "ChannelNames",
    "binary_problem",
    "class_name",
    "different_classes",
    "is_hidden",
    "is_image",
    "passed_over",
    "problems",
    "read",
]

SUFFIXES = (".jpg", ".jpeg", ".png")
"""What an image's name ends in, in any case."""

LEFTOVERS = frozenset({"__MACOSX", "@eaDir", "lost+found", "Thumbs.db", "desktop.ini"})
"""What other programs leave beside people's files: unzipping on a Mac, network storage, a disk's
check, Windows. As folders they would count as classes."""

_SHOWN = 3
_LAYOUT = (
    "Lay the images out as one folder per class:\n"
    "  DIR/\n    roses/   one.jpg  two.jpeg\n    tulips/  three.png"
)


@dataclass(frozen=True)
class ChannelNames:
    """The names of one channel, sorted out.

    Attributes:
        classes: Class name, as of ``class_name`` -> relative names of its images, those of its
            subfolders too. Classes and images are ordered by Unicode code point. A class without
            an image is there, empty.
        ignored: Suffix (``"(none)"`` without one) -> number of files that are no images.
        strays: Relative names of the images that lie beside the class folders, sorted.
    """

    classes: dict[str, tuple[str, ...]]
    ignored: dict[str, int]
    strays: tuple[str, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The class names by class index."""
        return tuple(self.classes)


def is_hidden(part: str) -> bool:
    """Whether a file or folder is passed over without a word, as if it were not there.

    Args:
        part: One name of a path: ``.ipynb_checkpoints``, ``__MACOSX``, ``.DS_Store``.
    """
    return part.startswith(".") or part in LEFTOVERS


def is_image(name: str) -> bool:
    """Whether a file is an image by its name, and neither hidden nor in a hidden folder.

    Args:
        name: Relative to the folder or prefix that was asked for, with ``/`` between its parts.
    """
    return _suffix(name) in SUFFIXES and not any(map(is_hidden, name.split("/")))


def class_name(folder: str) -> str:
    """The class of a folder: its name in Unicode's composed form (NFC).

    A Mac writes "é" as two code points and Linux as one. They are one name to everybody who reads
    or types it, so they are one class.

    Args:
        folder: The folder's name as it is on disk or in S3.
    """
    return unicodedata.normalize("NFC", folder)


def read(names: Iterable[str]) -> ChannelNames:
    """Sort out the names of a channel.

    Args:
        names: Relative POSIX names of the files, in any order. A name that ends in ``/`` says that
            there is a folder, which may be empty.

    Example:
        >>> channel = read(["b/1.jpg", "a/2024/2.PNG", "a/notes.txt", ".git/c.jpg", "stray.jpg"])
        >>> channel.classes
        {'a': ('a/2024/2.PNG',), 'b': ('b/1.jpg',)}
        >>> channel.ignored, channel.strays
        ({'.txt': 1}, ('stray.jpg',))
    """
    images: dict[str, list[str]] = defaultdict(list)
    ignored: Counter[str] = Counter()
    strays: list[str] = []
    for name in names:
        # S3 allows empty parts: "a//1.jpg", which a disk has as "a/1.jpg".
        parts = [part for part in name.split("/") if part]
        in_folder = len(parts) > 1 or name.endswith("/")
        if not parts or is_hidden(parts[0]):
            continue
        if in_folder:
            # A folder of hidden files only is still a class, without an image.
            images[class_name(parts[0])] += []
        if name.endswith("/") or any(map(is_hidden, parts)):
            continue
        if _suffix(parts[-1]) not in SUFFIXES:
            ignored[_suffix(parts[-1]) or "(none)"] += 1
        else:
            (images[class_name(parts[0])] if in_folder else strays).append("/".join(parts))
    classes = {label: tuple(sorted(images[label])) for label in sorted(images)}
    return ChannelNames(classes, dict(ignored), tuple(sorted(strays)))


def problems(names: ChannelNames, place: str, *, labels: Sequence[str] | None = None) -> list[str]:
    """Why a channel cannot be used: one sentence for each reason, none where it can.

    Args:
        names: The channel's names.
        place: The folder or S3 URI, as it is said to the user.
        labels: For a validation or test channel: the classes of the training channel. A class may
            be absent there, but none may be added.
    """
    said = []
    unnameable = [label for label in names.labels if not _is_text(label)]
    if unnameable:
        said.append(
            f"{place} has class folders whose names are not valid UTF-8, so that no model could "
            f"say them: {_quoted(unnameable)}. Rename them."
        )
    if not names.labels:
        return [f"{place} has no class folders. {_LAYOUT}"]
    parts = split_folders.problem(names.classes, place)
    if parts is not None and not set(names.labels) <= set(map(class_name, labels or ())):
        # What else would be said is said of folders that are no classes.
        return [parts]
    if within := split_folders.problem_within(names.classes, place):
        said.append(within)
    if labels is None and len(names.labels) == 1:
        said.append(
            f"{place} has only one class, {names.labels[0]!r}; a classifier needs two or more. "
            f"{_LAYOUT}"
        )
    if labels is not None and set(names.labels) - set(map(class_name, labels)):
        said.append(
            f"The classes of {place} are not those of training: "
            f"{different_classes(labels, names.labels)}."
        )
    return said + _empty_classes(names, place, complete=labels is None)


def binary_problem(labels: Sequence[str], place: str) -> str | None:
    """Why ``binary_mode`` "True" cannot be used with these classes; None where it can.

    Args:
        labels: The classes of the training channel.
        place: Its folder or S3 URI.
    """
    if len(labels) == 2:
        return None
    listed = f"{len(labels)}: {_quoted(labels)}"
    return f"binary_mode needs exactly two classes; {place} has {listed}."


def passed_over(ignored: Mapping[str, int], strays: Sequence[str]) -> str | None:
    """A sentence on the files that training does not take; None without any.

    Args:
        ignored: As in :class:`ChannelNames`.
        strays: Likewise.
    """
    count = sum(ignored.values()) + len(strays)
    if not count:
        return None
    parts = [f"{number} {visible(suffix)}" for suffix, number in sorted(ignored.items())]
    if strays:
        shown = ", ".join(map(visible, strays[:_SHOWN])) + (", ..." if strays[_SHOWN:] else "")
        images = "image" if len(strays) == 1 else "images"
        parts.append(f"{len(strays)} {images} beside the class folders ({shown})")
    files = "1 file is" if count == 1 else f"{count} files are"
    return f"{files} no .jpg, .jpeg or .png in a class folder and passed over: {', '.join(parts)}."


def different_classes(expected: Sequence[str], actual: Sequence[str]) -> str:
    """What each set of classes has that the other has not; empty if neither does.

    Args:
        expected: The classes that there should be.
        actual: The classes that there are.
    """
    known, here = set(map(class_name, expected)), set(map(class_name, actual))
    missing, added = sorted(known - here), sorted(here - known)
    parts = []
    if missing:
        parts.append(f"missing here: {_quoted(missing)}")
    if added:
        parts.append(f"only here: {_quoted(added)}")
    return "; ".join(parts)


def _empty_classes(names: ChannelNames, place: str, *, complete: bool) -> list[str]:
    empty = [label for label, images in names.classes.items() if not images]
    if not empty or (not complete and len(empty) < len(names.classes)):
        return []
    others = ", ".join(
        f"{count} {visible(suffix)}" for suffix, count in sorted(names.ignored.items())
    )
    noun = "class" if len(empty) == 1 else "classes"
    sentence = f"No {', '.join(SUFFIXES)} images in {place} for the {noun} {_quoted(empty)}"
    sentence += f" (passed over: {others})" if others else ""
    return [f"{sentence}. Add images or remove the folder."]


def _suffix(name: str) -> str:
    suffix = posixpath.splitext(name)[1].lower()
    return "" if suffix == "." else suffix


def _is_text(label: str) -> bool:
    try:
        label.encode()
    except UnicodeEncodeError:
        return False
    return True


def _quoted(labels: Iterable[str]) -> str:
    return ", ".join(map(repr, labels))
