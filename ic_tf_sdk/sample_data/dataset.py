"""The folder of class folders that the pictures are written to."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from ic_tf_sdk import extras
from ic_tf_sdk.contract import output_files
from ic_tf_sdk.errors import OutputExistsError, UserError

__all__ = ["LABELS", "draw"]

LABELS = ("clover", "crescent", "gear", "spiral", "star")

# Every third picture is a PNG file, whatever its class.
PNG_EVERY = 3
# Beside a training set of n pictures per class, a split has n / 2 in each of the others.
SPLITS = {"training": 1.0, "more": 0.5, "test": 0.5}


def _check_arguments(*, directory: Path, images_per_class: int, seed: int) -> None:
    if images_per_class < 1:
        raise UserError(f"images_per_class must be at least 1, not {images_per_class}.")
    if seed < 0:
        raise UserError(f"seed must be 0 or more, not {seed}.")
    if directory.exists() or directory.is_symlink():
        raise OutputExistsError(f"{directory} exists already. Name a directory that does not.")


def _write(*, path: Path, label: str, stream: list[int]) -> None:
    """Draw the picture that the numbers of ``stream`` stand for."""
    import numpy as np

    from ic_tf_sdk.sample_data.outline import OUTLINES, PATTERN_OF
    from ic_tf_sdk.sample_data.scene import paint

    rng = np.random.default_rng(stream)
    picture = paint(points=OUTLINES[label](rng), pattern=PATTERN_OF[label], rng=rng)
    if path.suffix == ".png":
        # Noise hardly compresses; level 1 takes a third of the time.
        picture.save(path, compress_level=1)
    else:
        picture.save(path, quality=int(rng.integers(80, 96)))


def _folders(*, images_per_class: int, split: bool) -> Iterator[tuple[str, int]]:
    """Name and pictures per class of each set; no name where there is only one."""
    if not split:
        yield "", images_per_class
        return
    for name, share in SPLITS.items():
        yield name, max(1, round(images_per_class * share))


def _draw_all(*, root: Path, images_per_class: int, seed: int, split: bool) -> int:
    drawn = 0
    for part, (name, count) in enumerate(_folders(images_per_class=images_per_class, split=split)):
        for index, label in enumerate(LABELS):
            folder = root / name / label
            folder.mkdir(parents=True)
            for number in range(count):
                suffix = "png" if number % PNG_EVERY == PNG_EVERY - 1 else "jpg"
                path = folder / f"{label}-{number:04d}.{suffix}"
                _write(path=path, label=label, stream=[seed, part, index, number])
                drawn += 1
    return drawn


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
    same bytes). The directory appears when all pictures are written, or not at all.

    Args:
        directory: Where to; must not exist. Gets a folder per class of ``LABELS``.
        images_per_class: Pictures of each class, in the training set where ``split``.
        seed: Decides everything; 0 or more.
        split: Write ``training/``, ``more/`` (for incremental training) and ``test/`` with class
            folders in each; the latter two have half as many pictures. None appears twice.

    Returns:
        How many pictures were written.

    Raises:
        OutputExistsError: The directory exists.
        UserError: A number is out of range, or the directory cannot be written.
        MissingExtraError: Pillow or numpy is not installed.

    Example:
        >>> draw(directory="pictures", images_per_class=2)
        10
    """
    target = Path(directory)
    _check_arguments(directory=target, images_per_class=images_per_class, seed=seed)
    extras.require("PIL", "numpy")
    with ExitStack() as stack:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            root = stack.enter_context(output_files.replacing(target))
        except OSError as error:
            raise UserError(f"{target} cannot be written: {error}.") from error
        return _draw_all(root=root, images_per_class=images_per_class, seed=seed, split=split)
