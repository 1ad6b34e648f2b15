"""S3 URIs: taken apart once, and refused in words that say what is wrong."""

from pathlib import Path

import pytest

from ic_tf_sdk import s3
from ic_tf_sdk.errors import UserError


@pytest.mark.parametrize(
    ("location", "bucket", "key"),
    [
        ("s3://bucket/a/b.jpg", "bucket", "a/b.jpg"),
        ("s3://bucket/a/", "bucket", "a/"),
        ("s3://bucket/", "bucket", ""),
        ("s3://bucket", "bucket", ""),
        ("s3://bucket/a//b", "bucket", "a//b"),
        ("s3://bucket//b", "bucket", "/b"),
        ("s3://Old_Bucket.2006/ä b?c#d%2F", "Old_Bucket.2006", "ä b?c#d%2F"),
        (Path("s3://bucket/a/b"), "bucket", "a/b"),
    ],
)
def test_a_uri_is_taken_apart_and_put_together(location: str | Path, bucket: str, key: str) -> None:
    uri = s3.parse(location)
    assert uri == (bucket, key)
    assert str(uri) == f"s3://{bucket}/{key}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("flowers/", r"'flowers/' is not an S3 URI; it is like s3://bucket/folder/"),
        ("https://bucket.s3.amazonaws.com/a", "is not an S3 URI"),
        ("s3:bucket/a", "is not an S3 URI"),
        ("s3:/bucket/a", "must begin with s3://. Did you mean 's3://bucket/a'"),
        ("S3://bucket/a", "must begin with s3://. Did you mean 's3://bucket/a'"),
        ("s3://", "names no bucket"),
        # A variable of the shell that is not set.
        ("s3:///models/", "names no bucket"),
        ("s3://my bucket/a", "'my bucket' is no bucket's name"),
        ("s3://arn:aws:s3:us-west-2:123456789012:accesspoint/x", "named by its alias"),
    ],
)
def test_what_is_no_uri_is_said(text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        s3.parse(text)
    assert s3.problem(text) is not None


@pytest.mark.parametrize(
    "name",
    ["My_Bucket", "my..bucket", "192.168.1.1", "ab", "a" * 64, "-bucket", "bucket-", "xn--bucket",
     "sthree-bucket", "bücket", "b ucket", "Bucket", "my-bucket\n"],
)  # fmt: skip
def test_a_bucket_that_none_can_make_any_more_is_not_handed_on(name: str) -> None:
    assert "can be no bucket's name" in str(s3.bucket_problem(name))
    assert s3.problem(f"s3://{name}/key") is not None


@pytest.mark.parametrize(
    "name",
    ["abc", "a" * 63, "my.bucket-1", "1.2.3", "jumpstart-cache-prod-us-west-2",
     "name-abcdefghijk1234567890-s3alias"],
)  # fmt: skip
def test_a_legal_bucket_and_an_access_points_alias_are_handed_on(name: str) -> None:
    assert s3.bucket_problem(name) is None
    assert s3.problem(f"s3://{name}/key") is None


def test_a_folder_ends_in_a_slash() -> None:
    assert s3.problem("s3://bucket/flowers/", folder=True) is None
    assert s3.problem("s3://bucket", folder=True) is None
    assert s3.problem("s3://bucket/flowers") is None
    assert "must end in '/'" in str(s3.problem("s3://bucket/flowers", folder=True))
    assert str(s3.parse("s3://bucket/flowers").as_folder()) == "s3://bucket/flowers/"
    assert str(s3.parse("s3://bucket").as_folder()) == "s3://bucket/"


def test_a_place_in_s3_is_no_path_here() -> None:
    s3.require_local("flowers/s3:/x", instead="")
    with pytest.raises(UserError, match=r"s3://bucket/a lies in S3.*Copy it\."):
        s3.require_local(Path("s3://bucket/a"), instead="Copy it.")


@pytest.mark.parametrize("text", ["s3://bucket/a\n", "s3://bucket/\r", "s3://bucket/a\u2028b/"])
def test_a_line_break_which_the_api_refuses_is_refused(text: str) -> None:
    assert "has a line break" in str(s3.problem(text))
    assert s3.problem("s3://bucket/a b/Käfer") is None
