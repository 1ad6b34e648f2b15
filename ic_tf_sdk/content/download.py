"""A model's archive fetched into the user's cache, where ``backbones.at_hand`` finds it."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillRunning
from contextlib import suppress
from pathlib import Path

from ic_tf_sdk.backbones import at_hand, child
from ic_tf_sdk.content import hub
from ic_tf_sdk.content.mirror import mirror
from ic_tf_sdk.errors import DownloadError

__all__ = ["download", "mirrored"]

_PAUSE_SECONDS = 0.2


def download(model_id: str, *, on_bytes: Callable[[int], None] = lambda _: None) -> None:
    """Fetch a model's feature vector from TF Hub, check it, and pack it to train on.

    Args:
        model_id: An id of the catalogue.
        on_bytes: Called now and then with how many bytes have come.

    Raises:
        UnknownModelError: No such model.
        DownloadError: It is not to be had; says what to do.
    """
    with hub.cache() as modules, ThreadPoolExecutor(max_workers=1) as pool:
        before = _size(modules)
        work = pool.submit(child.call, f"{__name__}:mirrored", model_id)
        while not work.done():
            on_bytes(max(0, _size(modules) - before))
            try:
                work.result(timeout=_PAUSE_SECONDS)
            except StillRunning:
                continue
        work.result()


def mirrored(model_id: str) -> None:
    """As ``download``, in this process."""
    [outcome] = mirror(model_ids=[model_id], to=at_hand.downloads(), scopes=("training",))
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
