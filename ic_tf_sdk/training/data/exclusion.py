"""The files that the user wants left out of a job, by channel."""

import json
import logging
from collections.abc import Collection, Mapping
from pathlib import Path

from ic_tf_sdk.contract import class_counts
from ic_tf_sdk.errors import DatasetError
from ic_tf_sdk.training.data.image_folder import ImageFolder

__all__ = ["Exclusion"]

logger = logging.getLogger(__name__)


class Exclusion:
    """A list of files.

    Args:
        path: A JSON object, channel name -> list of files relative to its folder; None for none.

    Raises:
        DatasetError: It cannot be read as that.

    Attributes:
        counts: Channel name -> how many images ``of`` has left out of it.
    """

    def __init__(self, path: Path | None) -> None:
        self._files: Mapping[str, Collection[str]] = {} if path is None else _read(path)
        self.counts: dict[str, int] = {}

    def of(self, channel: str, folder: ImageFolder) -> ImageFolder:
        """A channel less what is listed of it.

        Args:
            channel: Its name.
            folder: Its images.

        Raises:
            DatasetError: None of the listed files is there, or too little is left.
        """
        listed = self._files.get(channel, ())
        if not listed:
            return folder
        rest = folder.without(listed)
        count = len(folder.files) - len(rest.files)
        if not count:
            raise DatasetError(
                f"None of the {len(listed)} files to leave out of {channel} is in {folder.root}. "
                "The list is of another folder, or they are removed already: then leave it out."
            )
        counts = dict(zip(rest.labels, rest.counts, strict=True))
        if problem := class_counts.used_up(counts, str(folder.root), each=channel == "training"):
            raise DatasetError(f"{problem} The list of files to leave out takes the others.")
        self.counts[channel] = count
        absent = len(set(listed)) - count
        gone = f"; {absent} more of the list are not there" if absent else ""
        logger.info("Left out of %s, as listed: %d images%s", channel, count, gone)
        return rest


def _read(path: Path) -> Mapping[str, Collection[str]]:
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
        lists = listed.values()
        if all(isinstance(name, str) for names in lists for name in names):
            return {channel: tuple(names) for channel, names in listed.items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise DatasetError(_unreadable(path)) from error
    raise DatasetError(_unreadable(path))


def _unreadable(path: Path) -> str:
    return (
        f"{path} cannot be read as a JSON object, channel name to list of files. `ic-tf fit "
        "--exclude suspects.csv` writes one."
    )
