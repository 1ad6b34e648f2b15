"""What a bucket is asked for one by one, of an S3 in this process."""

import base64
import hashlib
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk.content import store
from ic_tf_sdk.content.store import CHECKSUM, DIGEST, Store
from ic_tf_sdk.errors import ArchiveError, OutputExistsError, StorageError

PART = 10


class RefusedError(Exception):
    """As botocore's ClientError."""

    def __init__(self, status: int) -> None:
        super().__init__(f"refused with {status}")
        self.response = {"ResponseMetadata": {"HTTPStatusCode": status}}


def checksum(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


class Bucket:
    """Objects by key, with S3's checksums of whole ones and of parts."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.calls: list[str] = []
        self.parts: list[tuple[int, bytes]] = []
        self.status: int | None = None
        self.meanwhile: bytes | None = None
        self.api = self

    def sentences(self, uri: Any) -> Any:
        return nullcontext()

    def head(self, uri: Any, *, checksum: bool = False) -> dict[str, Any] | None:
        self.calls.append("head")
        found = self.objects.get(uri.key)
        if found is None:
            return None
        size = {"ContentLength": len(found["Body"]), "Metadata": found["Metadata"]}
        return {**size, **({"ChecksumSHA256": found["sha"]} if checksum and found["sha"] else {})}

    def download(self, uri: Any, target: Path) -> None:
        self.calls.append("download")
        target.write_bytes(self.objects[uri.key]["Body"])

    def _keep(self, key: str, body: bytes, metadata: dict[str, str], sha: str) -> None:
        self.objects[key] = {"Body": body, "Metadata": metadata, "sha": sha}

    def _forestall(self, key: str) -> None:
        if self.meanwhile is not None:
            self._keep(key, self.meanwhile, {}, checksum(self.meanwhile))
        if self.status is not None:
            raise RefusedError(self.status)
        if key in self.objects:
            raise RefusedError(412)

    def put_object(self, **given: Any) -> None:
        self.calls.append("put")
        assert given["ChecksumSHA256"] == checksum(given["Body"])
        if "IfNoneMatch" in given:
            assert given["IfNoneMatch"] == "*"
            self._forestall(given["Key"])
        metadata = given.get("Metadata", {})
        self._keep(given["Key"], given["Body"], metadata, given["ChecksumSHA256"])

    def create_multipart_upload(self, **given: Any) -> dict[str, str]:
        self.calls.append("begin")
        assert given["ChecksumAlgorithm"] == "SHA256"
        self.parts, self.metadata = [], given["Metadata"]
        return {"UploadId": "u"}

    def upload_part(self, **given: Any) -> dict[str, str]:
        assert given["UploadId"] == "u"
        assert given["ChecksumSHA256"] == checksum(given["Body"])
        self.parts.append((given["PartNumber"], given["Body"]))
        return {"ETag": f"tag {given['PartNumber']}"}

    def complete_multipart_upload(self, **given: Any) -> None:
        self.calls.append("complete")
        assert given["IfNoneMatch"] == "*"
        parts = given["MultipartUpload"]["Parts"]
        assert [(one["PartNumber"], one["ETag"], one["ChecksumSHA256"]) for one in parts] == [
            (number, f"tag {number}", checksum(block)) for number, block in self.parts
        ]
        self._forestall(given["Key"])
        blocks = [block for _, block in self.parts]
        whole = checksum(b"".join(hashlib.sha256(block).digest() for block in blocks))
        self._keep(given["Key"], b"".join(blocks), self.metadata, f"{whole}-{len(blocks)}")

    def abort_multipart_upload(self, **given: Any) -> None:
        assert given["UploadId"] == "u"
        self.calls.append("abort")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Bucket:
    made = Bucket()
    monkeypatch.setattr(store.s3, "Client", lambda **_: made)
    monkeypatch.setattr(store.s3, "answer_of", lambda error: getattr(error, "response", None))
    return made


@pytest.fixture
def to(bucket: Bucket) -> Store:
    return Store("my-bucket", part_bytes=PART)


def file(folder: Path, content: bytes, name: str = "file") -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def identify(path: Path) -> str:
    content = path.read_bytes()
    if content.startswith(b"no archive"):
        raise ArchiveError("It is none.")
    return content.decode().lower()


@pytest.mark.parametrize(("size", "numbers"), [(9, []), (10, []), (11, [1, 2]), (30, [1, 2, 3])])
def test_a_file_is_sent_whole_or_in_numbered_parts_and_known_by_its_checksum(
    size: int, numbers: list[int], to: Store, bucket: Bucket, tmp_path: Path
) -> None:
    path = file(tmp_path, bytes(range(65, 65 + size)))
    assert to.look("k") is None
    assert to.holds(path, "k", identify) is None
    assert to.put(path, "k", identify=identify) is True
    assert [number for number, _ in bucket.parts] == numbers
    assert bucket.objects["k"]["Body"] == path.read_bytes()
    found = to.look("k")
    assert found is not None
    assert (found.size_bytes, found.digest) == (size, identify(path))
    assert bucket.objects["k"]["Metadata"] == {DIGEST: identify(path), CHECKSUM: found.checksum}
    bucket.calls.clear()
    assert to.holds(path, "k", identify) is True
    assert to.put(path, "k", identify=identify) is False
    assert bucket.calls == ["head", "head"]


def test_parts_are_of_64_mib(bucket: Bucket) -> None:
    assert Store("my-bucket")._part_bytes == store.PART_BYTES == 67_108_864


def test_what_has_another_checksum_is_compared_by_its_content(
    to: Store, bucket: Bucket, tmp_path: Path
) -> None:
    path = file(tmp_path, b"ABC")
    for body, same in ((b"abc", True), (b"xyz", False), (b"no archive", False)):
        bucket._keep("a/k", body, {DIGEST: "abc", CHECKSUM: "of another"}, checksum(body))
        assert to.holds(path, "a/k", identify) is same
        found = to.look("a/k")
        assert found is not None
        # Its metadata was kept from other bytes.
        assert found.digest == ""
        if same:
            assert to.put(path, "a/k", identify=identify) is False
            continue
        with pytest.raises(OutputExistsError, match="s3://my-bucket/a/k holds other bytes"):
            to.put(path, "a/k", identify=identify)
        assert bucket.objects["a/k"]["Body"] == body
    # Without a checksum of S3's, its metadata says nothing either.
    bucket._keep("k", b"abc", {DIGEST: "abc", CHECKSUM: ""}, "")
    found = to.look("k")
    assert found is not None
    assert (found.digest, found.checksum) == ("", "")


@pytest.mark.parametrize("size", [3, 25])
@pytest.mark.parametrize("status", [409, 412])
def test_what_appears_meanwhile_is_compared(
    status: int, size: int, to: Store, bucket: Bucket, tmp_path: Path
) -> None:
    path = file(tmp_path, b"A" * size)
    bucket.status, bucket.meanwhile = status, b"a" * size
    assert to.put(path, "k", identify=identify) is False
    bucket.objects.clear()
    bucket.meanwhile = b"b" * size
    with pytest.raises(OutputExistsError):
        to.put(path, "k", identify=identify)
    bucket.objects.clear()
    bucket.meanwhile = None
    with pytest.raises(StorageError, match="another upload to it was in progress; run it again"):
        to.put(path, "k", identify=identify)
    assert ("abort" in bucket.calls) is (size > PART)


@pytest.mark.parametrize("size", [3, 25])
@pytest.mark.parametrize("status", [400, 408, 410, 411, 413, 500])
def test_another_refusal_goes_on_and_leaves_no_parts(
    status: int, size: int, to: Store, bucket: Bucket, tmp_path: Path
) -> None:
    bucket.status = status
    with pytest.raises(RefusedError):
        to.put(file(tmp_path, b"A" * size), "k", identify=identify)
    assert ("abort" in bucket.calls) is (size > PART)
    assert bucket.objects == {}


def test_an_error_that_is_no_answer_goes_on(
    to: Store, bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bucket, "upload_part", broken)
    with pytest.raises(KeyboardInterrupt):
        to.put(file(tmp_path, b"A" * 25), "k", identify=identify)
    assert bucket.calls[-1] == "abort"

    def absent(**_: Any) -> None:
        raise OSError("no connection")

    monkeypatch.setattr(bucket, "put_object", absent)
    with pytest.raises(OSError, match="no connection"):
        to.put(file(tmp_path, b"A"), "k", identify=identify)


def test_small_ones_are_replaced_and_what_is_there_is_downloaded(
    to: Store, bucket: Bucket, tmp_path: Path
) -> None:
    assert to.get("k", tmp_path / "copy") is False
    assert not (tmp_path / "copy").exists()
    for content in (b"one", b"two"):
        to.replace("k", content)
        assert to.get("k", tmp_path / "copy") is True
        assert (tmp_path / "copy").read_bytes() == content


def test_a_client_is_told_the_region_and_which_policy_it_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = SimpleNamespace()
    monkeypatch.setattr(store.s3, "Client", lambda **options: vars(given).update(options))
    Store("my-bucket", region="eu-west-1")
    assert given.region == "eu-west-1"
    assert "`ic-tf publish --bucket my-bucket --print-policy`" in given.permissions
