"""Where data lies, brought to this machine: a path, a ``file://`` URI, or S3."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from ic_tf_sdk.errors import MissingExtraError, StorageError, UserError

__all__ = ["fetch", "is_s3", "local_path", "sizes", "upload"]

_DOWNLOADS_AT_ONCE = 8


def is_s3(location: str | Path) -> bool:
    """Whether a location is an S3 URI."""
    return str(location).startswith("s3://")


def local_path(location: str | Path) -> Path:
    """The path that a local location means.

    Raises:
        UserError: A URI of another kind.
    """
    text = str(location)
    if text.startswith("file://"):
        # It brings http and ssl along, which `import ic_tf_sdk.launch` does without.
        from urllib.request import url2pathname

        return Path(url2pathname(urlsplit(text).path))
    if "://" in text:
        raise UserError(f"{text!r} is neither a path, nor a file:// nor an s3:// URI.")
    return Path(location)


def fetch(location: str | Path, folder: Path) -> Path:
    """A local path of what lies at a location; from S3 it is downloaded.

    Args:
        location: A path, a ``file://`` URI, an S3 object, or an S3 prefix that ends in ``/``.
        folder: Where objects are put, under their names behind the prefix.

    Returns:
        The path itself; of an S3 object its copy, of a prefix ``folder``.

    Raises:
        UserError: Nothing is there, or a URI of another kind.
        StorageError: S3 refuses, or is not there.
        MissingExtraError: An S3 URI without boto3.
    """
    if is_s3(location):
        return _download(str(location), folder)
    path = local_path(location)
    if not path.exists():
        raise UserError(f"{path} does not exist.")
    return path


def sizes(uri: str) -> dict[str, int]:
    """Size in bytes of each object below an S3 prefix, by the name behind the prefix.

    Raises:
        UserError: Nothing is there.
        StorageError: S3 refuses, or is not there.
        MissingExtraError: boto3 is not installed.
    """
    bucket, prefix = _split(uri)
    client = _client()
    with _sentences(uri):
        found = dict(_objects(client, bucket, prefix))
    if not found:
        raise UserError(f"Nothing is below {uri}.")
    return found


def upload(path: Path, uri: str) -> None:
    """Put a file under an S3 URI.

    Raises:
        StorageError: S3 refuses, or is not there.
        MissingExtraError: boto3 is not installed.
    """
    bucket, key = _split(uri)
    with _sentences(uri):
        _client().upload_file(str(path), bucket, key)


def _download(uri: str, folder: Path) -> Path:
    bucket, prefix = _split(uri)
    client = _client()
    with _sentences(uri):
        if not uri.endswith("/"):
            names = [PurePosixPath(prefix).name]
            base = prefix.removesuffix(names[0])
            _require_object(client, bucket, prefix, uri)
        else:
            names, base = [name for name, _ in _objects(client, bucket, prefix)], prefix
        if not names:
            raise UserError(f"Nothing is below {uri}.")
        with ThreadPoolExecutor(_DOWNLOADS_AT_ONCE) as pool:
            list(pool.map(lambda name: _copy(client, bucket, base, name, folder), names))
    return folder if uri.endswith("/") else folder / names[0]


def _require_object(client: Any, bucket: str, key: str, uri: str) -> None:
    from botocore.exceptions import ClientError

    try:
        client.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
            raise
        raise UserError(f"No object is at {uri}; a folder's URI must end in '/'.") from error


def _objects(client: Any, bucket: str, prefix: str) -> Iterator[tuple[str, int]]:
    """What follows the prefix in each key below it, and its size; markers of folders aside."""
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            name = item["Key"][len(prefix) :]
            if name and not name.endswith("/"):
                yield name, item["Size"]


def _copy(client: Any, bucket: str, base: str, name: str, folder: Path) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts:
        raise UserError(f"The key {base + name!r} leads outside of its folder; rename the object.")
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    client.download_file(bucket, base + name, str(target))


def _split(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def _client() -> Any:
    try:
        import boto3
    except ImportError as error:
        raise MissingExtraError("boto3", "aws") from error
    return boto3.client("s3")


@contextmanager
def _sentences(uri: str) -> Iterator[None]:
    from boto3.exceptions import Boto3Error
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except (Boto3Error, BotoCoreError, ClientError) as error:
        raise StorageError(f"{uri} cannot be used: {error}") from error
