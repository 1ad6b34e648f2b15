"""A folder's names are all there is to see in it, also behind links."""

from pathlib import Path

import pytest

from ic_tf_sdk.contract import folder_names
from ic_tf_sdk.errors import DatasetError


def test_files_and_first_folders_are_named_and_hidden_ones_are_not(tmp_path: Path) -> None:
    for name in ("a/1.jpg", "a/deep/er/2.jpg", "notes.txt", ".git/config", "a/.DS_Store"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "empty").mkdir()
    assert sorted(folder_names.below(tmp_path)) == [
        *("a/", "a/1.jpg", "a/deep/er/2.jpg", "empty/", "notes.txt")
    ]


def test_a_link_is_followed_and_one_that_leads_back_ends(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "1.jpg").write_bytes(b"")
    root = tmp_path / "root"
    root.mkdir()
    (root / "a").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere" / "up").symlink_to(tmp_path / "elsewhere")
    assert sorted(folder_names.below(root)) == ["a/", "a/1.jpg"]


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="none cannot be read: No such file"):
        list(folder_names.below(tmp_path / "none"))


def test_a_link_within_a_folder_is_followed_and_what_comes_behind_a_circle_is_named(
    tmp_path: Path,
) -> None:
    (tmp_path / "elsewhere" / "deep").mkdir(parents=True)
    (tmp_path / "elsewhere" / "deep" / "1.jpg").write_bytes(b"")
    (tmp_path / "root" / "a" / "z").mkdir(parents=True)
    (tmp_path / "root" / "a" / "z" / "2.jpg").write_bytes(b"")
    (tmp_path / "root" / "a" / "linked").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "root" / "a" / "back").symlink_to(tmp_path / "root" / "a")
    assert sorted(folder_names.below(tmp_path / "root")) == [
        *("a/", "a/linked/deep/1.jpg", "a/z/2.jpg")
    ]
