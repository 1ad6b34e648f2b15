"""Where mirrored archives go: a folder, or a prefix of an S3 bucket, behind one interface."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from ic_tf_sdk import s3
from ic_tf_sdk.content.digest import archive_digest
from ic_tf_sdk.contract import archive, file_access, model_info
from ic_tf_sdk.contract.scratch_folder import scratch_folder
from ic_tf_sdk.errors import ArchiveError

__all__ = ["Bucket", "Destination", "Folder", "destination"]


class Destination(Protocol):
    """A place for archives, which appear there complete or not at all."""

    def location(self, name: str) -> str:
        """The path or URI of an archive."""

    def size(self, name: str, model_id: str) -> int | None:
        """Bytes of an archive of the model that is there already; None where none is."""

    def receive(self, name: str, make: Callable[[Path], object]) -> int:
        """Have an archive made, and take it.

        Args:
            name: Its file name.
            make: Writes it to a path.

        Returns:
            Its size in bytes.
        """


class Folder:
    """A folder; it is created with the first archive."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def location(self, name: str) -> str:
        """The path of an archive."""
        return str(self._folder / name)

    def size(self, name: str, model_id: str) -> int | None:
        """Bytes of an archive of the model that is there already; None where none is."""
        path = self._folder / name
        return path.stat().st_size if path.is_file() and _model_id(path) == model_id else None

    def receive(self, name: str, make: Callable[[Path], object]) -> int:
        """Have an archive made under its name; ``make`` must let it appear complete."""
        make(self._folder / name)
        return (self._folder / name).stat().st_size


class Bucket:
    """A prefix of a bucket: each archive is made in a scratch folder, uploaded once, and dropped.

    Args:
        uri: The prefix, as ``s3://bucket`` or ``s3://bucket/prefix``.
        region: The bucket's region; None takes the environment's.
    """

    def __init__(self, uri: str | Path, *, region: str | None) -> None:
        from ic_tf_sdk.content.store import Store

        place = s3.parse(uri)
        self._folder = s3.S3Uri(place.bucket, place.key.strip("/")).as_folder()
        self._store = Store(place.bucket, region=region)

    def location(self, name: str) -> str:
        """The URI of an archive."""
        return str(self._folder.below(name))

    def size(self, name: str, model_id: str) -> int | None:  # noqa: ARG002
        """Bytes of an archive that this package uploaded; an upload is complete or not there."""
        stored = self._store.look(self._folder.below(name).key)
        return stored.size_bytes if stored and stored.digest else None

    def receive(self, name: str, make: Callable[[Path], object]) -> int:
        """Have an archive made in a scratch folder, and upload it."""
        with scratch_folder("mirror") as temporary:
            path = temporary / name
            make(path)
            self._store.put(path, self._folder.below(name).key, identify=archive_digest)
            return path.stat().st_size


def destination(to: str | Path, *, region: str | None = None) -> Destination:
    """The destination of a path or an S3 URI.

    Args:
        to: A folder, or ``s3://bucket/prefix``.
        region: The bucket's region; None takes the environment's.

    Raises:
        UserError: An S3 URI without a bucket.
        FileAccessError: The folder cannot be written.
        MissingExtraError: boto3 is not installed.
    """
    if s3.is_uri(to):
        return Bucket(to, region=region)
    # Before anything is downloaded for it.
    file_access.require_folder(Path(to))
    return Folder(Path(to))


def _model_id(path: Path) -> str | None:
    content = archive.read_member(path, model_info.FILE_NAME)
    if content is None:
        return None
    try:
        return model_info.parse(content, path).model_id
    except ArchiveError:
        return None
