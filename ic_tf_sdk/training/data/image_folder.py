"""A folder of class folders: what lies in it, before anything is read."""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from ic_tf_sdk.errors import DatasetError

__all__ = ["SUFFIXES", "ImageFolder", "describe", "different_classes"]

SUFFIXES = (".jpg", ".jpeg", ".png")

_LAYOUT = (
    "Lay the images out as one folder per class:\n"
    "  DIR/\n    roses/   one.jpg  two.jpeg\n    tulips/  three.png"
)


@dataclass(frozen=True)
class ImageFolder:
    """The images of one channel.

    Attributes:
        root: The channel's folder.
        labels: Class names: the folders' names by Unicode code point; the position is the index.
        files: Paths relative to ``root``, sorted within each class, classes in order.
        classes: The class index of each file.
        ignored: Suffix -> count of the files that are no .jpg, .jpeg or .png.
    """

    root: Path
    labels: tuple[str, ...]
    files: tuple[str, ...]
    classes: tuple[int, ...]
    ignored: dict[str, int]

    @property
    def counts(self) -> list[int]:
        """Images per class, by class index."""
        found = Counter(self.classes)
        return [found[index] for index in range(len(self.labels))]

    def paths(self) -> list[str]:
        """The files as absolute paths."""
        return [str(self.root / file) for file in self.files]

    def subset(self, rows: list[int]) -> "ImageFolder":
        """The same channel with only these rows, in this order."""
        return ImageFolder(
            self.root,
            self.labels,
            tuple(self.files[row] for row in rows),
            tuple(self.classes[row] for row in rows),
            self.ignored,
        )

    def joined(self, other: "ImageFolder") -> "ImageFolder":
        """This channel's images, and after them those of another one with the same classes."""
        files = other.files
        if other.root != self.root:
            # Beside a root, an absolute path stands for itself.
            files = tuple(str(Path(path).absolute()) for path in other.paths())
        return ImageFolder(
            self.root, self.labels, self.files + files, self.classes + other.classes, self.ignored
        )


def describe(root: Path, *, labels: tuple[str, ...] | None = None) -> ImageFolder:
    """List the images of a channel; hidden names are passed over, whatever they are.

    Args:
        root: A folder of class folders. Images may lie in subfolders of a class.
        labels: For a validation or test channel: the classes of the training channel. A class may
            be absent there, but none may be added.

    Raises:
        DatasetError: No such folder, no class folders, one class only, an empty class, or a class
            that training does not have.
    """
    if not root.is_dir():
        what = "is a file, not a folder" if root.exists() else "does not exist"
        raise DatasetError(f"The image folder {root} {what}.")
    found = tuple(sorted(path.name for path in root.iterdir() if _is_class(path)))
    _check_classes(root, found, labels)
    names = labels if labels is not None else found
    files: list[str] = []
    classes: list[int] = []
    ignored: Counter[str] = Counter()
    for index, name in enumerate(names):
        images, others = _list_images(root, name)
        files += images
        classes += [index] * len(images)
        ignored.update(others)
    folder = ImageFolder(root, names, tuple(files), tuple(classes), dict(ignored))
    _check_counts(folder, complete=labels is None)
    return folder


def different_classes(expected: tuple[str, ...], found: tuple[str, ...]) -> str:
    """A sentence on what each set of classes has that the other has not; empty if neither does."""
    missing = sorted(set(expected) - set(found))
    added = sorted(set(found) - set(expected))
    parts = []
    if missing:
        parts.append(f"missing here: {', '.join(map(repr, missing))}")
    if added:
        parts.append(f"only here: {', '.join(map(repr, added))}")
    return "; ".join(parts)


def _is_class(path: Path) -> bool:
    return path.is_dir() and not path.name.startswith(".")


def _check_classes(root: Path, found: tuple[str, ...], labels: tuple[str, ...] | None) -> None:
    unnameable = [name for name in found if not _is_text(name)]
    if unnameable:
        raise DatasetError(
            f"{root} has class folders whose names are not valid UTF-8, so that no model could "
            f"say them: {', '.join(map(repr, unnameable))}. Rename them."
        )
    if not found:
        raise DatasetError(f"{root} has no class folders. {_LAYOUT}")
    if labels is None and len(found) == 1:
        raise DatasetError(
            f"{root} has only one class, {found[0]!r}; a classifier needs two or more. {_LAYOUT}"
        )
    if labels is not None and set(found) - set(labels):
        raise DatasetError(
            f"The classes of {root} are not those of training: {different_classes(labels, found)}."
        )


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _list_images(root: Path, name: str) -> tuple[list[str], Counter[str]]:
    images: list[str] = []
    others: Counter[str] = Counter()
    seen: set[str] = set()
    for folder, below, files in os.walk(root / name, followlinks=True):
        # A link may lead back up; each real folder is walked once.
        real = os.path.realpath(folder)
        if real in seen:
            below.clear()
            continue
        seen.add(real)
        below[:] = sorted(entry for entry in below if not entry.startswith("."))
        for file in files:
            suffix = Path(file).suffix.lower()
            if file.startswith("."):
                continue
            if suffix in SUFFIXES:
                images.append(Path(folder, file).relative_to(root).as_posix())
            else:
                others[suffix or "(none)"] += 1
    return sorted(images), others


def _check_counts(folder: ImageFolder, *, complete: bool) -> None:
    empty = [name for name, count in zip(folder.labels, folder.counts, strict=True) if count == 0]
    ignored = f" (passed over: {_text(folder.ignored)})" if folder.ignored else ""
    if not folder.files or (complete and empty):
        raise DatasetError(
            f"No {', '.join(SUFFIXES)} images in {folder.root} for "
            f"{'the class' if len(empty) == 1 else 'the classes'} "
            f"{', '.join(map(repr, empty))}{ignored}. Add images or remove the folder."
        )


def _text(ignored: dict[str, int]) -> str:
    return ", ".join(f"{count} {suffix}" for suffix, count in sorted(ignored.items()))
