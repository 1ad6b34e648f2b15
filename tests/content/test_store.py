"""Writing to S3, on moto's server, with its faults in between."""

import re
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk.content.digest import file_digest
from ic_tf_sdk.content.store import CHECKSUM, DIGEST, Store
from ic_tf_sdk.errors import ArchiveError, OutputExistsError, StorageError
from tests.aws import BUCKET
from tests.content.fault_proxy import CUT, faults

PART = 5 << 20


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "artifact.tar.gz"
    path.write_bytes(bytes(range(256)) * 4096 * 11)  # 11 MiB: three parts
    return path


def keys(s3: Any, prefix: str) -> list[str]:
    return [
        item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    ]


@pytest.mark.parametrize("part_bytes", [PART, 64 << 20])
def test_a_file_is_uploaded_once_in_parts_or_whole(
    aws: str, s3: Any, file: Path, part_bytes: int
) -> None:
    key = f"once/{part_bytes}"
    store = Store(BUCKET, part_bytes=part_bytes)
    assert store.look(key) is None
    assert store.put(file, key, identify=file_digest) is True
    assert store.put(file, key, identify=file_digest) is False
    found = s3.get_object(Bucket=BUCKET, Key=key)
    assert found["Body"].read() == file.read_bytes()
    assert found["Metadata"][DIGEST] == file_digest(file)
    stored = store.look(key)
    assert stored is not None
    assert stored.digest == file_digest(file)
    assert found["Metadata"][CHECKSUM] == stored.checksum
    # Uploaded in parts of another size, the same bytes have another checksum.
    assert Store(BUCKET, part_bytes=6 << 20).put(file, key, identify=file_digest) is False


@pytest.mark.parametrize("checksum", [{}, {"ChecksumAlgorithm": "SHA256"}])
def test_bytes_that_were_replaced_under_kept_metadata_are_no_content_of_ours(
    aws: str, s3: Any, tmp_path: Path, checksum: dict[str, str]
) -> None:
    key = f"replaced/{len(checksum)}"
    (tmp_path / "good").write_text("good")
    store = Store(BUCKET)
    store.put(tmp_path / "good", key, identify=file_digest)
    kept = s3.head_object(Bucket=BUCKET, Key=key)["Metadata"]
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"EVIL", Metadata=kept, **checksum)
    stored = store.look(key)
    assert stored is not None
    assert stored.digest == ""
    assert store.holds(tmp_path / "good", key, file_digest) is False
    with pytest.raises(OutputExistsError, match="holds other bytes"):
        store.put(tmp_path / "good", key, identify=file_digest)
    # Also where the forger writes the metadata anew.
    (tmp_path / "evil").write_text("EVIL")
    s3.delete_object(Bucket=BUCKET, Key=key)
    store.put(tmp_path / "evil", key, identify=lambda _: file_digest(tmp_path / "good"))
    with pytest.raises(OutputExistsError, match="holds other bytes"):
        store.put(tmp_path / "good", key, identify=file_digest)


def test_other_content_is_never_overwritten(aws: str, s3: Any, file: Path) -> None:
    s3.put_object(Bucket=BUCKET, Key="theirs", Body=b"not ours")
    with pytest.raises(OutputExistsError, match=r"holds other bytes.*another bucket"):
        Store(BUCKET).put(file, "theirs", identify=file_digest)
    assert s3.get_object(Bucket=BUCKET, Key="theirs")["Body"].read() == b"not ours"


@pytest.mark.parametrize("part_bytes", [PART, 64 << 20])
def test_a_cut_upload_is_tried_again(
    aws: str, s3: Any, file: Path, part_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: Counter[str] = Counter()

    def rule(method: str, path: str) -> Any:
        seen[method] += method == "PUT"
        return CUT if method == "PUT" and seen["PUT"] <= 2 else None

    with faults(aws, rule) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        assert (
            Store(BUCKET, part_bytes=part_bytes).put(
                file, f"cut/{part_bytes}", identify=file_digest
            )
            is True
        )
    found = s3.get_object(Bucket=BUCKET, Key=f"cut/{part_bytes}")["Body"].read()
    assert found == file.read_bytes()


@pytest.mark.slow
def test_an_upload_that_never_gets_through_leaves_neither_object_nor_parts(
    aws: str, s3: Any, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rule(method: str, path: str) -> Any:
        return (503, "SlowDown") if "partNumber=3" in path else None

    with faults(aws, rule) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(StorageError, match="SlowDown"):
            Store(BUCKET, part_bytes=PART).put(file, "never/there", identify=file_digest)
    assert keys(s3, "never/") == []
    assert s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []) == []


def test_a_denied_bucket_names_the_policy(
    aws: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with faults(aws, lambda method, path: (403, "AccessDenied")) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(StorageError, match=r"is denied.*--print-policy"):
            Store(BUCKET).put(file, "x", identify=file_digest)


def test_a_bucket_elsewhere_names_its_region(
    aws: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with faults(aws, lambda method, path: (301, "PermanentRedirect")) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(StorageError, match="is in region eu-west-1; name that region"):
            Store(BUCKET).put(file, "x", identify=file_digest)


def test_a_missing_bucket_and_an_unreachable_host_get_a_sentence(
    aws: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(StorageError, match="There is no bucket 'no-such-bucket-here'"):
        Store("no-such-bucket-here").put(file, "x", identify=file_digest)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(StorageError, match="Could not connect"):
        Store(BUCKET).put(file, "x", identify=file_digest)


def test_two_publishers_at_once_leave_one_complete_object(aws: str, s3: Any, file: Path) -> None:
    outcomes: list[bool] = []
    start = threading.Barrier(4)

    def one() -> None:
        store = Store(BUCKET, part_bytes=PART)
        start.wait()
        outcomes.append(store.put(file, "race", identify=file_digest))

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 4
    assert s3.get_object(Bucket=BUCKET, Key="race")["Body"].read() == file.read_bytes()
    assert s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []) == []


def test_a_rival_who_is_first_with_other_bytes_wins(
    aws: str, s3: Any, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rival's object appears between the look and the upload, which must not replace it."""

    def rule(method: str, path: str) -> Any:
        if method == "PUT":
            s3.put_object(Bucket=BUCKET, Key="rival", Body=b"first")
        return None

    with faults(aws, rule) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(OutputExistsError):
            Store(BUCKET).put(file, "rival", identify=file_digest)
    assert s3.get_object(Bucket=BUCKET, Key="rival")["Body"].read() == b"first"


@pytest.mark.parametrize(("more", "in_parts"), [(0, False), (1, True)])
def test_a_file_of_one_part_is_sent_whole_and_a_larger_one_in_parts(
    aws: str, s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: int, in_parts: bool
) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(PART + more))
    asked: list[str] = []
    with faults(aws, lambda method, address: asked.append(address)) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        store = Store(BUCKET, part_bytes=PART)
        assert store.put(path, f"parts/{more}", identify=file_digest) is True
        numbers = sorted({part for address in asked for part in part_numbers(address)})
        assert numbers == (["1", "2"] if in_parts else [])
        # By S3's checksum alone: nothing is downloaded to compare it.
        asked.clear()
        assert store.holds(path, f"parts/{more}", file_digest) is True
        assert len(asked) == 1
    assert Store(BUCKET)._part_bytes == 67_108_864


def part_numbers(address: str) -> list[str]:
    return re.findall("[?&]partNumber=([0-9]+)", address)


@pytest.mark.parametrize("status", [409, 412])
def test_an_upload_that_another_one_forestalls_is_compared_with_it(
    aws: str, s3: Any, file: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    key = f"forestalled/{status}"

    def rule(method: str, path: str) -> Any:
        if method != "PUT":
            return None
        s3.put_object(Bucket=BUCKET, Key=key, Body=file.read_bytes())
        return status, "PreconditionFailed"

    with faults(aws, rule) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        assert Store(BUCKET).put(file, key, identify=file_digest) is False


@pytest.mark.parametrize("status", [400, 408, 411])
def test_another_refusal_of_an_upload_is_an_error(
    aws: str, file: Path, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    with faults(aws, lambda method, path: (status, "OddError") if method == "PUT" else None) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        with pytest.raises(StorageError, match="OddError"):
            Store(BUCKET).put(file, "odd", identify=file_digest)


def test_an_upload_in_progress_elsewhere_is_no_content_of_others(
    aws: str, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """S3 refuses the second of two at once, and perhaps the first one is never finished."""

    def rule(method: str, path: str) -> Any:
        return (409, "ConditionalRequestConflict") if method == "PUT" else None

    with faults(aws, rule) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        with pytest.raises(
            StorageError, match="another upload to it was in progress; run it again"
        ):
            Store(BUCKET).put(file, "in/progress", identify=file_digest)


def test_what_is_downloaded_is_whole_and_nothing_comes_of_nothing(
    aws: str, s3: Any, tmp_path: Path
) -> None:
    store = Store(BUCKET)
    assert store.get("download/none", tmp_path / "none") is False
    assert not (tmp_path / "none").exists()
    store.replace("download/one", b"first")
    store.replace("download/one", b"second")
    assert store.get("download/one", tmp_path / "one") is True
    assert (tmp_path / "one").read_bytes() == b"second"


def test_an_object_of_another_kind_is_another_content(aws: str, s3: Any, file: Path) -> None:
    s3.put_object(Bucket=BUCKET, Key="kind", Body=b"no archive")

    def identify(path: Path) -> str:
        if path.read_bytes() == b"no archive":
            raise ArchiveError("it is none")
        return "ours"

    assert Store(BUCKET).holds(file, "kind", identify) is False
    assert Store(BUCKET).holds(file, "absent", identify) is None
