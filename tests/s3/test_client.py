"""What lies in a bucket, listed and brought here, with the ugly names that S3 allows."""

from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk.errors import StorageError, UserError
from ic_tf_sdk.s3 import Client, S3Uri, parse, partition
from tests.aws import BUCKET
from tests.content.fault_proxy import CUT, faults

ROOT = parse(f"s3://{BUCKET}/client/")


def put(client: Any, keys: dict[str, bytes]) -> S3Uri:
    """Objects below a folder of their own; the folder."""
    folder = ROOT.below(f"{abs(hash(frozenset(keys)))}/")
    for key, content in keys.items():
        client.put_object(Bucket=BUCKET, Key=folder.below(key).key, Body=content)
    return folder


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_every_page_of_a_listing_is_read(
    aws: str, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = put(s3, {f"{number}.jpg": b"" for number in range(9)})
    # Of the server, which runs in this process.
    monkeypatch.setenv("MOTO_S3_DEFAULT_MAX_KEYS", "4")
    assert s3.list_objects_v2(Bucket=BUCKET, Prefix=folder.key)["IsTruncated"]
    client = Client()
    assert [entry.uri.key[-5:] for entry in client.entries(folder)] == [
        f"{number}.jpg" for number in range(9)
    ]
    assert len(list(client.entries(folder, most=6))) == 6


def test_a_folder_comes_whole_without_its_markers(aws: str, s3: Any, tmp_path: Path) -> None:
    keys = {"": b"", "ant/": b"", "ant": b"", "ant/0.jpg": b"a", "bee/ü 1.jpg": b"bb", "empty": b""}
    folder = put(s3, keys)
    assert Client().sizes(folder) == {"ant/0.jpg": 1, "bee/ü 1.jpg": 2, "empty": 0}
    assert Client().fetch(folder, tmp_path) == tmp_path
    assert files(tmp_path) == {"ant/0.jpg", "bee/ü 1.jpg", "empty"}
    assert (tmp_path / "bee/ü 1.jpg").read_bytes() == b"bb"


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("/0.jpg", r"has '//', a folder without a name"),
        ("a//0.jpg", r"has '//', a folder without a name"),
        ("a/../../0.jpg", "leads outside of its folder"),
    ],
)
def test_a_key_that_no_folder_can_hold_is_said_before_anything_comes(
    aws: str, s3: Any, tmp_path: Path, key: str, said: str
) -> None:
    folder = put(s3, {"0.jpg": b"good", key: b"bad"})
    with pytest.raises(UserError, match=said):
        Client().fetch(folder, tmp_path)
    assert files(tmp_path) == set()


def test_an_object_with_content_where_a_folder_must_be_is_said(
    aws: str, s3: Any, tmp_path: Path
) -> None:
    folder = put(s3, {"ant": b"content", "ant/0.jpg": b"a"})
    with pytest.raises(UserError, match=r"ant is an object and a folder; rename one of them"):
        Client().fetch(folder, tmp_path)


def test_one_object_comes_under_its_name(aws: str, s3: Any, tmp_path: Path) -> None:
    folder = put(s3, {"model.tar.gz": b"content"})
    copy = Client().fetch(folder.below("model.tar.gz"), tmp_path)
    assert copy == tmp_path / "model.tar.gz"
    assert copy.read_bytes() == b"content"
    assert Client().get(folder.below("model.tar.gz")) == b"content"
    with pytest.raises(UserError, match=r"No object is at .*model; a folder's URI must end in '/'"):
        Client().fetch(folder.below("model"), tmp_path)
    with pytest.raises(UserError, match="No object is at"):
        Client().get(folder.below("model"))


def test_of_an_object_that_no_endpoint_would_take_only_the_first_bytes_are_read(
    aws: str, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ic_tf_sdk.s3.client.MAX_BODY_BYTES", 4)
    folder = put(s3, {"long.jpg": b"content"})
    client = Client()
    for _ in range(20):  # as many as there are connections, and more
        assert client.get(folder.below("long.jpg")) == b"conte"


def test_a_download_that_breaks_off_leaves_nothing(
    aws: str, s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = put(s3, {"broken.tar.gz": b"content" * 1000})

    def rule(method: str, path: str) -> Any:
        return CUT if method == "GET" and "broken" in path else None

    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with faults(aws, rule) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(StorageError, match=r"broken\.tar\.gz: .*Check the network") as refused:
            Client().fetch(folder.below("broken.tar.gz"), tmp_path)
    assert refused.value.kind == "unreachable"
    assert files(tmp_path) == set()


@pytest.mark.parametrize(
    ("rule", "kind", "said"),
    [
        ((403, "InvalidObjectState"), "other", "lies in an archive .*restore the object first"),
        ((503, "SlowDown"), "other", "SlowDown"),
        ((404, "NoSuchUpload"), "other", "NoSuchUpload"),
        ((404, "NoSuchBucket"), "bucket", "There is no bucket"),
        ((403, "RequestTimeTooSkewed"), "credentials", r"\(RequestTimeTooSkewed\)"),
    ],
)
def test_a_refused_upload_says_why(
    aws: str, s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    rule: tuple[int, str], kind: str, said: str,
) -> None:  # fmt: skip
    (tmp_path / "file").write_bytes(b"x")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with faults(aws, lambda method, path: rule) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        with pytest.raises(StorageError, match=said) as refused:
            Client().upload(tmp_path / "file", ROOT.below("file"))
    assert refused.value.kind == kind
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("address", ["nonsense", "http://"])
def test_an_endpoint_that_is_no_address_is_said(
    aws: str, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    with pytest.raises(StorageError, match=r"see AWS_ENDPOINT_URL|AWS_ENDPOINT_URL"):
        Client().has_any(ROOT)


def test_a_region_that_is_no_region_is_said(aws: str) -> None:
    assert partition("cn-north-1") == "aws-cn"
    with pytest.raises(StorageError, match="moon"):
        partition("moon")
    with pytest.raises(StorageError, match="us west 2"):
        Client(region="us west 2").has_any(ROOT)
