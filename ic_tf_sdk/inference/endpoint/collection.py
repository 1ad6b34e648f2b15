"""A folder that gathers pictures whose class a person has said: an ordinary training folder."""

import errno
import hashlib
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ic_tf_sdk.contract import (
    file_access,
    file_lock,
    folder_names,
    image_names,
    placing,
    safe_names,
    scratch_folder,
)
from ic_tf_sdk.contract.container_answer import RequestError
from ic_tf_sdk.contract.content_kind import apparent_type
from ic_tf_sdk.contract.plain_text import visible
from ic_tf_sdk.errors import DatasetError, UserError, did_you_mean, nearest
from ic_tf_sdk.inference.endpoint.class_folders import class_folders

__all__ = ["MOST_BYTES", "MOST_IMAGES", "Collection", "Kept", "prepare"]

MOST_IMAGES = 10_000
"""Pictures that a folder gathers: each is a person's click, and so many are a month of them."""

MOST_BYTES = 2 << 30
"""Bytes of all of them: photos of phones, a few megabytes each, fill it before the count does."""

_TAG = 16
_MOST_STEM = 60
_SUFFIXES = {"JPEG": ".jpg", "PNG": ".png"}
_SHOWN = 5


class Kept(NamedTuple):
    """What became of a picture.

    Attributes:
        label: The class that it has now.
        file: Where it lies, below the folder.
        state: ``new``; ``there`` where it had this class already; ``moved`` where it had another.
        before: The class that it had; None of one that is new.
    """

    label: str
    file: str
    state: str
    before: str | None


class _Held(NamedTuple):
    """A picture of the folder: its class folder, its name below the root, its bytes."""

    folder: str
    file: str
    size: int


def prepare(folder: Path) -> None:
    """Make the folder, before the model is loaded.

    Args:
        folder: It may exist, and hold pictures.

    Raises:
        FileAccessError: It is no folder, or cannot be written.
    """
    file_access.require_folder(folder)
    with file_access.refusals(folder):
        folder.mkdir(parents=True, exist_ok=True)


class Collection:
    """The folder, for one model. Several processes may fill it.

    A picture has one class: whoever says another one later moves it. Its file is named after what
    the user calls it and after its bytes, so that no two pictures meet and none is replaced.

    Args:
        folder: From ``prepare``.
        labels: The model's classes.
        most_images: Pictures that the folder holds; what was put there by hand counts.
        most_bytes: Bytes of all of them.

    Raises:
        UserError: The folder has classes that the model has not, or its disk cannot tell apart two
            classes of the model.
        DatasetError: It cannot be read.
    """

    def __init__(
        self,
        folder: Path,
        labels: Sequence[str],
        *,
        most_images: int = MOST_IMAGES,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._root, self._labels = folder, tuple(dict.fromkeys(labels))
        self._most_images, self._most_bytes = most_images, most_bytes
        self._folders = class_folders(self._labels)
        self._names = {name: label for label, name in self._folders.items()}
        self._lock = threading.Lock()
        self._refuse_others()
        self._refuse_twins()

    def _refuse_others(self) -> None:
        found = image_names.read(folder_names.below(self._root)).labels
        if others := [name for name in found if name not in self._names]:
            listed = ", ".join(visible(repr(name)) for name in others[:_SHOWN])
            raise UserError(
                f"{self._root} has folders of classes that the model does not have: {listed}"
                f"{', ...' if others[_SHOWN:] else ''}. Give --collect a folder of its own."
            )

    def _refuse_twins(self) -> None:
        """Where a disk takes "Cat" for "cat", their pictures would come to lie together."""
        twins: dict[str, list[str]] = {}
        for name in self._names:
            twins.setdefault(name.casefold(), []).append(name)
        alike = next((several for several in twins.values() if len(several) > 1), None)
        with file_access.refusals(self._root):
            if alike is None or _tells_apart(self._root):
                return
        raise UserError(
            f"The disk of {self._root} cannot tell the classes {' and '.join(map(repr, alike))} "
            "apart. Give --collect a folder on another disk."
        )

    def refuse_unknown(self, label: str) -> None:
        """Refuse what is no class of the model.

        Raises:
            RequestError: 400, with the nearest classes.
        """
        if label not in self._folders:
            near = did_you_mean(nearest(label, self._labels, 2))
            raise RequestError(
                "400 Bad Request",
                f"{visible(repr(label[:100]))} is no class of the model.{near}",
            )

    def keep(self, image: bytes, label: str, name: str = "") -> Kept:
        """Keep a picture; in one step, or not at all.

        Args:
            image: A JPEG or PNG that decodes.
            label: A class of the model.
            name: What the user calls it; its beginning is in the file's name.

        Raises:
            RequestError: 400 of another label, 507 where there is no room.
        """
        self.refuse_unknown(label)
        try:
            self._root.mkdir(parents=True, exist_ok=True)
            with self._lock, file_lock.one_at_a_time(self._root):
                return self._keep(image, label, name)
        except (OSError, DatasetError) as error:
            # Of a folder that cannot be listed; its own sentence would say where it lies.
            reason = getattr(error.__cause__ or error, "strerror", None) or type(error).__name__
            raise RequestError(
                "507 Insufficient Storage", f"The picture cannot be stored: {reason}."
            ) from error

    def _keep(self, image: bytes, label: str, name: str) -> Kept:
        held, folder = list(self._held()), self._folders[label]
        tag = hashlib.sha256(image).hexdigest()[:_TAG]
        same = [one for one in held if self._is(one, image)]
        here = next((one for one in same if one.folder == folder), None)
        others = [one for one in same if one.folder != folder]
        if here is not None and not others:
            return Kept(label, here.file, "there", label)
        if here is None and not others:
            self._require_room(held, len(image))
            return Kept(label, self._placed(image, folder, name, tag), "new", None)
        file = here.file if here is not None else self._moved(others[0], folder)
        for other in others:
            self._remove(other)
        # A folder that was made by hand meanwhile is of no class of the model.
        before = others[0].folder
        return Kept(label, file, "moved", self._names.get(before, before))

    def _held(self) -> Iterator[_Held]:
        for file in folder_names.below(self._root):
            if "/" in file and image_names.is_image(file):
                with suppress(FileNotFoundError):
                    folder = image_names.class_name(file.partition("/")[0])
                    yield _Held(folder, file, (self._root / file).stat().st_size)

    def _is(self, one: _Held, image: bytes) -> bool:
        return one.size == len(image) and (self._root / one.file).read_bytes() == image

    def _require_room(self, held: Iterable[_Held], size: int) -> None:
        sizes = [one.size for one in held]
        if len(sizes) < self._most_images and sum(sizes) + size <= self._most_bytes:
            return
        raise RequestError(
            "507 Insufficient Storage",
            f"The folder of collected pictures is full: it has {len(sizes)} of at most "
            f"{self._most_images}, {sum(sizes)} bytes of at most {self._most_bytes}. Whoever runs "
            "the endpoint trains with them and gives another folder, or a larger number.",
        )

    def _placed(self, image: bytes, folder: str, name: str, tag: str) -> str:
        suffix = _SUFFIXES.get(apparent_type(image[:64]), ".jpg")
        stem = safe_names.file_stem(name or "picture")
        stem = stem.encode()[:_MOST_STEM].decode(errors="ignore")
        # On the same disk, and out of every listing: a reader sees the picture whole or not.
        with scratch_folder.beside(self._root / "picture") as private:
            whole = private / f"picture{suffix}"
            with whole.open("wb") as stream:
                stream.write(image)
                stream.flush()
                os.fsync(stream.fileno())
            return self._put(whole, folder, f"{stem}-{tag}", suffix)

    def _moved(self, one: _Held, folder: str) -> str:
        path = self._root / one.file
        # What a link leads to: the link itself may lead nowhere from another folder.
        return self._put(path.resolve(), folder, path.stem, path.suffix)

    def _put(self, file: Path, folder: str, stem: str, suffix: str) -> str:
        names = (f"{stem}{more}{suffix}" for more in ("", *(f"-{n}" for n in range(2, 100))))
        try:
            placed = placing.place(file, self._root / folder, names)
        except OSError:
            # A class folder without a picture would be refused by the training.
            with suppress(OSError):
                (self._root / folder).rmdir()
            raise
        if placed is None:
            raise FileExistsError(errno.EEXIST, "its name is taken a hundred times")
        return f"{folder}/{placed[0]}"

    def _remove(self, one: _Held) -> None:
        path = self._root / one.file
        path.unlink(missing_ok=True)
        # By hand there may be folders in that of the class.
        with suppress(OSError):
            for folder in path.relative_to(self._root).parents[:-1]:
                (self._root / folder).rmdir()


def _tells_apart(folder: Path) -> bool:
    with scratch_folder.beside(folder / "case") as private:
        (private / "a").touch()
        return not (private / "A").exists()
