"""What lies in a bucket, listed and brought here, with the ugly names that S3 allows."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from ic_tf_sdk.errors import StorageError, UserError
from ic_tf_sdk.s3 import Client, S3Uri, answer_of, parse, partition, refusal_code, sentences
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


class Door:
    """A client behind a proxy, which notes what is asked and may refuse it."""

    def __init__(self, aws: str, patch: pytest.MonkeyPatch) -> None:
        self.asked: list[str] = []
        self.rules: dict[str, str | tuple[int, str]] = {}
        self._aws, self._patch = aws, patch

    @contextmanager
    def open(self, **options: Any) -> Iterator[Client]:
        def rule(method: str, path: str) -> Any:
            kind = "LIST" if method == "GET" and "list-type=2" in path else method
            self.asked.append(kind)
            return self.rules.get(kind)

        with faults(self._aws, rule) as url:
            self._patch.setenv("AWS_ENDPOINT_URL", url)
            self._patch.setenv("AWS_MAX_ATTEMPTS", "1")
            yield Client(**options)


@pytest.fixture
def door(aws: str, s3: Any, monkeypatch: pytest.MonkeyPatch) -> Door:
    return Door(aws, monkeypatch)


def test_a_request_is_tried_five_times_unless_the_environment_says_how_often(
    aws: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_MAX_ATTEMPTS", raising=False)
    with faults(aws, lambda method, path: asked.append(path) or (503, "SlowDown")) as url:
        asked: list[str] = []
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        # Between the attempts it waits.
        monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)
        for attempts in (None, 2):
            if attempts is not None:
                monkeypatch.setenv("AWS_MAX_ATTEMPTS", str(attempts))
            asked.clear()
            with pytest.raises(StorageError, match="SlowDown"):
                Client().get(ROOT.below("x"))
            assert len(asked) == (attempts or 5)


def test_what_an_object_has_is_asked_and_nothing_where_there_is_none(door: Door, s3: Any) -> None:
    folder = put(s3, {"here": b"content"})
    with door.open() as client:
        assert client.head(folder.below("here"))["ContentLength"] == 7
        assert door.asked == ["HEAD"]
        assert client.head(folder.below("absent")) is None
        # The listing said that the bucket is there, which need not be asked again.
        assert door.asked == ["HEAD", "HEAD", "LIST"]
        assert client.head(folder.below("absent")) is None
        assert door.asked == ["HEAD", "HEAD", "LIST", "HEAD"]
        with pytest.raises(StorageError, match="There is no bucket 'no-such-bucket'") as caught:
            client.head(parse("s3://no-such-bucket/x"))
    assert caught.value.kind == "bucket"


@pytest.mark.parametrize(
    ("rules", "kind", "said"),
    [
        # The listing says more than an answer to HEAD, which has no text.
        ({"HEAD": (403, ""), "LIST": (403, "ExpiredToken")}, "credentials", "ExpiredToken"),
        ({"HEAD": (403, ""), "LIST": (403, "AccessDenied")}, "denied", "is denied"),
        # Who may list and not read.
        ({"HEAD": (403, "")}, "denied", "is denied. What it takes."),
        # A server that is down has nothing to list either.
        ({"HEAD": (500, "")}, "other", "500"),
        ({"HEAD": (404, ""), "LIST": (403, "AccessDenied")}, "denied", "is denied"),
    ],
)
def test_why_an_object_cannot_be_asked_for_is_told(
    door: Door, rules: dict[str, tuple[int, str]], kind: str, said: str
) -> None:
    door.rules.update(rules)
    with (
        door.open(permissions="What it takes.") as client,
        pytest.raises(StorageError, match=said) as caught,
    ):
        client.head(ROOT.below("x"))
    assert caught.value.kind == kind
    assert door.asked == (["HEAD"] if said == "500" else ["HEAD", "LIST"])


def test_whether_anything_is_there_may_be_unknown(door: Door, s3: Any) -> None:
    folder = put(s3, {"here": b""})
    with door.open() as client:
        assert client.has_any(folder) is True
        assert client.has_any(folder.below("absent")) is False
        door.rules["LIST"] = (403, "AccessDenied")
        assert client.has_any(folder) is None
        door.rules["LIST"] = (400, "ExpiredToken")
        with pytest.raises(StorageError, match="ExpiredToken"):
            client.has_any(folder)


def test_no_more_is_listed_than_is_wanted(aws: str, s3: Any) -> None:
    folder = put(s3, {f"{number}": b"" for number in range(3)})
    asked = []
    client = Client()
    client.api.meta.events.register(
        "before-parameter-build.s3.ListObjectsV2", lambda params, **_: asked.append(dict(params))
    )
    assert len(list(client.entries(folder, most=1))) == 1
    assert [params["MaxKeys"] for params in asked] == [1]
    assert len(list(client.entries(folder, most=5000))) == 3
    assert asked[1]["MaxKeys"] == 1000
    assert len(list(client.entries(folder))) == 3
    assert "MaxKeys" not in asked[2]


def test_the_checksum_comes_where_it_is_asked_for(aws: str, s3: Any) -> None:
    folder = put(s3, {})
    s3.put_object(Bucket=BUCKET, Key=folder.below("x").key, Body=b"x", ChecksumAlgorithm="SHA256")
    client = Client()
    assert "ChecksumSHA256" in client.head(folder.below("x"), checksum=True)
    asked = []
    client.api.meta.events.register(
        "before-parameter-build.s3.HeadObject", lambda params, **_: asked.append(dict(params))
    )
    client.head(folder.below("x"))
    assert "ChecksumMode" not in asked[0]


def test_a_whole_bucket_is_a_folder_and_an_empty_one_is_said(
    aws: str, s3: Any, tmp_path: Path
) -> None:
    s3.create_bucket(Bucket="whole", CreateBucketConfiguration={"LocationConstraint": "us-west-2"})
    with pytest.raises(UserError, match="Nothing is below s3://whole/"):
        Client().fetch(parse("s3://whole/"), tmp_path)
    s3.put_object(Bucket="whole", Key="a/1.jpg", Body=b"1")
    assert Client().fetch(parse("s3://whole/"), tmp_path / "new" / "folder") == (
        tmp_path / "new" / "folder"
    )
    assert files(tmp_path) == {"new/folder/a/1.jpg"}


@pytest.mark.parametrize("key", ["../0.jpg", "a/..", "..", "a//b"])
def test_each_way_out_of_a_folder_is_refused_though_names_may_have_dots(
    aws: str, s3: Any, tmp_path: Path, key: str
) -> None:
    good = put(s3, {"a..b/..c/d...": b"good"})
    Client().fetch(good, tmp_path)
    assert files(tmp_path) == {"a..b/..c/d..."}
    with pytest.raises(UserError, match="rename the object"):
        Client().fetch(put(s3, {"0.jpg": b"good", key: b"bad"}), tmp_path / "other")
    assert not (tmp_path / "other").exists()


def refusal(code: str, status: int, operation: str = "GetObject", **headers: str) -> Exception:
    """As boto3 raises it."""
    from botocore.exceptions import ClientError

    metadata = {"HTTPStatusCode": status, "HTTPHeaders": headers}
    answer = {"Error": {"Code": code, "Message": "Said\nso"}, "ResponseMetadata": metadata}
    return ClientError(answer, operation)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (refusal("PermanentRedirect", 400), "region", "is in region another than asked for; name"),
        (refusal("Moved", 301), "region", "region another than asked for"),
        (
            refusal("Moved", 307, **{"x-amz-bucket-region": "eu-x"}),
            "region",
            "in region eu-x; name",
        ),
        (refusal("AuthorizationHeaderMalformed", 400), "region", "another than asked for"),
        (refusal("Unauthorized", 401), "denied", "is denied. It takes s3:ListBucket"),
        (refusal("AllAccessDisabled", 403), "denied", "is denied"),
        (refusal("404", 404, "ListObjectsV2"), "bucket", "There is no bucket 'b'"),
        (refusal("NoSuchThing", 404), "other", "s3://b/k: .*Said so.$"),
    ],
)
def test_each_refusal_of_s3_is_of_a_kind(error: Exception, kind: str, said: str) -> None:
    with pytest.raises(StorageError, match=said) as caught, sentences(parse("s3://b/k")):
        raise error
    assert caught.value.kind == kind
    assert caught.value.__cause__ is error


@pytest.mark.parametrize("error", [refusal("NoSuchKey", 404), refusal("404", 404, "HeadObject")])
def test_an_object_that_is_not_there_is_the_callers_error(error: Exception) -> None:
    with pytest.raises(UserError, match="No object is at s3://b/k"), sentences(parse("s3://b/k")):
        raise error


@pytest.mark.parametrize(
    ("error", "permissions", "kind", "said"),
    [
        (refusal("AccessDeniedException", 400), "It takes x:Y.", "denied", "It takes x:Y.$"),
        (refusal("AccessDeniedException", 400), None, "other", "It did not succeed: .*Said so.$"),
        (refusal("ValidationException", 400), "It takes x:Y.", "other", "Said so.$"),
        (refusal("InvalidClientTokenId", 403), None, "credentials", "does not accept .*sso login"),
    ],
)
def test_of_another_service_the_permissions_are_those_of_the_caller(
    error: Exception, permissions: str | None, kind: str, said: str
) -> None:
    given = {} if permissions is None else {"permissions": permissions}
    with (
        pytest.raises(StorageError, match=said) as caught,
        sentences("It did not succeed", **given),
    ):
        raise error
    assert caught.value.kind == kind


def test_what_is_not_of_aws_stays_what_it_is() -> None:
    said = UserError("said already"), StorageError("said already", kind="bucket")
    for error in (ValueError("mine"), *said, KeyboardInterrupt()):
        with pytest.raises(type(error)) as caught, sentences("x"):
            raise error
        assert caught.value is error
    with pytest.raises(StorageError, match=r"^x: .*disk full"), sentences("x"):
        raise OSError(28, "disk full")


def test_what_did_not_reach_aws_says_what_to_set() -> None:
    from botocore.exceptions import EndpointConnectionError, NoRegionError, ParamValidationError

    said = r"^x: no AWS region is set; name one \(--region\)"
    with pytest.raises(StorageError, match=said), sentences("x"):
        raise NoRegionError
    with pytest.raises(StorageError, match="Check the network") as caught, sentences("x"):
        raise EndpointConnectionError(endpoint_url="http://here")
    assert caught.value.kind == "unreachable"
    with pytest.raises(StorageError, match=r"^x: .*odd\.$") as caught, sentences("x"):
        raise ParamValidationError(report="odd")
    assert caught.value.kind == "other"


def test_what_aws_answered_is_known_of_its_refusals_and_of_no_other_error(
    aws: str, s3: Any
) -> None:
    with pytest.raises(ClientError) as refused:
        s3.get_object(Bucket=BUCKET, Key="nosuch")
    answer = answer_of(refused.value)
    assert answer is not None
    assert answer["Error"]["Code"] == refusal_code(refused.value) == "NoSuchKey"
    once = {"Delay": 0, "MaxAttempts": 1}
    with pytest.raises(WaiterError) as over:
        s3.get_waiter("object_exists").wait(Bucket=BUCKET, Key="nosuch", WaiterConfig=once)
    answer = answer_of(over.value)
    assert answer is not None
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 404
    assert answer_of(OSError()) is None
    assert refusal_code(OSError()) == ""
