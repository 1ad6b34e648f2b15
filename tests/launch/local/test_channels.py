"""The data of a job on this machine: places, and the SDK's inputs that stand for one."""

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.launch.local import channels

URI = "s3://a-bucket/flowers/"


class Place(os.PathLike[str]):
    def __fspath__(self) -> str:
        return "a/place"


def given(uri: str = URI, kind: str | None = "S3Prefix", **config: Any) -> SimpleNamespace:
    """As the SDK's TrainingInput."""
    source = {"S3DataSource": {"S3Uri": uri, "S3DataType": kind}}
    return SimpleNamespace(config={"DataSource": source, **config})


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ("a/folder", "a/folder"),
        (Path("a/folder"), Path("a/folder")),
        (Place(), Path("a/place")),
        ("file:///a/folder", "file:///a/folder"),
        (URI, URI),
        (given(), URI),
        (given(kind=None, CompressionType="None", InputMode="FastFile"), URI),
        (given(RecordWrapperType="None", InputMode="File"), URI),
    ],
    ids=range(8),
)
def test_a_place_or_an_input_is_a_channel(value: object, place: object) -> None:
    assert channels.read(value) == {"training": place}
    both = channels.read({"training": value, "test": value})
    assert both == {"training": place, "test": place}
    assert type(both["test"]) is type(place)


def test_an_object_of_s3_is_no_channel() -> None:
    with pytest.raises(UserError, match=r"^The training URI s3://b/x must end in '/'"):
        channels.read("s3://b/x")
    with pytest.raises(UserError, match=r"^The test URI s3://b/y must end in '/'"):
        channels.read({"training": "a", "test": given("s3://b/y")})


@pytest.mark.parametrize(
    ("names", "hint"),
    [
        (["training", "vaildation"], r"Did you mean 'validation'"),
        # It is like both: the nearest alone is named.
        (["training", "validaining"], r"Did you mean 'validation'\?$"),
        (["test"], r"not \['test'\]\.$"),
        ([], r"not \[\]\.$"),
    ],
)
def test_other_channels_are_refused_with_the_nearest(names: list[str], hint: str) -> None:
    with pytest.raises(UserError, match=f"fit takes the channels training, .*{hint}") as caught:
        channels.read(dict.fromkeys(names, "a"))
    assert str(caught.value).count("'") <= 6


WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "a number": (lambda: 3, "channel cannot be 3: give a path"),
    "no input": (lambda: SimpleNamespace(config="x"), "channel cannot be "),
    "a file system": (
        lambda: SimpleNamespace(config={"DataSource": {"FileSystemDataSource": {}}}),
        "channel is a SimpleNamespace, which only machines on AWS mount",
    ),
    "a manifest": (lambda: given(kind="ManifestFile"), "s3_data_type='ManifestFile'"),
    "packed": (lambda: given(CompressionType="Gzip"), "compression='Gzip'"),
    "wrapped": (lambda: given(RecordWrapperType="RecordIO"), "record_wrapping='RecordIO'"),
    "piped": (lambda: given(InputMode="Pipe"), "input_mode='Pipe'"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_cannot_be_brought_here_is_told_of_every_channel(kind: str) -> None:
    make, said = WRONG[kind]
    with pytest.raises(UserError) as caught:
        channels.read({"training": make(), "test": make(), "validation": "a"})
    lines = str(caught.value).splitlines()
    assert [line.split()[:2] for line in lines] == [["The", "training"], ["The", "test"]]
    assert all(said in line for line in lines)
