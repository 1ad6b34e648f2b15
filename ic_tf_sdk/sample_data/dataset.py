"""The folder of class folders that the pictures are written to."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ic_tf_sdk import extras
from ic_tf_sdk.contract import file_access, output_files
from ic_tf_sdk.errors import OutputExistsError, UserError

__all__ = ["LABELS", "draw"]

LABELS = ("clover", "crescent", "gear", "spiral", "star")

# Every third picture is a PNG file, whatever its class.
PNG_EVERY = 3
# Beside a training set of n pictures per class, a split has n / 2 in each of the others.
SPLITS = {"training": 1.0, "more": 0.5, "test": 0.5}


class _Set(NamedTuple):
    """Which pictures are asked for."""

    images_per_class: int
    seed: int
    split: bool

    def check(self) -> None:
        if self.images_per_class < 1:
            raise UserError(f"images_per_class must be at least 1, not {self.images_per_class}.")
        if self.seed < 0:
            raise UserError(f"seed must be 0 or more, not {self.seed}.")

    def pictures(self) -> Iterator[tuple[Path, list[int]]]:
        """Path below the directory, and the numbers that the picture stands for."""
        for part, (name, count) in enumerate(self._parts()):
            for index, label in enumerate(LABELS):
                for number in range(count):
                    suffix = "png" if number % PNG_EVERY == PNG_EVERY - 1 else "jpg"
                    path = Path(name, label, f"{label}-{number:04d}.{suffix}")
                    yield path, [self.seed, part, index, number]

    def _parts(self) -> Iterator[tuple[str, int]]:
        """Name and pictures per class of each set; no name where there is only one."""
        if not self.split:
            yield "", self.images_per_class
            return
        for name, share in SPLITS.items():
            yield name, max(1, round(self.images_per_class * share))


def _drawn(path: Path, numbers: list[int]) -> bytes:
    """The file of the picture that the numbers stand for."""
    import numpy as np

    from ic_tf_sdk.sample_data.outline import OUTLINES, PATTERN_OF
    from ic_tf_sdk.sample_data.scene import paint

    label = path.parent.name
    rng = np.random.default_rng(numbers)
    picture = paint(points=OUTLINES[label](rng), pattern=PATTERN_OF[label], rng=rng)
    # Into memory first: Pillow does not say that a disk is full.
    content = io.BytesIO()
    if path.suffix == ".png":
        # Noise hardly compresses; level 1 takes a third of the time.
        picture.save(content, "PNG", compress_level=1)
    else:
        picture.save(content, "JPEG", quality=int(rng.integers(80, 96)))
    return content.getvalue()


def _draw_all(root: Path, asked: _Set) -> int:
    drawn = 0
    for path, numbers in asked.pictures():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(_drawn(path, numbers))
        drawn += 1
    return drawn


def _holds(directory: Path, asked: _Set) -> bool:
    """Whether a directory has these very pictures, and nothing else but hidden files."""
    wanted = dict(asked.pictures())
    files = (path for path in directory.rglob("*") if not path.is_dir())
    there = {path.relative_to(directory) for path in files if not path.name.startswith(".")}
    return there == wanted.keys() and all(
        (directory / path).read_bytes() == _drawn(path, numbers) for path, numbers in wanted.items()
    )


def draw(
    *,
    directory: str | os.PathLike[str],
    images_per_class: int = 100,
    seed: int = 123,
    split: bool = False,
) -> int:
    """Draw a labelled set of pictures: five classes, JPEG and PNG, told apart by their shape.

    The pattern that fills a shape is a hint, true nine times out of ten; colour, size, place,
    background and clutter are chance.

    The same arguments give the same pictures (with the same versions of numpy and Pillow, the
    same bytes). The directory appears when all pictures are written, or not at all. One that holds
    these very pictures is left as it is: a notebook runs again.

    Args:
        directory: Where to; must not exist otherwise. Gets a folder per class of ``LABELS``.
        images_per_class: Pictures of each class, in the training set where ``split``.
        seed: Decides everything; 0 or more.
        split: Write ``training/``, ``more/`` (for incremental training) and ``test/`` with class
            folders in each; the latter two have half as many pictures. None appears twice.

    Returns:
        How many pictures are there.

    Raises:
        OutputExistsError: The directory exists, and holds anything else.
        FileAccessError: The directory cannot be written.
        UserError: A number is out of range.
        MissingExtraError: Pillow or numpy is not installed.

    Example:
        >>> draw(directory="pictures", images_per_class=2)
        10
    """
    target = Path(directory)
    asked = _Set(images_per_class, seed, split)
    asked.check()
    with file_access.refusals(target):
        if target.exists() or target.is_symlink():
            return _kept(target, asked)
    file_access.require_writable(target)
    extras.require("PIL", "numpy")
    with file_access.refusals(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        with output_files.replacing(target) as root:
            return _draw_all(root, asked)


def _kept(target: Path, asked: _Set) -> int:
    can_draw = extras.has("PIL") and extras.has("numpy")
    if not (can_draw and target.is_dir() and _holds(target, asked)):
        reason = (
            "It does not hold just these pictures"
            if can_draw
            else "Without Pillow and numpy nobody can see whether it holds these pictures"
        )
        raise OutputExistsError(
            f"{target} exists already. {reason}: name a directory that is not there."
        )
    return sum(1 for _ in asked.pictures())
