"""S3 as this package uses it: write once, compare before, leave nothing half-written."""

import base64
import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ic_tf_sdk.errors import (
    ArchiveError,
    IcTfSdkError,
    MissingExtraError,
    OutputExistsError,
    StorageError,
)

__all__ = ["DIGEST", "Found", "Store"]

DIGEST = "ic-tf-content-sha256"
"""Metadata of an object: the identity of its content, see ``content.digest``."""

PART_BYTES = 64 << 20


class Found(NamedTuple):
    """An object.

    Attributes:
        size_bytes: Its size.
        digest: The identity of its content, or "" where this package did not say it.
    """

    size_bytes: int
    digest: str


class Store:
    """One bucket.

    Args:
        bucket: Its name.
        region: AWS region; None takes the environment's.
        part_bytes: Larger files are uploaded in parts of this size; S3 takes 5 MiB and more.

    Raises:
        MissingExtraError: boto3 is not installed.
    """

    def __init__(
        self, bucket: str, *, region: str | None = None, part_bytes: int = PART_BYTES
    ) -> None:
        try:
            import boto3
            from botocore.config import Config
        except ImportError as error:
            raise MissingExtraError("boto3", "aws") from error
        self.bucket = bucket
        self._part_bytes = part_bytes
        self._bucket_seen = False
        retries = Config(retries={"mode": "standard", "total_max_attempts": 5})
        self._client: Any = boto3.client("s3", region_name=region, config=retries)

    def look(self, key: str) -> Found | None:
        """What lies under a key; None where nothing does.

        Raises:
            StorageError: S3 refuses, or is not there.
        """
        found = self._head(key)
        if found is None:
            return None
        return Found(found["ContentLength"], found["Metadata"].get(DIGEST, ""))

    def holds(self, key: str, digest: str, identify: Callable[[Path], str]) -> bool | None:
        """Whether a content lies under a key; None where nothing does.

        An object without this package's metadata, as after a copy that dropped it, is downloaded
        and identified by its bytes.

        Args:
            key: Where to look.
            digest: The identity of the content.
            identify: What gives the identity of a file.

        Raises:
            StorageError: S3 refuses, or is not there.
        """
        found = self.look(key)
        if found is None:
            return None
        return (found.digest or self._identity(key, identify)) == digest

    def put(self, path: Path, key: str, *, identify: Callable[[Path], str]) -> bool:
        """Upload a file, unless an object with the same content is there.

        Args:
            path: The file.
            key: Where to.
            identify: What gives the identity of its content.

        Returns:
            Whether it was uploaded.

        Raises:
            OutputExistsError: Another content lies under the key; it is never overwritten.
            StorageError: S3 refuses, or is not there; nothing lies under the key then.
        """
        digest = identify(path)
        there = self.holds(key, digest, identify)
        if there is None:
            with self._sentences(key):
                if self._upload(path, key, {DIGEST: digest}):
                    return True
            there = self.holds(key, digest, identify)
        if not there:
            raise OutputExistsError(
                f"s3://{self.bucket}/{key} holds other bytes than these and is never overwritten. "
                "Publish to another bucket, or install the version of ic-tf-sdk that wrote it."
            )
        return False

    def replace(self, key: str, content: bytes) -> None:
        """Write a small object, whatever lay there: for the manifest, which names the rest."""
        with self._sentences(key):
            self._client.put_object(
                Bucket=self.bucket, Key=key, Body=content, ChecksumSHA256=_checksum(content)
            )

    def get(self, key: str, target: Path) -> bool:
        """Download an object; False where there is none.

        Args:
            key: Its key.
            target: The file to write; it appears when it is complete.

        Raises:
            StorageError: S3 refuses, or is not there.
        """
        if self._head(key) is None:
            return False
        with self._sentences(key):
            # boto3 downloads to a temporary name beside it.
            self._client.download_file(self.bucket, key, str(target))
        return True

    def _identity(self, key: str, identify: Callable[[Path], str]) -> str:
        """The identity of an object's bytes; "" where they are of another kind."""
        with tempfile.TemporaryDirectory(prefix="ic-tf-compare-") as temporary:
            copy = Path(temporary) / key.rpartition("/")[2]
            self.get(key, copy)
            try:
                return identify(copy)
            except ArchiveError:
                return ""

    def _head(self, key: str) -> Any:
        from botocore.exceptions import ClientError

        with self._sentences(key):
            try:
                return self._client.head_object(Bucket=self.bucket, Key=key)
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] != 404:
                    raise
                # A key that is missing, or a bucket that is.
                if not self._bucket_seen:
                    self._client.list_objects_v2(Bucket=self.bucket, MaxKeys=1)
                    self._bucket_seen = True
                return None

    def _upload(self, path: Path, key: str, metadata: dict[str, str]) -> bool:
        """Create an object; False, and nothing is done, where one appeared meanwhile."""
        from botocore.exceptions import ClientError

        target = {"Bucket": self.bucket, "Key": key}
        try:
            if path.stat().st_size <= self._part_bytes:
                content = path.read_bytes()
                self._client.put_object(
                    **target,
                    Body=content,
                    Metadata=metadata,
                    ChecksumSHA256=_checksum(content),
                    IfNoneMatch="*",
                )
            else:
                self._upload_parts(path, target, metadata)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] not in (409, 412):
                raise
            return False
        return True

    def _upload_parts(self, path: Path, target: dict[str, str], metadata: dict[str, str]) -> None:
        made = self._client.create_multipart_upload(
            **target, Metadata=metadata, ChecksumAlgorithm="SHA256"
        )
        upload = {**target, "UploadId": made["UploadId"]}
        try:
            parts = [
                self._upload_part(upload, number, block)
                for number, block in enumerate(_blocks(path, self._part_bytes), start=1)
            ]
            self._client.complete_multipart_upload(
                **upload, MultipartUpload={"Parts": parts}, IfNoneMatch="*"
            )
        except BaseException:
            self._client.abort_multipart_upload(**upload)
            raise

    def _upload_part(self, upload: dict[str, str], number: int, block: bytes) -> dict[str, Any]:
        checksum = _checksum(block)
        sent = self._client.upload_part(
            **upload, PartNumber=number, Body=block, ChecksumSHA256=checksum
        )
        return {"ETag": sent["ETag"], "PartNumber": number, "ChecksumSHA256": checksum}

    @contextmanager
    def _sentences(self, key: str) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            raise StorageError(self._reason(key, error)) from error
        except (BotoCoreError, OSError) as error:
            if isinstance(error, IcTfSdkError):
                raise
            raise StorageError(f"s3://{self.bucket}/{key}: {error}") from error

    def _reason(self, key: str, error: Any) -> str:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        headers = error.response["ResponseMetadata"].get("HTTPHeaders", {})
        where = headers.get("x-amz-bucket-region")
        if status == 404:
            return f"There is no bucket {self.bucket!r}. Create it, or correct its name."
        if status in (301, 400) and where:
            return f"The bucket {self.bucket!r} is in region {where}; name that region."
        if status in (401, 403):
            return (
                f"Access to s3://{self.bucket}/{key} is denied. `ic-tf publish --bucket "
                f"{self.bucket} --print-policy` prints what the role needs."
            )
        return f"s3://{self.bucket}/{key}: {error}"


def _blocks(path: Path, size: int) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while block := stream.read(size):
            yield block


def _checksum(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()
