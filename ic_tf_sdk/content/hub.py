"""Modules from TF Hub or Kaggle, by their handle."""

import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ic_tf_sdk import extras
from ic_tf_sdk.backbones.hub_cache import CACHE_VARIABLE
from ic_tf_sdk.content import retry
from ic_tf_sdk.contract.scratch_folder import scratch_folder

__all__ = ["cache", "forget", "kaggle_handle", "resolve"]

_REMEDIES = (
    "Set TFHUB_MODEL_LOAD_FORMAT=UNCOMPRESSED to read from Google's bucket, install kagglehub and "
    "give the model's Kaggle handle (--handle kaggle://...), or download it elsewhere and give its "
    "folder or .tar.gz (--from)."
)


@contextmanager
def cache() -> Iterator[Path]:
    """The folder into which modules are downloaded: ``TFHUB_CACHE_DIR``, or one for the moment."""
    folder = os.environ.get(CACHE_VARIABLE)
    if folder:
        yield Path(folder)
        return
    with scratch_folder("hub") as temporary:
        # tensorflow_hub takes its folder from this variable and from nowhere else.
        os.environ[CACHE_VARIABLE] = str(temporary)
        try:
            yield temporary
        finally:
            del os.environ[CACHE_VARIABLE]


def resolve(handle: str) -> Path:
    """The folder of a module's files, downloaded where they are not in the cache.

    Args:
        handle: A TF Hub URL, or ``kaggle://owner/model/framework/variation[/version]``.

    Raises:
        DownloadError: The host refuses it, or it broke off at each attempt; says what to do.
        MissingExtraError: TensorFlow Hub, or kagglehub for a Kaggle handle, is not installed.
    """
    kaggle = kaggle_handle(handle)
    fetch = _kaggle if kaggle else _tensorflow_hub
    return Path(retry.call(handle, lambda: fetch(kaggle or handle), remedies=_REMEDIES))


def forget(folder: Path) -> None:
    """Drop a module from the cache, so that it is downloaded again."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.with_name(f"{folder.name}.descriptor.txt").unlink(missing_ok=True)


def kaggle_handle(handle: str) -> str | None:
    """What kagglehub calls a model, or None for a handle of another kind.

    Args:
        handle: ``kaggle://google/mobilenet-v2/tensorFlow2/100-224-feature-vector/2``.

    Returns:
        ``google/mobilenet-v2/tensorFlow2/100-224-feature-vector/2``.
    """
    return handle.removeprefix("kaggle://") if handle.startswith("kaggle://") else None


def _tensorflow_hub(handle: str) -> str:
    with warnings.catch_warnings():
        # tensorflow_hub 0.16.1, its last release, still imports pkg_resources, which warns.
        warnings.simplefilter("ignore", UserWarning)
        tensorflow_hub = extras.load("tensorflow_hub")
    folder: str = tensorflow_hub.resolve(handle)
    return folder


def _kaggle(handle: str) -> str:
    folder: str = extras.load("kagglehub").model_download(handle)
    return folder
