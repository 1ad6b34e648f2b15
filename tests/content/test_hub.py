"""Where modules are downloaded to, and what a Kaggle handle names."""

import os
from pathlib import Path

import pytest

from ic_tf_sdk.content import hub

VARIABLE = "TFHUB_CACHE_DIR"


def test_a_folder_that_is_set_is_used_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "hub"))
    with hub.cache() as folder:
        assert folder == tmp_path / "hub"
    assert os.environ[VARIABLE] == str(tmp_path / "hub")


@pytest.mark.parametrize("breaks", [False, True])
def test_else_there_is_one_for_the_moment(monkeypatch: pytest.MonkeyPatch, breaks: bool) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    folders: list[Path] = []

    def download() -> None:
        with hub.cache() as folder:
            folders.append(folder)
            assert os.environ[VARIABLE] == str(folder)
            (folder / "module").write_bytes(b"x")
            if breaks:
                raise OSError("cut")

    if breaks:
        with pytest.raises(OSError, match="cut"):
            download()
    else:
        download()
    assert VARIABLE not in os.environ
    assert not folders[0].exists()


def test_a_forgotten_module_is_gone_with_its_description_and_no_other(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "saved_model.pb").write_bytes(b"x")
        (tmp_path / f"{name}.descriptor.txt").write_text("from there")
    hub.forget(tmp_path / "one")
    # What is not there need not be forgotten.
    hub.forget(tmp_path / "one")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "other.descriptor.txt"]


def test_a_handle_of_kaggle_is_known_by_its_beginning() -> None:
    assert hub.kaggle_handle("kaggle://google/x/tensorFlow2/y/2") == "google/x/tensorFlow2/y/2"
    assert hub.kaggle_handle("https://tfhub.dev/google/kaggle://x") is None
