"""boto3's clients, and S3 as this package asks it."""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from ic_tf_sdk import extras
from ic_tf_sdk.contract.container_handler import MAX_BODY_BYTES
from ic_tf_sdk.errors import StorageError, UserError
from ic_tf_sdk.s3.refusals import READING, sentences
from ic_tf_sdk.s3.uri import S3Uri

__all__ = ["Client", "Entry", "partition", "service"]

_ATTEMPTS = 5
_PAGE = 1000
_DOWNLOADS_AT_ONCE = 8


class Entry(NamedTuple):
    """One object of a listing.

    Attributes:
        uri: Where it lies.
        size: Its size in bytes.
        etag: What changes when it is replaced.
    """

    uri: S3Uri
    size: int
    etag: str


def service(name: str, region: str | None = None) -> Any:
    """A boto3 client, for what :class:`Client` has no method for.

    Args:
        name: The service, for example ``"s3"`` or ``"sagemaker"``.
        region: The AWS region; None takes the environment's.

    Raises:
        MissingExtraError: boto3 is not installed.
        StorageError: The environment's settings of AWS cannot be used.
    """
    boto3 = extras.load("boto3")
    retries: dict[str, Any] = {"mode": "standard"}
    if "AWS_MAX_ATTEMPTS" not in os.environ:
        retries["total_max_attempts"] = _ATTEMPTS
    config = extras.load("botocore.config").Config(retries=retries)
    with sentences(f"The settings of AWS for {name} cannot be used"):
        try:
            return boto3.client(name, region_name=region, config=config)
        except ValueError as error:
            raise StorageError(f"{error}; see AWS_ENDPOINT_URL and AWS_DEFAULT_REGION.") from error


def partition(region: str) -> str:
    """The partition that a region belongs to, for ARNs: ``aws``, ``aws-cn`` or another.

    Raises:
        MissingExtraError: boto3 is not installed.
        StorageError: There is no such region.
    """
    boto3 = extras.load("boto3")
    with sentences(f"The region {region!r} cannot be used"):
        name: str = boto3.Session().get_partition_for_region(region)
    return name


class Client:
    """S3 as this package asks it; safe to share between threads.

    Every method raises StorageError where S3 refuses or is not there; ``.kind`` says why.

    Args:
        region: The AWS region; None takes the environment's.
        permissions: Sentence that says which permissions are needed, for a denied access.

    Attributes:
        api: boto3's client; to be called inside ``sentences``.

    Raises:
        MissingExtraError: boto3 is not installed.
    """

    def __init__(self, *, region: str | None = None, permissions: str = READING) -> None:
        self.api = service("s3", region)
        self._permissions = permissions
        self._buckets_seen: set[str] = set()

    def entries(self, uri: S3Uri, *, most: int | None = None) -> Iterator[Entry]:
        """The objects whose keys begin with the URI's, sorted by key.

        Args:
            uri: Where to look; with ``/`` at its end it has no neighbours.
            most: How many to list at most; None lists all.
        """
        limits = {} if most is None else {"MaxItems": most, "PageSize": min(most, _PAGE)}
        pages = self.api.get_paginator("list_objects_v2").paginate(
            Bucket=uri.bucket, Prefix=uri.key, PaginationConfig=limits
        )
        # The caller's code between two pages is none of S3's business.
        for page in self._each(iter(pages), uri):
            for item in page.get("Contents", ()):
                yield Entry(S3Uri(uri.bucket, item["Key"]), item["Size"], item["ETag"])

    def sizes(self, folder: S3Uri) -> dict[str, int]:
        """Size in bytes of each file below a folder, by the name behind it; markers left aside.

        Raises:
            UserError: Nothing is there.
        """
        start = len(folder.key)
        sizes = {entry.uri.key[start:]: entry.size for entry in self.entries(folder)}
        # A console or Hadoop marks folders with empty objects: "ant/", or "ant" beside "ant/0.jpg".
        above = {str(parent) for name in sizes for parent in PurePosixPath(name).parents}
        files = {
            name: size
            for name, size in sizes.items()
            if name and not name.endswith("/") and (size or name not in above)
        }
        if not files:
            raise UserError(f"Nothing is below {folder}.")
        return files

    def head(self, uri: S3Uri, *, checksum: bool = False) -> Any:
        """The headers of an object, as boto3 gives them; None where there is no object.

        Args:
            uri: The object.
            checksum: Whether to ask for S3's checksum of its bytes, too.
        """
        mode = {"ChecksumMode": "ENABLED"} if checksum else {}
        with self.sentences(uri):
            try:
                return self.api.head_object(Bucket=uri.bucket, Key=uri.key, **mode)
            except extras.load("botocore.exceptions").ClientError as error:
                status = error.response["ResponseMetadata"]["HTTPStatusCode"]
                if status >= 500:
                    raise
                # An answer to HEAD has no text: that to a listing says what is the matter.
                if status != 404 or uri.bucket not in self._buckets_seen:
                    self.api.list_objects_v2(Bucket=uri.bucket, Prefix=uri.key, MaxKeys=1)
                if status != 404:
                    raise
                self._buckets_seen.add(uri.bucket)
                return None

    def has_any(self, uri: S3Uri) -> bool | None:
        """Whether a key begins with the URI's; None where the caller may not know."""
        try:
            return next(self.entries(uri, most=1), None) is not None
        except StorageError as error:
            if error.kind != "denied":
                raise
            return None

    def get(self, uri: S3Uri) -> bytes:
        """The content of an object, or the first bytes of one that no endpoint would take.

        Returns:
            At most one byte more than ``container_handler.MAX_BODY_BYTES``.

        Raises:
            UserError: There is none.
        """
        with (
            self.sentences(uri),
            closing(self.api.get_object(Bucket=uri.bucket, Key=uri.key)["Body"]) as body,
        ):
            content: bytes = body.read(MAX_BODY_BYTES + 1)
        return content

    def download(self, uri: S3Uri, path: Path) -> Path:
        """Download an object to a path, where it appears when it is complete; the path."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with self.sentences(uri):
            # boto3 downloads to a temporary name beside it.
            self.api.download_file(uri.bucket, uri.key, str(path))
        return path

    def upload(self, path: Path, uri: S3Uri) -> None:
        """Put a file under a URI, whatever lay there."""
        with self.sentences(uri):
            self.api.upload_file(str(path), uri.bucket, uri.key)

    def fetch(self, uri: S3Uri, folder: Path) -> Path:
        """Download an object, or every object below a URI that ends in ``/``.

        Args:
            uri: What to download.
            folder: Where it is put, under the names behind the last ``/`` of the URI.

        Returns:
            The object's copy; of a URI that ends in ``/`` the folder.

        Raises:
            UserError: Nothing is there, or a name leads out of the folder.
        """
        if uri.key and not uri.key.endswith("/"):
            if self.head(uri) is None:
                raise UserError(f"No object is at {uri}; a folder's URI must end in '/'.")
            return self.download(uri, folder / uri.key.rpartition("/")[2])
        names = self.sizes(uri)
        _check_names(uri, names)
        with ThreadPoolExecutor(_DOWNLOADS_AT_ONCE) as pool:
            jobs = [(uri.below(name), folder / name) for name in names]
            list(pool.map(self.download, *zip(*jobs, strict=True)))
        return folder

    def sentences(self, uri: S3Uri) -> AbstractContextManager[None]:
        """As the function of this name, with the permissions that this client is used with."""
        return sentences(uri, permissions=self._permissions)

    def _each(self, pages: Iterator[Any], uri: S3Uri) -> Iterator[Any]:
        while True:
            with self.sentences(uri):
                page = next(pages, None)
            if page is None:
                return
            yield page


def _check_names(folder: S3Uri, names: Iterable[str]) -> None:
    """Refuse keys below a folder that cannot become files of a folder here."""
    names = set(names)
    above = {str(parent) for name in names for parent in PurePosixPath(name).parents}
    for name in sorted(names):
        key = folder.key + name
        if name.startswith("/") or "//" in name:
            text = f"The key {key!r} has '//', a folder without a name; rename the object."
        elif ".." in PurePosixPath(name).parts:
            text = f"The key {key!r} leads outside of its folder; rename the object."
        elif name in above:
            text = f"{folder.below(name)} is an object and a folder; rename one of them."
        else:
            continue
        raise UserError(text)
