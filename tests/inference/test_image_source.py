"""Images at files, below folders and in S3, and what is said where there are none."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.inference import image_source


def names(*locations: object) -> list[str]:
    return [image.name for image in image_source.find(map(str, locations))]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.jpg", "a.png", "deep/c.jpeg", "notes.txt", ".hidden.jpg"):
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return tmp_path / "photos"


def test_images_below_a_folder_are_sorted_and_a_named_file_is_taken_as_it_is(folder: Path) -> None:
    below = [str(folder / name) for name in ("a.png", "b.jpg", "deep/c.jpeg")]
    assert names(folder) == below
    notes = str(folder / "notes.txt")
    assert names(notes, folder, notes) == [notes, *below, notes]
    [first, *_] = image_source.find([str(folder)])
    assert first.read() == b"a.png"
    before = first.state()
    (folder / "a.png").write_bytes(b"another")
    assert first.state() != before


def test_every_place_without_an_image_is_named(folder: Path) -> None:
    (folder / "empty").mkdir()
    with pytest.raises(UserError) as caught:
        names(folder / "empty", folder, folder / "none")
    text = f"No image at {folder / 'empty'}, {folder / 'none'}; give image files"
    assert str(caught.value).startswith(text)
    assert ".jpg" in str(caught.value)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of a bucket; each is asked for by HEAD and listed below a prefix."""
    keys = ["photos/a.jpg", "photos/notes.txt", "photos/deep/b.png", "photosets/c.jpg", "one"]

    class Client:
        def head(self, uri: Any) -> dict[str, str] | None:
            return {"ETag": f"tag of {uri.key}"} if uri.key in keys else None

        def entries(self, uri: Any) -> list[SimpleNamespace]:
            found = [key for key in keys if key.startswith(uri.key)]
            parsed = [image_source.s3.S3Uri(uri.bucket, key) for key in found]
            return [SimpleNamespace(uri=one, etag=f"tag of {one.key}") for one in parsed]

        def get(self, uri: Any) -> bytes:
            return f"bytes of {uri.key}".encode()

    monkeypatch.setattr(image_source.s3, "Client", Client)
    return keys


def test_an_object_and_what_lies_below_a_prefix_are_found(bucket: list[str]) -> None:
    below = ["s3://b/photos/a.jpg", "s3://b/photos/deep/b.png"]
    assert names("s3://b/photos") == names("s3://b/photos/") == below
    assert names("s3://b") == [*below, "s3://b/photosets/c.jpg"]
    for location in ("s3://b/one", "s3://b/photos/"):
        [first, *_] = image_source.find([location])
        key = first.name.removeprefix("s3://b/")
        assert first.read() == f"bytes of {key}".encode()
        assert first.state() == f"tag of {key}"
    # An object may be called as a folder is.
    bucket.append("photos/")
    assert names("s3://b/photos/") == below
    with pytest.raises(UserError, match="No image at s3://b/none;"):
        names("s3://b/none")
