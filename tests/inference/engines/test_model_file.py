"""A model in S3 is fetched once for all workers of a machine, and again when it is another."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from ic_tf_sdk.backbones import cache
from ic_tf_sdk.errors import ArchiveError, StorageError, UserError
from ic_tf_sdk.inference.engines import model_file
from tests.aws import BUCKET
from tests.content.fault_proxy import faults

URI = f"s3://{BUCKET}/engines/model.tar.gz"


@pytest.fixture
def downloads(
    aws: str, s3: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[str]]:
    """The path of every download, as S3 is asked for it; the cache is empty, the object there."""
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    s3.put_object(Bucket=BUCKET, Key="engines/model.tar.gz", Body=b"first")
    asked: list[str] = []

    def note(method: str, path: str) -> None:
        if method == "GET" and path.startswith(f"/{BUCKET}/engines/"):
            asked.append(path)

    with faults(aws, note) as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        yield asked


def test_workers_that_start_together_fetch_it_once(downloads: list[str]) -> None:
    with ThreadPoolExecutor(8) as pool:
        paths = set(pool.map(model_file.at_hand, [URI] * 8))
    (path,) = paths
    assert (path.name, path.read_bytes()) == ("model.tar.gz", b"first")
    assert downloads == [f"/{BUCKET}/engines/model.tar.gz"]


def test_one_that_was_replaced_is_fetched_anew_and_so_is_a_damaged_copy(
    downloads: list[str], s3: Any
) -> None:
    first = model_file.at_hand(URI)
    s3.put_object(Bucket=BUCKET, Key="engines/model.tar.gz", Body=b"second")
    second = model_file.at_hand(URI)
    assert (first.read_bytes(), second.read_bytes()) == (b"first", b"second")
    second.write_bytes(b"sec")
    assert model_file.at_hand(URI).read_bytes() == b"second"
    assert len(downloads) == 3


@pytest.mark.parametrize(
    ("uri", "error", "said"),
    [
        (f"s3://{BUCKET}/engines/", UserError, "is a folder of S3; give the URI of a model.tar.gz"),
        (f"s3://{BUCKET}/engines/gone.tar.gz", UserError, "No object is at s3://.*gone.tar.gz"),
        ("s3://nobodys-bucket/model.tar.gz", StorageError, "There is no bucket 'nobodys-bucket'"),
    ],
)
def test_what_cannot_be_fetched_is_a_sentence(
    uri: str, error: type[Exception], said: str, downloads: list[str]
) -> None:
    with pytest.raises(error, match=said):
        model_file.at_hand(uri)
    assert downloads == []


def test_a_cache_that_cannot_be_written_names_the_variable(
    downloads: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "file" / "cache"))
    with pytest.raises(
        StorageError, match=f"cannot be written: Not a directory. Set {cache.VARIABLE}"
    ):
        model_file.at_hand(URI)


def test_a_path_is_taken_as_it_is(tmp_path: Path) -> None:
    assert model_file.at_hand(str(tmp_path)) == tmp_path
    with pytest.raises(ArchiveError, match="is not on the worker"):
        model_file.at_hand(str(tmp_path / "gone"))
