"""The model of a job on this machine: a path here, or an object in S3, fetched once a machine."""

import hashlib
import socket
from pathlib import Path

from ic_tf_sdk import s3
from ic_tf_sdk.backbones import cache
from ic_tf_sdk.contract import file_lock
from ic_tf_sdk.errors import ArchiveError, StorageError, UserError

__all__ = ["at_hand"]

_FOLDER = "models"


def at_hand(model: str) -> Path:
    """Where a model lies on this machine.

    An object of S3 is fetched into the user's cache. Of the workers that one machine starts at the
    same time the first fetches it, and the others wait; one that was replaced in S3 is another.

    Args:
        model: A path, or the URI ``s3://bucket/key`` of a ``model.tar.gz`` or ``model.onnx``.

    Raises:
        ArchiveError: Nothing is at the path.
        UserError: Nothing is at the URI, or it is a folder's.
        StorageError: S3 refuses, or the cache cannot be written.
    """
    if s3.is_uri(model):
        return _fetched(s3.parse(model))
    path = Path(model)
    if not path.exists():
        raise ArchiveError(
            f"The model {path} is not on the worker {socket.gethostname()}. Put it at this path of "
            "every machine that has workers, or give the s3:// URI of a model.tar.gz."
        )
    return path


def _fetched(uri: s3.S3Uri) -> Path:
    if not uri.key or uri.key.endswith("/"):
        raise UserError(f"{uri} is a folder of S3; give the URI of a model.tar.gz.")
    client = s3.Client()
    headers = client.head(uri)
    if headers is None:
        raise UserError(f"No object is at {uri}.")
    version = hashlib.sha256(f"{uri} {headers['ETag']}".encode()).hexdigest()
    name = uri.key.rpartition("/")[2]

    def make(folder: Path) -> None:
        client.download(uri, folder / name)

    def verify(folder: Path) -> None:
        if (folder / name).stat().st_size != headers["ContentLength"]:
            raise ArchiveError(f"{uri} did not arrive whole. Start the job again.")

    # The entry's own folder has a lock of the cache, so that this one is of the folder above.
    with file_lock.one_at_a_time(_folder()):
        return cache.cached_folder(f"{_FOLDER}/{version}/archive", make, verify) / name


def _folder() -> Path:
    folder = cache.location() / _FOLDER
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"The cache {folder.parent} cannot be written: {error.strerror or error}. Set "
            f"{cache.VARIABLE} to a folder that the workers can write."
        ) from error
    return folder
