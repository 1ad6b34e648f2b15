"""The files of a channel by their headers: which are refused, which need a closer look."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from ic_tf_sdk.contract import regular_file
from ic_tf_sdk.contract.image_header import ImageHeader, read_header
from ic_tf_sdk.contract.phases import ignore
from ic_tf_sdk.contract.plain_text import visible
from ic_tf_sdk.errors import DatasetError
from ic_tf_sdk.training.data.concurrent_reads import read_each, scan_each
from ic_tf_sdk.training.data.image_folder import ImageFolder

__all__ = [
    "needs_decoding",
    "refuse",
    "refuse_vanished",
    "samples",
    "scan",
    "unreadable",
    "without",
]

logger = logging.getLogger(__name__)

# A channel of another format would fill the log, and SageMaker cuts a failure's reason off.
_SHOWN = 10


def scan(folder: ImageFolder, *, advance: Callable[[int], object] = ignore) -> list[ImageHeader]:
    """Read the header of every file, in the channel's order.

    Args:
        folder: The images of the channel.
        advance: Called with 1 after each file.
    """
    return scan_each(read_header, folder.paths(), advance=advance)


def unreadable(headers: list[ImageHeader]) -> dict[int, str]:
    """The rows that are refused by their headers alone, with the reason: ``"GIF"``, ``"empty"``."""
    return {row: header.problem for row, header in enumerate(headers) if header.problem is not None}


def samples(folder: ImageFolder, headers: list[ImageHeader]) -> dict[Path, str]:
    """File -> what tells it apart from others, of those whose headers are no reason to refuse them.

    Args:
        folder: The images of the channel.
        headers: From ``scan``.
    """
    return {
        folder.root / file: header.sample
        for file, header in zip(folder.files, headers, strict=True)
        if header.sample
    }


def needs_decoding(folder: ImageFolder, headers: list[ImageHeader]) -> set[Path]:
    """The files whose headers leave a doubt: only decoding tells whether they are damaged."""
    return {
        folder.root / file
        for file, header in zip(folder.files, headers, strict=True)
        if header.suspect and header.problem is None
    }


def without(folder: ImageFolder, bad: Mapping[int, str]) -> ImageFolder:
    """A channel less its bad rows, each of which is logged.

    Args:
        folder: The images of the channel.
        bad: Row -> reason of the images to leave out.
    """
    for row, reason in sorted(bad.items()):
        logger.warning("Left out %s: %s", folder.root / folder.files[row], reason)
    return folder.subset([row for row in range(len(folder.files)) if row not in bad])


def refuse(folder: ImageFolder, bad: Mapping[int, str]) -> None:
    """Raise what ``on_bad_image`` "error" raises: every bad file with its reason.

    Args:
        folder: The images of the channel.
        bad: Row -> reason of the images that cannot be used; none is fine.

    Raises:
        DatasetError: If ``bad`` is not empty.
    """
    if not bad:
        return
    raise DatasetError(
        f"{len(bad)} of {len(folder.files)} files in {folder.root} cannot be read as JPEG or PNG "
        f"images:{_listed(folder, bad)}\nRemove them, or set the hyperparameter on_bad_image to "
        "'skip'. `ic-tf check-data` lists all of them."
    )


def refuse_vanished(folder: ImageFolder) -> None:
    """Name the files that were there when the job began and cannot be read any more.

    Args:
        folder: The images of the channel.

    Raises:
        DatasetError: There are some.
    """
    reasons = read_each(_unopened, folder.paths())
    gone = {row: reason for row, reason in enumerate(reasons) if reason is not None}
    if gone:
        raise DatasetError(
            f"{len(gone)} of {len(folder.files)} files in {folder.root} could be read when the job "
            f"began, and cannot be read any more:{_listed(folder, gone)}\nPut them back and start "
            "the job again: it goes on from its last checkpoint."
        )


def _unopened(path: str) -> str | None:
    try:
        regular_file.opened(path).close()
    except OSError as error:
        return error.strerror or str(error)
    return None


def _listed(folder: ImageFolder, bad: Mapping[int, str]) -> str:
    lines = [
        f"\n  {visible(str(folder.root / folder.files[row]))}: {reason}"
        for row, reason in sorted(bad.items())[:_SHOWN]
    ]
    return "".join(lines) + (f"\n  and {len(bad) - _SHOWN} more" if len(bad) > _SHOWN else "")
