"""A folder of class folders: what lies in it, before anything is read."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from ic_tf_sdk.contract import folder_names, image_names, output_files
from ic_tf_sdk.errors import DatasetError

__all__ = ["ImageFolder", "describe", "look"]


@dataclass(frozen=True)
class ImageFolder:
    """The images of one channel.

    Attributes:
        root: The channel's folder.
        labels: Class names: the folders' names by Unicode code point; the position is the index.
        files: Paths relative to ``root``, sorted within each class, classes in order.
        classes: The class index of each file.
        ignored: Suffix -> count of the files that are no .jpg, .jpeg or .png.
        strays: Images that lie beside the class folders, relative to ``root``; they are not used.
    """

    root: Path
    labels: tuple[str, ...]
    files: tuple[str, ...]
    classes: tuple[int, ...]
    ignored: dict[str, int]
    strays: tuple[str, ...] = ()

    @property
    def counts(self) -> list[int]:
        """Images per class, by class index."""
        images = Counter(self.classes)
        return [images[index] for index in range(len(self.labels))]

    def paths(self) -> list[str]:
        """The files as absolute paths."""
        return [str(self.root / file) for file in self.files]

    def names(self, beside: Path | None) -> tuple[str, ...]:
        """The files by what they are called wherever the folders lie.

        Args:
            beside: The root of the files whose paths are absolute, see ``joined``: they are called
                by their paths below it. None for no such files.
        """
        if beside is None:
            return self.files
        root = f"{beside.absolute().as_posix()}/"
        paths = map(Path, self.files)
        return tuple(
            path.as_posix().removeprefix(root) if path.is_absolute() else file
            for path, file in zip(paths, self.files, strict=True)
        )

    def subset(self, rows: list[int]) -> "ImageFolder":
        """The same channel with only these rows, in this order.

        Args:
            rows: Positions in ``files``.
        """
        return replace(
            self,
            files=tuple(self.files[row] for row in rows),
            classes=tuple(self.classes[row] for row in rows),
        )

    def of_labels(self, labels: tuple[str, ...]) -> "ImageFolder":
        """The same channel with its classes in another order.

        Args:
            labels: The same labels.
        """
        places = [labels.index(label) for label in self.labels]
        return replace(self, labels=labels, classes=tuple(places[one] for one in self.classes))

    def without(self, files: Collection[str]) -> "ImageFolder":
        """The same channel less some files.

        Args:
            files: Paths relative to ``root``; one that is not there is passed over. What of a name
                is no UTF-8 is escaped, as ``output_files.valid_text`` does.
        """
        left_out = set(files)
        names = enumerate(map(output_files.valid_text, self.files))
        return self.subset([row for row, name in names if name not in left_out])

    def joined(self, other: "ImageFolder") -> "ImageFolder":
        """This channel's images, and after them those of another one with the same classes.

        Args:
            other: A channel with the same labels.
        """
        files = other.files
        if other.root != self.root:
            # Beside a root, an absolute path stands for itself.
            files = tuple(str(Path(path).absolute()) for path in other.paths())
        return replace(self, files=self.files + files, classes=self.classes + other.classes)


def describe(root: Path, *, labels: tuple[str, ...] | None = None) -> ImageFolder:
    """List the images of a channel by the rule of ``contract.image_names``.

    Args:
        root: A folder of class folders. Images may lie in subfolders of a class.
        labels: For a validation or test channel: the classes of the training channel. A class may
            be absent there, but none may be added.

    Raises:
        DatasetError: No such folder or none that can be read, no class folders, one class only, an
            empty class, or a class that training does not have; with every reason that there is.
    """
    folder, reasons = look(root, labels=labels)
    if folder is None or reasons:
        raise DatasetError("\n".join(reasons))
    return folder


def look(
    root: Path, *, labels: tuple[str, ...] | None = None
) -> tuple[ImageFolder | None, list[str]]:
    """What there is of a channel, also where training would refuse it.

    Args:
        root: As for ``describe``.
        labels: Likewise.

    Returns:
        The images of its classes, or None without a folder; and every reason to refuse it.

    Raises:
        DatasetError: A folder cannot be read.
    """
    if absence := folder_names.absence(root):
        return None, [absence]
    channel = image_names.read(folder_names.below(root))
    reasons = image_names.problems(channel, str(root), labels=labels)
    labels = channel.labels if labels is None else labels
    files: list[str] = []
    classes: list[int] = []
    for index, label in enumerate(labels):
        images = channel.classes.get(label, ())
        files += images
        classes += [index] * len(images)
    folder = ImageFolder(
        root, labels, tuple(files), tuple(classes), channel.ignored, channel.strays
    )
    return folder, reasons
