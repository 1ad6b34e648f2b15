"""The files of a channel by their headers: which are refused, which need a closer look."""

from pathlib import Path

from ic_tf_sdk.contract.image_header import ImageHeader, read_header
from ic_tf_sdk.errors import DatasetError
from ic_tf_sdk.training.data.concurrent_reads import read_each
from ic_tf_sdk.training.data.image_folder import ImageFolder

__all__ = ["refuse", "scan", "suspects", "unreadable"]

_SHOWN = 10


def scan(folder: ImageFolder) -> list[ImageHeader]:
    """Read the header of every file, in parallel, in the channel's order."""
    return read_each(read_header, folder.paths())


def unreadable(headers: list[ImageHeader]) -> dict[int, str]:
    """The rows that are refused by their headers alone, with the reason: ``"GIF"``, ``"empty"``."""
    return {row: found.problem for row, found in enumerate(headers) if found.problem is not None}


def suspects(folder: ImageFolder, headers: list[ImageHeader]) -> set[Path]:
    """The files that may be damaged, of which decoding tells."""
    return {
        folder.root / file
        for file, found in zip(folder.files, headers, strict=True)
        if found.suspect and found.problem is None
    }


def refuse(folder: ImageFolder, bad: dict[int, str]) -> None:
    """Raise what ``on_bad_image`` "error" raises: every bad file with its reason.

    Raises:
        DatasetError: If ``bad`` is not empty.
    """
    if not bad:
        return
    listed = "".join(
        f"\n  {folder.root / folder.files[row]}: {reason}"
        for row, reason in sorted(bad.items())[:_SHOWN]
    )
    more = f"\n  and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else ""
    raise DatasetError(
        f"{len(bad)} of {len(folder.files)} files in {folder.root} cannot be read as JPEG or PNG "
        f"images:{listed}{more}\nRemove them, or set the hyperparameter on_bad_image to 'skip'. "
        "`ic-tf check-data` lists all of them."
    )
