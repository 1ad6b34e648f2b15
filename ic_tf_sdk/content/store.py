"""S3 as this package uses it: write once, compare before, leave nothing half-written."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ic_tf_sdk import s3
from ic_tf_sdk.contract.scratch_folder import scratch_folder
from ic_tf_sdk.errors import ArchiveError, OutputExistsError, StorageError

__all__ = ["CHECKSUM", "DIGEST", "Store", "Stored"]

DIGEST = "ic-tf-content-sha256"
"""Metadata of an object: the identity of its content, see ``content.digest``."""

CHECKSUM = "ic-tf-file-checksum"
"""Metadata of an object: S3's checksum of the bytes that were uploaded. Where S3 says another one,
the object was replaced, and its metadata says nothing of what is there now."""

PART_BYTES = 64 << 20


class Stored(NamedTuple):
    """An object of a bucket.

    Attributes:
        size_bytes: Its size.
        digest: The identity of its content, or "" where this package did not say it of these bytes.
        checksum: S3's SHA-256 of its bytes, in base64; of one that was uploaded in parts, that of
            the parts' checksums. "" where S3 has none.
    """

    size_bytes: int
    digest: str
    checksum: str


class Store:
    """One bucket.

    Args:
        bucket: The bucket's name.
        region: The bucket's region; None takes the environment's.
        part_bytes: Larger files are uploaded in parts of this size; S3 takes 5 MiB and more.

    Raises:
        UserError: No bucket can have this name.
        MissingExtraError: boto3 is not installed.
    """

    def __init__(
        self, bucket: str, *, region: str | None = None, part_bytes: int = PART_BYTES
    ) -> None:
        self.bucket = s3.bucket_name(bucket)
        self._part_bytes = part_bytes
        permissions = (
            f"`ic-tf publish --bucket {bucket} --print-policy` prints what the role needs."
        )
        self._client = s3.Client(region=region, permissions=permissions)

    def look(self, key: str) -> Stored | None:
        """What lies under a key; None where nothing does.

        Raises:
            StorageError: S3 refuses, or is not there.
        """
        headers = self._client.head(self._uri(key), checksum=True)
        if headers is None:
            return None
        # Behind a hyphen S3 says the number of parts; other services leave it out.
        checksum = headers.get("ChecksumSHA256", "").partition("-")[0]
        metadata = headers["Metadata"]
        # Metadata can be kept while the bytes are replaced; S3 computes its checksum itself.
        ours = checksum != "" and metadata.get(CHECKSUM) == checksum
        digest = metadata.get(DIGEST, "") if ours else ""
        return Stored(headers["ContentLength"], digest, checksum)

    def holds(self, path: Path, key: str, identify: Callable[[Path], str]) -> bool | None:
        """Whether the content of a file lies under a key; None where nothing does.

        It does where S3's own checksum is that of the file. Any other object is downloaded and
        identified by its bytes, whatever its metadata says.

        Args:
            path: The file.
            key: The key to look under.
            identify: Gives the identity of a file's content.

        Raises:
            StorageError: S3 refuses, or is not there.
        """
        stored = self.look(key)
        if stored is None:
            return None
        return stored.checksum == self._file_checksum(path) or (
            self._identity(key, identify) == identify(path)
        )

    def put(self, path: Path, key: str, *, identify: Callable[[Path], str]) -> bool:
        """Upload a file, unless an object with the same content is there.

        Args:
            path: The file to upload.
            key: The key to put it under.
            identify: Gives the identity of a file's content.

        Returns:
            Whether it was uploaded.

        Raises:
            OutputExistsError: Another content lies under the key; it is never overwritten.
            StorageError: S3 refuses, or is not there; nothing lies under the key then.
        """
        there = self.holds(path, key, identify)
        if there is None:
            metadata = {DIGEST: identify(path), CHECKSUM: self._file_checksum(path)}
            with self._client.sentences(self._uri(key)):
                if self._upload(path, key, metadata):
                    return True
            there = self.holds(path, key, identify)
            if there is None:
                raise StorageError(
                    f"{self._uri(key)} was not written: another upload to it was in progress; run "
                    "it again."
                )
        if not there:
            raise OutputExistsError(
                f"s3://{self.bucket}/{key} holds other bytes than these and is never overwritten. "
                "Publish to another bucket, or install the version of ic-tf-sdk that wrote it."
            )
        return False

    def replace(self, key: str, content: bytes) -> None:
        """Write a small object, whatever lay there: for the manifest, which names the rest."""
        with self._client.sentences(self._uri(key)):
            self._client.api.put_object(
                Bucket=self.bucket, Key=key, Body=content, ChecksumSHA256=_checksum(content)
            )

    def get(self, key: str, target: Path) -> bool:
        """Download an object; False where there is none.

        Args:
            key: The key to look under.
            target: The file to write; it appears when it is complete.

        Raises:
            StorageError: S3 refuses, or is not there.
        """
        if self._client.head(self._uri(key)) is None:
            return False
        self._client.download(self._uri(key), target)
        return True

    def _identity(self, key: str, identify: Callable[[Path], str]) -> str:
        """The identity of an object's bytes; "" where they are of another kind."""
        with scratch_folder("compare") as temporary:
            copy = temporary / key.rpartition("/")[2]
            self.get(key, copy)
            try:
                return identify(copy)
            except ArchiveError:
                return ""

    def _upload(self, path: Path, key: str, metadata: dict[str, str]) -> bool:
        """Create an object; False, and nothing is done, where one appeared meanwhile."""
        target = {"Bucket": self.bucket, "Key": key}
        try:
            if path.stat().st_size <= self._part_bytes:
                content = path.read_bytes()
                self._client.api.put_object(
                    **target,
                    Body=content,
                    Metadata=metadata,
                    ChecksumAlgorithm="SHA256",
                    ChecksumSHA256=_checksum(content),
                    IfNoneMatch="*",
                )
            else:
                self._upload_parts(path, target, metadata)
        except Exception as error:
            answer = s3.answer_of(error) or {}
            if answer.get("ResponseMetadata", {}).get("HTTPStatusCode") not in (409, 412):
                raise
            return False
        return True

    def _upload_parts(self, path: Path, target: dict[str, str], metadata: dict[str, str]) -> None:
        api = self._client.api
        begun = api.create_multipart_upload(**target, Metadata=metadata, ChecksumAlgorithm="SHA256")
        upload = {**target, "UploadId": begun["UploadId"]}
        try:
            parts = [
                self._upload_part(upload, number, block)
                for number, block in enumerate(_blocks(path, self._part_bytes), start=1)
            ]
            api.complete_multipart_upload(
                **upload, MultipartUpload={"Parts": parts}, IfNoneMatch="*"
            )
        except BaseException:
            api.abort_multipart_upload(**upload)
            raise

    def _upload_part(self, upload: dict[str, str], number: int, block: bytes) -> dict[str, Any]:
        checksum = _checksum(block)
        sent = self._client.api.upload_part(
            **upload, PartNumber=number, Body=block, ChecksumSHA256=checksum
        )
        return {"ETag": sent["ETag"], "PartNumber": number, "ChecksumSHA256": checksum}

    def _file_checksum(self, path: Path) -> str:
        """What S3 will say of a file that is uploaded as ``_upload`` does it."""
        if path.stat().st_size <= self._part_bytes:
            return _checksum(path.read_bytes())
        parts = [hashlib.sha256(block).digest() for block in _blocks(path, self._part_bytes)]
        return _checksum(b"".join(parts))

    def _uri(self, key: str) -> s3.S3Uri:
        return s3.S3Uri(self.bucket, key)


def _blocks(path: Path, size: int) -> Iterator[bytes]:
    with path.open("rb") as stream:
        while block := stream.read(size):
            yield block


def _checksum(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()
