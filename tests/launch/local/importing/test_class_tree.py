"""A folder's images are rows of their classes and parts; what lies beside them is told."""

from pathlib import Path

import pytest

from ic_tf_sdk.contract import folder_names
from ic_tf_sdk.errors import DatasetError
from ic_tf_sdk.launch.local.importing import class_tree
from ic_tf_sdk.launch.local.importing.image_suffixes import is_image, suffix
from ic_tf_sdk.launch.local.importing.row import Row, Source

PARTS = "It holds parts of a data set, each of which becomes a folder of its own."


def read(root: Path, *names: str) -> Source:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return class_tree.read(root)


def test_the_first_folder_is_the_class_however_deep_the_image_lies(tmp_path: Path) -> None:
    found = read(tmp_path, "ant/1.jpg", "ant/deep/2.PNG", "bee/1.webp", "0.jpg", "bee/n.txt", "x")
    assert found.kind == "folder"
    assert found.notes == []
    assert found.passed_over == {".txt": 1, "(none)": 1}
    assert found.rows == [
        Row(1, "0.jpg", "", "it lies beside the class folders"),
        Row(2, "ant/1.jpg", "ant"),
        Row(3, "ant/deep/2.PNG", "ant"),
        Row(4, "bee/1.webp", "bee"),
    ]


@pytest.mark.parametrize("turned", [False, True])
def test_parts_above_or_within_the_classes_are_parts(tmp_path: Path, turned: bool) -> None:
    pairs = [("train", "ant"), ("train", "bee"), ("val", "ant"), ("test", "bee")]
    names = [f"{b}/{a}/1.jpg" if turned else f"{a}/{b}/1.jpg" for a, b in pairs]
    beside = ("ant/more/2.jpg", "ant/3.jpg") if turned else ("more/ant/2.jpg", "train/3.jpg")
    found = read(tmp_path, *names, *beside)
    assert found.notes == [PARTS]
    kinds = {"train": "training", "val": "validation", "test": "test"}
    by_name = {row.image: row for row in found.rows}
    for name, (part, label) in zip(names, pairs, strict=True):
        assert by_name[name][2:] == (label, "", kinds[part])
    for name in beside:
        assert by_name[name][2:] == ("", "it lies beside the parts of the data set", "")


def test_a_folder_without_an_image_in_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="has no image in a folder"):
        read(tmp_path, "1.jpg", "ant/notes.txt")
    nowhere = tmp_path / "nowhere"
    with pytest.raises(DatasetError) as refused:
        class_tree.read(nowhere)
    assert str(refused.value) == folder_names.absence(nowhere)


def test_names_end_as_images_do() -> None:
    assert suffix("a/b.JPG") == ".jpg"
    assert suffix("code.C") == ".c"
    for name in ("a/b", "a.jpg/b", "a/.jpg", "b."):
        assert suffix(name) == "(none)"
        assert not is_image(name)
    assert all(map(is_image, ("a.jpeg", "s3://b/c.HEIC", "x/y.tiff")))
    assert not is_image("notes.txt")
