"""Where images to classify lie: files, folders and S3 prefixes."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ic_tf_sdk.contract import folder_names, image_names
from ic_tf_sdk.errors import MissingExtraError, UserError

__all__ = ["SourceImage", "find"]


class SourceImage(NamedTuple):
    """One image.

    Attributes:
        name: Its path or S3 URI.
        read: Returns its bytes; raises OSError, or for S3 what boto3 raises.
    """

    name: str
    read: Callable[[], bytes]


def find(locations: Iterable[str]) -> list[SourceImage]:
    """The images at files, below folders and under S3 prefixes, sorted.

    Below folders and prefixes ``contract.image_names`` says which names are images; a file that is
    named is taken as it is.

    Args:
        locations: Paths, or URIs ``s3://bucket/prefix``.

    Raises:
        UserError: One or more do not exist, or hold no image; all of them are named.
        MissingExtraError: An S3 URI without boto3.
    """
    found: list[SourceImage] = []
    empty: list[str] = []
    for location in locations:
        here = list(_at(location))
        found += here
        if not here:
            empty.append(location)
    if empty:
        raise UserError(
            f"No image at {', '.join(empty)}; give image files, folders or S3 prefixes with "
            f"{', '.join(image_names.SUFFIXES)} files."
        )
    return found


def _at(location: str) -> Iterator[SourceImage]:
    if location.startswith("s3://"):
        return _in_s3(location)
    path = Path(location)
    if path.is_file():
        return iter([SourceImage(location, path.read_bytes)])
    return _in_folder(path)


def _in_folder(folder: Path) -> Iterator[SourceImage]:
    if not folder.is_dir():
        return
    images = filter(image_names.is_image, folder_names.below(folder))
    for path in sorted(folder / name for name in images):
        if path.is_file():
            yield SourceImage(str(path), path.read_bytes)


def _in_s3(uri: str) -> Iterator[SourceImage]:
    try:
        import boto3
    except ImportError as error:
        raise MissingExtraError("boto3", "aws") from error
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    client: Any = boto3.client("s3")
    # A prefix may end within a name.
    begin = prefix.rfind("/") + 1
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", ()):
            if image_names.is_image(entry["Key"][begin:]):
                yield _object(client, bucket, entry["Key"])


def _object(client: Any, bucket: str, key: str) -> SourceImage:
    def read() -> bytes:
        content: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    return SourceImage(f"s3://{bucket}/{key}", read)
