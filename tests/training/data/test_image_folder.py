"""A folder of class folders is described as it is, and what cannot be used is said clearly."""

import os
from pathlib import Path

import pytest

from ic_tf_sdk.errors import DatasetError
from ic_tf_sdk.training.data import image_folder
from ic_tf_sdk.training.data.image_folder import ImageFolder


def make(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    return root


def test_classes_are_ordered_by_code_point_and_files_within_them(tmp_path: Path) -> None:
    make(tmp_path, "b/2.jpg", "b/1.PNG", "B/x.jpeg", "ä/y.jpg", "a/deep/er/z.JPG")
    found = image_folder.describe(tmp_path)
    assert found.labels == ("B", "a", "b", "ä")
    assert found.files == ("B/x.jpeg", "a/deep/er/z.JPG", "b/1.PNG", "b/2.jpg", "ä/y.jpg")
    assert found.classes == (0, 1, 2, 2, 3)
    assert found.counts == [1, 1, 2, 1]


@pytest.mark.parametrize("same", [True, False])
def test_joined_channels_have_the_images_of_both_one_after_the_other(
    tmp_path: Path, same: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make(Path("first"), "a/1.jpg", "b/1.jpg")
    make(Path("second"), "a/2.jpg", "b/2.jpg", "b/3.jpg")
    first = image_folder.describe(Path("first"))
    other = first if same else image_folder.describe(Path("second"), labels=first.labels)
    joined = first.joined(other)
    expected = [*first.paths(), *other.paths()]
    assert len(joined.paths()) == len(expected)
    for path, wanted in zip(joined.paths(), expected, strict=True):
        assert Path(path).samefile(wanted)
    assert joined.classes == first.classes + other.classes


def test_joined_channels_are_named_alike_wherever_they_lie(tmp_path: Path) -> None:
    first = ImageFolder(tmp_path / "new", ("a", "b"), ("a/1.jpg",), (0,), {})
    old = ImageFolder(tmp_path / "old", ("a", "b"), ("a/1.jpg", "b/2.jpg"), (0, 1), {})
    assert first.names(None) == ("a/1.jpg",)
    joined = first.joined(old)
    assert joined.names(None) == joined.files
    assert joined.names(old.root) == ("a/1.jpg", "a/1.jpg", "b/2.jpg")


def test_classes_in_another_order_keep_their_images() -> None:
    folder = ImageFolder(Path("r"), ("a", "b", "c"), ("a/1", "b/1", "c/1"), (0, 1, 2), {})
    turned = folder.of_labels(("c", "a", "b"))
    assert (turned.labels, turned.classes) == (("c", "a", "b"), (1, 2, 0))
    assert turned.files == folder.files


def test_hidden_names_are_no_classes_and_no_images(tmp_path: Path) -> None:
    make(tmp_path, "a/1.jpg", "b/1.jpg", ".ipynb_checkpoints/c.jpg", "a/.DS_Store", "b/.x/1.jpg")
    make(tmp_path, "b/.hidden.jpg")
    assert image_folder.describe(tmp_path).files == ("a/1.jpg", "b/1.jpg")


def test_other_files_are_counted_by_suffix(tmp_path: Path) -> None:
    make(tmp_path, "a/1.jpg", "b/1.jpg", "a/2.webp", "a/3.webp", "b/notes", "loose.jpg")
    assert image_folder.describe(tmp_path).ignored == {".webp": 2, "(none)": 1}


def test_images_beside_the_class_folders_are_told(tmp_path: Path) -> None:
    make(tmp_path, "a/1.jpg", "b/1.jpg", "b.jpg", "a.png", "labels.csv")
    folder = image_folder.describe(tmp_path)
    assert folder.strays == ("a.png", "b.jpg")
    assert folder.ignored == {".csv": 1}


def test_what_other_programs_leave_is_no_class(tmp_path: Path) -> None:
    make(tmp_path, "a/1.jpg", "b/1.jpg", "__MACOSX/a/1.jpg", "a/__MACOSX/2.jpg", "@eaDir/x.jpg")
    assert image_folder.describe(tmp_path).files == ("a/1.jpg", "b/1.jpg")


@pytest.mark.skipif(os.geteuid() == 0, reason="everything can be read by root")
def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    make(tmp_path, "a/1.jpg", "b/1.jpg", "b/closed/2.jpg")
    (tmp_path / "b" / "closed").chmod(0)
    try:
        with pytest.raises(DatasetError, match="closed cannot be read: Permission denied"):
            image_folder.describe(tmp_path)
    finally:
        (tmp_path / "b" / "closed").chmod(0o700)


def test_a_link_back_up_ends_and_a_linked_class_is_read(tmp_path: Path) -> None:
    make(tmp_path, "data/a/1.jpg", "elsewhere/1.jpg")
    (tmp_path / "data" / "b").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "data" / "a" / "up").symlink_to(tmp_path / "data" / "a")
    assert image_folder.describe(tmp_path / "data").files == ("a/1.jpg", "b/1.jpg")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ((), "has no class folders"),
        (("loose.jpg",), "has no class folders"),
        (("roses/1.jpg",), "only one class, 'roses'"),
        (("a/1.jpg", "b/1.txt"), "images in .* for the class 'b' .*1 .txt"),
    ],
)
def test_a_folder_that_cannot_be_trained_on_is_refused(
    tmp_path: Path, names: tuple[str, ...], message: str
) -> None:
    with pytest.raises(DatasetError, match=message):
        image_folder.describe(make(tmp_path, *names))


def test_a_missing_folder_and_a_file_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="does not exist"):
        image_folder.describe(tmp_path / "none")
    with pytest.raises(DatasetError, match="is a file, not a folder"):
        image_folder.describe(make(tmp_path, "file.jpg") / "file.jpg")


def test_every_empty_class_is_named(tmp_path: Path) -> None:
    make(tmp_path, "a/1.jpg")
    (tmp_path / "b").mkdir()
    (tmp_path / "c").mkdir()
    with pytest.raises(DatasetError, match="the classes 'b', 'c'"):
        image_folder.describe(tmp_path)


def test_another_channel_may_lack_a_class_but_not_add_one(tmp_path: Path) -> None:
    make(tmp_path / "less", "a/1.jpg")
    make(tmp_path / "more", "a/1.jpg", "new/1.jpg")
    assert image_folder.describe(tmp_path / "less", labels=("a", "b")).counts == [1, 0]
    with pytest.raises(DatasetError, match="missing here: 'b'; only here: 'new'"):
        image_folder.describe(tmp_path / "more", labels=("a", "b"))
