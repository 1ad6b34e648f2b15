"""The labelled images of a folder, as far as a model that is there already can be asked of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ic_tf_sdk.contract import folder_names, image_names, split_folders
from ic_tf_sdk.contract.image_names import ChannelNames
from ic_tf_sdk.contract.plain_text import visible
from ic_tf_sdk.errors import DatasetError, did_you_mean, nearest
from ic_tf_sdk.training.data import image_scan
from ic_tf_sdk.training.data.image_folder import ImageFolder

__all__ = ["LabelledImages", "look"]

_SHOWN = 10


@dataclass(frozen=True)
class LabelledImages:
    """What a folder holds for a model.

    Attributes:
        folder: The images that the model can be asked about, by the model's classes.
        unknown: Class of the folder that the model does not have -> how many images of it are left
            out.
        absent: Classes of the model of which the folder has no image.
        left_out: File, relative to the folder -> why it is left out: damaged, or no image.
        order_differs: Whether the model's classes are in another order than the folder's names.
    """

    folder: ImageFolder
    unknown: Mapping[str, int] = field(default_factory=dict)
    absent: tuple[str, ...] = ()
    left_out: Mapping[str, str] = field(default_factory=dict)
    order_differs: bool = False

    def sentences(self) -> list[str]:
        """Everything that a person should know of the folder, each in a sentence."""
        said = [self._unknown(name, count) for name, count in self.unknown.items()]
        if self.absent:
            count = len(self.absent)
            classes = "class" if count == 1 else "classes"
            named = _listed(list(self.absent))
            said.append(f"No image of {count} {classes} that the model has: {named}.")
        if self.order_differs:
            said.append(
                "The model's classes are in another order than the folders' names; answers are "
                "compared by name."
            )
        if self.left_out:
            reasons = Counter(self.left_out.values()).most_common()
            listed = ", ".join(f"{count} {reason}" for reason, count in reasons[:_SHOWN])
            files = "1 file is" if len(self.left_out) == 1 else f"{len(self.left_out)} files are"
            said.append(f"{files} left out: {listed}{', ...' if reasons[_SHOWN:] else ''}.")
        passed = image_names.passed_over(self.folder.ignored, self.folder.strays)
        return said + ([] if passed is None else [passed])

    def _unknown(self, name: str, count: int) -> str:
        images = "1 image is" if count == 1 else f"{count} images are"
        labels = self.folder.labels
        if labels.count(name) > 1:
            why = f"which of the model's {labels.count(name)} classes of this name is meant is open"
            return f"{images} left out of the class {name!r}: {why}."
        near = did_you_mean(nearest(name, labels, 1))
        return f"{images} left out of the class {name!r}, which the model does not have.{near}"

    def less(self, bad: Mapping[int, str]) -> "LabelledImages":
        """The same without some images.

        Args:
            bad: Row of ``folder`` -> the reason to leave it out.
        """
        reasons = {self.folder.files[row]: reason for row, reason in bad.items()}
        kept = [row for row in range(len(self.folder.files)) if row not in bad]
        return replace(self, folder=self.folder.subset(kept), left_out={**self.left_out, **reasons})

    def require_some(self) -> None:
        """Refuse a folder of which nothing is left, with every reason that there is.

        Raises:
            DatasetError: No image is left.
        """
        if not self.folder.files:
            classes = _listed(list(dict.fromkeys(self.folder.labels)))
            first = (
                f"{self.folder.root} has no image that the model can be asked about. Its classes "
                f"are {classes}."
            )
            raise DatasetError("\n".join([first, *self.sentences()]))


def look(root: Path, labels: Sequence[str]) -> LabelledImages:
    """Look for the images of a model's classes, and decode each once.

    Args:
        root: A folder of class folders. Classes may be absent; what the model does not have is
            left out.
        labels: The model's classes, by class index.

    Raises:
        DatasetError: There is no folder, it holds parts of a data set in place of classes, or
            nothing in it can be used; with every reason.
    """
    if absence := folder_names.absence(root):
        raise DatasetError(absence)
    names = image_names.read(folder_names.below(root))
    if reasons := _refused(names, root, labels):
        raise DatasetError("\n".join(reasons))
    found = _sorted_out(names, root, tuple(labels))
    headers = image_scan.scan(found.folder)
    found = found.less(image_scan.unreadable(headers))
    # It loads TensorFlow.
    from ic_tf_sdk.training.data.decode_check import decode_check

    found = found.less(decode_check(found.folder, range(len(found.folder.files))))
    found.require_some()
    return found


def _refused(names: ChannelNames, root: Path, labels: Sequence[str]) -> list[str]:
    """Why the folders are not classes."""
    place = str(root)
    if not names.labels:
        return image_names.problems(names, place)
    parts = split_folders.problem(names.classes, place)
    return [parts] if parts is not None and not set(names.labels) <= set(labels) else []


def _sorted_out(names: ChannelNames, root: Path, labels: tuple[str, ...]) -> LabelledImages:
    number = Counter(labels)
    known = [index for index, label in enumerate(labels) if number[label] == 1]
    files = [(file, index) for index in known for file in names.classes.get(labels[index], ())]
    folder = ImageFolder(
        root,
        labels,
        tuple(file for file, _ in files),
        tuple(index for _, index in files),
        names.ignored,
        names.strays,
    )
    unknown = {label: len(images) for label, images in names.classes.items() if number[label] != 1}
    absent = tuple(label for label in dict.fromkeys(labels) if not names.classes.get(label))
    order_differs = list(labels) != sorted(labels)
    return LabelledImages(folder, unknown, absent, {}, order_differs)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(visible(repr(name)) for name in names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if names[_SHOWN:] else shown
