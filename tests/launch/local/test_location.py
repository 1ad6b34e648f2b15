"""Where data lies: a path is itself, S3 is fetched, and an upload leaves nothing here behind."""

from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk import s3 as room
from ic_tf_sdk.errors import StorageError, UserError
from ic_tf_sdk.launch.local import location
from tests.aws import BUCKET


def test_a_path_and_a_file_uri_are_the_path(tmp_path: Path) -> None:
    spaced = tmp_path / "my photos"
    spaced.mkdir()
    for given in (spaced, str(spaced), spaced.as_uri()):
        assert location.local_path(given) == spaced
        assert location.fetch(given, tmp_path / "unused") == spaced
    assert not (tmp_path / "unused").exists()
    with pytest.raises(UserError, match="missing does not exist"):
        location.fetch(tmp_path / "missing", tmp_path)


@pytest.mark.parametrize("uri", ["https://host/photos", "gs://bucket/photos"])
def test_a_uri_of_another_kind_is_refused(uri: str) -> None:
    with pytest.raises(UserError, match="neither a path, nor a file:// nor an s3:// URI"):
        location.local_path(uri)


def test_s3_is_no_path_and_is_fetched(aws: str, s3: Any, tmp_path: Path) -> None:
    for name in ("a/1.jpg", "b/2.jpg"):
        s3.put_object(Bucket=BUCKET, Key=f"fetched/{name}", Body=name.encode())
    prefix = f"s3://{BUCKET}/fetched/"
    with pytest.raises(UserError, match="LocalEstimator fetches it from there"):
        location.local_path(prefix)
    assert location.fetch(prefix, tmp_path / "photos") == tmp_path / "photos"
    assert (tmp_path / "photos" / "b" / "2.jpg").read_bytes() == b"b/2.jpg"
    one = location.fetch(f"{prefix}a/1.jpg", tmp_path / "one")
    assert one == tmp_path / "one" / "1.jpg"
    assert one.read_bytes() == b"a/1.jpg"


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """What a job left: ``jobs/mine/output`` with a model and a folder of reports."""
    folder = tmp_path / "jobs" / "mine" / "output"
    (folder / "reports").mkdir(parents=True)
    (folder / "reports" / "history.json").write_text("{}")
    (folder / "model.tar.gz").write_bytes(b"model")
    return folder


@pytest.mark.parametrize("others", [False, True])
def test_what_was_uploaded_is_gone_here_with_the_folders_that_held_nothing_else(
    aws: str, s3: Any, tmp_path: Path, output: Path, others: bool
) -> None:
    if others:
        (tmp_path / "jobs" / "another").mkdir()
    uri = room.parse(f"s3://{BUCKET}/results/{others}/")
    location.upload_output(output / "model.tar.gz", output / "reports", uri)
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=f"results/{others}/")["Contents"]
    assert {Path(one["Key"]).name for one in found} == {"model.tar.gz", "output.tar.gz"}
    assert not output.parent.exists()
    assert (tmp_path / "jobs").exists() is others


def test_what_s3_does_not_take_is_kept_and_said(aws: str, s3: Any, output: Path) -> None:
    uri = room.parse("s3://no-such-bucket-here/results/")
    with pytest.raises(StorageError, match=rf"The trained model is kept in {output}\.") as refused:
        location.upload_output(output / "model.tar.gz", output / "reports", uri)
    assert refused.value.kind == "bucket"
    assert (output / "model.tar.gz").read_bytes() == b"model"
    assert (output / "reports" / "history.json").is_file()
