"""Putting files into a folder that may hold some already: none is replaced, each appears whole."""

import filecmp
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

__all__ = ["place"]


def place(file: Path, folder: Path, names: Iterable[str]) -> tuple[str, bool] | None:
    """Put a file into a folder under the first name that is free or has the same bytes.

    Args:
        file: A complete file on the same disk; it stays, under its name too.
        folder: The folder, which is made if need be.
        names: The names to try.

    Returns:
        The name, and whether the file was there already; None where other files have them all.

    Raises:
        OSError: It cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        target = folder / name
        try:
            _link(file, target)
        except FileExistsError:
            if target.is_file() and filecmp.cmp(file, target, shallow=False):
                return name, True
            continue
        return name, False
    return None


def _link(file: Path, target: Path) -> None:
    """A second name for a file; where a disk has no such thing, or is another, a copy."""
    try:
        # It refuses a name that is taken, in one step.
        os.link(file, target)
    except OSError:
        if os.path.lexists(target):
            raise FileExistsError(target) from None
        beside = target.with_name(f".{target.name}.ic-tf-part")
        try:
            shutil.copyfile(file, beside)
            beside.rename(target)
        finally:
            beside.unlink(missing_ok=True)
