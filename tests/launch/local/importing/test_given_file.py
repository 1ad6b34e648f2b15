"""What a table names is opened where it lies, or has the reason why it cannot be."""

from pathlib import Path

import pytest

from ic_tf_sdk.errors import StorageError, UserError
from ic_tf_sdk.launch.local.importing import given_file
from ic_tf_sdk.launch.local.importing.given_file import GivenFiles, UnusableError
from ic_tf_sdk.s3 import S3Uri


def test_a_path_is_looked_for_below_each_root_in_turn(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder, name in ((one, "a.jpg"), (two, "a.jpg"), (two, "b.jpg"), (two, "deep/c.jpg")):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    files = GivenFiles([str(one), str(two)])
    assert files.place("a.jpg") == one / "a.jpg"
    assert files.place("b.jpg") == two / "b.jpg"
    assert files.place("nowhere.jpg") == one / "nowhere.jpg"
    assert files.place(str(two / "b.jpg")) == two / "b.jpg"
    assert files.place(f"file://{two}/a%20b.jpg") == two / "a b.jpg"
    # As Windows writes it; a name that has such a mark in it is taken as it is.
    assert files.place("deep\\c.jpg") == two / "deep" / "c.jpg"
    (one / "x\\y.jpg").write_bytes(b"x")
    assert files.place("x\\y.jpg") == one / "x\\y.jpg"
    assert files.read(files.place("b.jpg")) == b"b.jpg"


@pytest.mark.parametrize(
    ("image", "reason"),
    [("\0.jpg", "embedded null"), ("x" * 300 + ".jpg", "File name too long")],
)
def test_a_name_that_no_disk_takes_is_the_reason_of_its_row(
    image: str, reason: str, tmp_path: Path
) -> None:
    files = GivenFiles([str(tmp_path), str(tmp_path / "two")])
    assert files.place(f"a\\{image}") == tmp_path / f"a/{image}"
    assert files.place(image) == tmp_path / image
    with pytest.raises(UnusableError, match=f"^{reason}"):
        files.read(files.place(image))


def test_roots_in_s3_begin_relative_paths_alone(tmp_path: Path) -> None:
    for root in ("s3://my-bucket/photos/", "s3://my-bucket/photos"):
        files = GivenFiles([root])
        assert files.place("a/b.jpg") == files.place("/a/b.jpg")
        assert files.place("a/b.jpg") == S3Uri("my-bucket", "photos/a/b.jpg")
        assert files.place("s3://other/a.jpg") == S3Uri("other", "a.jpg")


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        ("https://x/a.jpg", "https addresses are not fetched; download the images, then name"),
        ("gs://b/a.jpg", "gs addresses are not fetched"),
        ("s3://my-bucket/a/", "it is a folder of S3, not an object"),
        ("s3://my-bucket", "it is a folder of S3, not an object"),
        ("s3:///a.jpg", "s3:///a.jpg"),
    ],
)
def test_addresses_that_are_not_read_have_the_reason(image: str, reason: str) -> None:
    with pytest.raises(UnusableError, match=reason) as refused:
        GivenFiles(["."]).place(image)
    assert not str(refused.value).endswith(".")


def test_a_file_may_have_as_much_as_an_image_that_is_predicted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(given_file, "MAX_BODY_BYTES", 3 << 20)
    (tmp_path / "a").write_bytes(b"x" * (3 << 20))
    files = GivenFiles([str(tmp_path)])
    assert len(files.read(tmp_path / "a")) == 3 << 20
    with (tmp_path / "a").open("ab") as stream:
        stream.write(b"x")
    with pytest.raises(UnusableError, match=r"^more than 3 MiB$"):
        files.read(tmp_path / "a")
    with pytest.raises(UnusableError, match="there is no such file"):
        files.read(tmp_path / "b")
    with pytest.raises(UnusableError, match=r"^a folder, not a file$"):
        files.read(tmp_path)


class _Bucket:
    def __init__(self, error: Exception) -> None:
        self._error = error

    def get(self, place: S3Uri) -> bytes:
        raise self._error


@pytest.mark.parametrize("kind", ["denied", "bucket", "region", "other"])
def test_what_s3_says_of_one_object_is_the_reason_of_its_row(kind: str) -> None:
    files = GivenFiles(["."])
    files._client = _Bucket(StorageError("It says no.", kind=kind))  # type: ignore[assignment]
    with pytest.raises(UnusableError, match=r"^It says no$"):
        files.read(S3Uri("b", "k"))


def test_what_s3_says_of_every_object_ends_the_import() -> None:
    files = GivenFiles(["."])
    files._client = _Bucket(StorageError("none", kind="credentials"))  # type: ignore[assignment]
    with pytest.raises(StorageError, match="none"):
        files.read(S3Uri("b", "k"))
    files._client = _Bucket(UserError("gone"))  # type: ignore[assignment]
    with pytest.raises(UnusableError, match="there is no such object"):
        files.read(S3Uri("b", "k"))
