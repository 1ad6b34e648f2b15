"""Where mirrored archives go: a folder, or a prefix of an S3 bucket, behind one interface."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from ic_tf_sdk.content.digest import archive_digest
from ic_tf_sdk.contract import archive, model_info
from ic_tf_sdk.errors import ArchiveError, UserError

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
        uri: ``s3://bucket`` or ``s3://bucket/prefix``.
        region: The bucket's region; None takes the environment's.
    """

    def __init__(self, uri: str, *, region: str | None) -> None:
        from ic_tf_sdk.content.store import Store

        bucket, _, prefix = uri.removeprefix("s3://").partition("/")
        if not bucket:
            raise UserError(f"{uri!r} names no bucket; write s3://bucket/prefix.")
        self._prefix = f"{prefix.strip('/')}/" if prefix.strip("/") else ""
        self._store = Store(bucket, region=region)

    def location(self, name: str) -> str:
        """The URI of an archive."""
        return f"s3://{self._store.bucket}/{self._prefix}{name}"

    def size(self, name: str, model_id: str) -> int | None:  # noqa: ARG002
        """Bytes of an archive that this package uploaded; an upload is complete or not there."""
        found = self._store.look(self._prefix + name)
        return found.size_bytes if found and found.digest else None

    def receive(self, name: str, make: Callable[[Path], object]) -> int:
        """Have an archive made in a scratch folder, and upload it."""
        with tempfile.TemporaryDirectory(prefix="ic-tf-mirror-") as temporary:
            path = Path(temporary) / name
            make(path)
            self._store.put(path, self._prefix + name, identify=archive_digest)
            return path.stat().st_size


def destination(to: str | Path, *, region: str | None = None) -> Destination:
    """The destination of a path or an S3 URI.

    Args:
        to: A folder, or ``s3://bucket/prefix``.
        region: The bucket's region; None takes the environment's.

    Raises:
        UserError: An S3 URI without a bucket.
        MissingExtraError: boto3 is not installed.
    """
    # A path may have lost one of its slashes on its way through pathlib.
    text = str(to).replace("s3:/", "s3://", 1) if str(to).startswith("s3:/") else str(to)
    if text.startswith("s3://"):
        return Bucket("s3://" + text.removeprefix("s3://").lstrip("/"), region=region)
    return Folder(Path(to))


def _model_id(path: Path) -> str | None:
    content = archive.read_member(path, model_info.FILE_NAME)
    if content is None:
        return None
    try:
        return model_info.parse(content, path).model_id
    except ArchiveError:
        return None
