"""Where modules are downloaded to, and what a Kaggle handle names."""

import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from ic_tf_sdk.content import hub
from ic_tf_sdk.errors import MissingExtraError

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


@pytest.mark.parametrize(
    ("handle", "package"),
    [("kaggle://google/x/tensorFlow2/y/2", "kagglehub"), ("https://tfhub.dev/x", "TensorFlow Hub")],
)
def test_a_handle_needs_the_package_of_its_host(
    monkeypatch: pytest.MonkeyPatch, handle: str, package: str
) -> None:
    for name in ("kagglehub", "tensorflow_hub"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError, match=package):
        hub.resolve(handle)


def test_kaggle_is_asked_by_its_own_name_of_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In place of kagglehub, which would download from the internet."""
    asked: list[str] = []
    stand_in = ModuleType("kagglehub")
    stand_in.model_download = lambda name: asked.append(name) or str(tmp_path)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "kagglehub", stand_in)
    assert hub.resolve("kaggle://google/x/tensorFlow2/y/2") == tmp_path
    assert asked == ["google/x/tensorFlow2/y/2"]
