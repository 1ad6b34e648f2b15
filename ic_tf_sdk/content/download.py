"""A model's archive fetched into the user's cache, where ``backbones.at_hand`` finds it."""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from ic_tf_sdk import specs
from ic_tf_sdk.backbones import at_hand, child
from ic_tf_sdk.content import hub
from ic_tf_sdk.content.mirror import mirror
from ic_tf_sdk.contract import model_archive
from ic_tf_sdk.enums import Scope
from ic_tf_sdk.errors import ArchiveError, DownloadError
from ic_tf_sdk.specs.archive_name import archive_name

__all__ = ["download", "is_whole", "mirrored"]


def is_whole(archive: Path) -> bool:
    """Whether an archive's files are those that it records; all of it is read.

    Args:
        archive: One that is there.
    """
    try:
        with model_archive.opened(archive):
            return True
    except ArchiveError:
        return False


def download(
    model_id: str,
    scope: Scope = "training",
    *,
    on_bytes: Callable[[int], None] = lambda _: None,
) -> None:
    """Fetch one of a model's modules from TF Hub, check it, and pack it.

    An archive that is in the cache already stays, unless it is damaged.

    Args:
        model_id: An id of the catalogue.
        scope: ``"training"`` for the feature vector to train on, ``"inference"`` for the classifier
            to answer with, with its labels.
        on_bytes: Called now and then with how many bytes have come.

    Raises:
        UnknownModelError: No such model.
        DownloadError: It is not to be had; says what to do.
    """
    archive = at_hand.downloads() / archive_name(specs.get(model_id), scope)
    if archive.is_file() and not is_whole(archive):
        archive.unlink()
    with hub.cache() as modules:
        before = _size(modules)

        def show() -> None:
            on_bytes(max(0, _size(modules) - before))

        child.call(f"{__name__}:mirrored", model_id, scope, meanwhile=show)


def mirrored(model_id: str, scope: Scope) -> None:
    """As ``download``, in this process."""
    [outcome] = mirror(model_ids=[model_id], to=at_hand.downloads(), scopes=(scope,))
    if outcome.problem:
        raise DownloadError(outcome.problem)


def _size(folder: Path) -> int:
    sizes = 0
    for place, _, names in os.walk(folder):
        for name in names:
            # A file of a download may be gone under its first name.
            with suppress(FileNotFoundError):
                sizes += (Path(place) / name).stat().st_size
    return sizes
