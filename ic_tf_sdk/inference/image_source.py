"""Where images to classify lie: files, folders and S3 prefixes."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ic_tf_sdk.errors import MissingExtraError, UserError

__all__ = ["SUFFIXES", "SourceImage", "find"]

SUFFIXES = (".jpg", ".jpeg", ".png")
"""Names that are taken from folders and prefixes, in any case; a file that is named is taken as
it is."""


class SourceImage(NamedTuple):
    """One image.

    Attributes:
        name: Its path or S3 URI.
        read: Returns its bytes; raises OSError, or for S3 what boto3 raises.
    """

    name: str
    read: Callable[[], bytes]


def find(locations: Iterable[str]) -> list[SourceImage]:
    """The images at files, below folders (hidden ones aside) and under S3 prefixes, sorted.

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
            f"{', '.join(SUFFIXES)} files."
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
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if _is_image(path.name) and not hidden and path.is_file():
            yield SourceImage(str(path), path.read_bytes)


def _in_s3(uri: str) -> Iterator[SourceImage]:
    try:
        import boto3
    except ImportError as error:
        raise MissingExtraError("boto3", "aws") from error
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    client: Any = boto3.client("s3")
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", ()):
            if _is_image(entry["Key"]):
                yield _object(client, bucket, entry["Key"])


def _object(client: Any, bucket: str, key: str) -> SourceImage:
    def read() -> bytes:
        content: bytes = client.get_object(Bucket=bucket, Key=key)["Body"].read()
        return content

    return SourceImage(f"s3://{bucket}/{key}", read)


def _is_image(name: str) -> bool:
    return name.lower().endswith(SUFFIXES)
