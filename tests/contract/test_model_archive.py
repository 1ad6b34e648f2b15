"""What lies at a path is found and checked without TensorFlow, and without unpacking for a look."""

import json
import logging
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ic_tf_sdk.contract import archive, model_archive, model_info
from ic_tf_sdk.contract.model_info import FineTuning, ModelInfo
from ic_tf_sdk.contract.output_files import LABELS_FILE
from ic_tf_sdk.errors import ArchiveError

INFO = ModelInfo(
    kind="pretrained",
    model_id="tiny",
    model_version="1.0.0",
    input_height=32,
    input_width=32,
    pixel_range="0..1",
)


def graph(folder: Path) -> Path:
    """What has the form of a SavedModel; nothing here loads it."""
    folder.mkdir(parents=True)
    (folder / "saved_model.pb").write_bytes(b"graph of " + folder.name.encode())
    return folder


@pytest.fixture
def described(tmp_path: Path) -> Path:
    graph(tmp_path / "m" / "1")
    INFO.recording(tmp_path / "m").write(tmp_path / "m")
    return tmp_path / "m"


def place(path: Path) -> tuple[str, str]:
    with model_archive.opened(path) as model:
        assert model.info is not None
        assert model.info.model_id == "tiny"
        return model.saved_model.relative_to(model.root).as_posix(), str(model.name)


def test_a_folder_its_number_and_its_archive_are_one_model(described: Path) -> None:
    archive.pack(described, described.parent / "m.tar.gz")
    assert place(described) == ("1", str(described))
    assert place(described / "1") == ("1", str(described / "1"))
    assert place(described.parent / "m.tar.gz") == ("1", str(described.parent / "m.tar.gz"))
    assert model_archive.preview(described / "1").info == model_archive.preview(described).info


def test_the_folder_that_one_stands_in_may_be_given(
    described: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for where, relative in (("", "."), ("..", "m"), ("1", "."), ("", "1")):
        monkeypatch.chdir(described / where)
        assert place(Path(relative)) == ("1", relative)


def test_the_newest_number_is_the_model(described: Path) -> None:
    graph(described / "2")
    graph(described / "10")
    assert place(described)[0] == "10"
    assert place(described / "2")[0] == "2"


def test_a_linked_version_is_followed_and_a_hidden_one_is_not(described: Path) -> None:
    graph(described / ".trash" / "9")
    graph(described.parent / "elsewhere")
    (described / "3").symlink_to("../elsewhere")
    assert place(described)[0] == "3"


def test_a_description_above_the_folder_is_found(tmp_path: Path) -> None:
    graph(tmp_path / "m" / "export" / "1")
    INFO.recording(tmp_path / "m").write(tmp_path / "m")
    assert place(tmp_path / "m")[0] == "export/1"
    archive.pack(tmp_path / "m", tmp_path / "m.tar.gz")
    assert place(tmp_path / "m.tar.gz")[0] == "export/1"


def test_a_folder_above_that_describes_no_model_is_left_alone(tmp_path: Path) -> None:
    graph(tmp_path / "models" / "1")
    with model_archive.opened(tmp_path / "models" / "1") as model:
        assert (model.root, model.info) == (tmp_path / "models" / "1", None)


def test_of_the_archives_in_a_folder_model_tar_gz_is_the_model(described: Path) -> None:
    channel = described.parent / "channel"
    channel.mkdir()
    archive.pack(described, channel / "train-tiny.tar.gz")
    assert place(channel)[1] == str(channel / "train-tiny.tar.gz")
    (channel / "output.tgz").write_bytes(b"reports")
    with pytest.raises(ArchiveError, match=r"holds 2 archives \(output\.tgz, train-tiny\.tar\.gz"):
        place(channel)
    archive.pack(described, channel / "model.tar.gz")
    assert place(channel)[1] == str(channel / "model.tar.gz")
    assert model_archive.preview(channel).path == channel / "model.tar.gz"


@pytest.mark.parametrize("packed", [False, True])
def test_a_look_needs_no_unpacking_and_says_the_same(
    described: Path, packed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    (described / LABELS_FILE).write_text(json.dumps({"a": 0, "b": 1}))
    path = described
    if packed:
        path = described.parent / "m.tar.gz"
        archive.pack(described, path)
    look = model_archive.preview(path)
    assert look.info is not None
    assert (look.info.model_id, look.is_foreign) == ("tiny", False)
    (described / model_info.FILE_NAME).unlink()
    archive.pack(described, described.parent / "m.tar.gz")
    look = model_archive.preview(path)
    assert (look.info, look.is_foreign) == (None, True)


def test_a_look_finds_the_description_that_is_opened(tmp_path: Path) -> None:
    """Of a model in ``b/``, what lies in ``a/`` says nothing."""
    graph(tmp_path / "m" / "b" / "1")
    (tmp_path / "m" / "a").mkdir()
    INFO.model_copy(update={"model_id": "another"}).write(tmp_path / "m" / "a")
    archive.pack(tmp_path / "m", tmp_path / "m.tar.gz")
    assert model_archive.preview(tmp_path / "m.tar.gz").info is None
    INFO.write(tmp_path / "m" / "b")
    archive.pack(tmp_path / "m", tmp_path / "m.tar.gz")
    look = model_archive.preview(tmp_path / "m.tar.gz")
    with model_archive.opened(tmp_path / "m.tar.gz") as model:
        assert look.info == model.info
        assert look.info is not None
        assert look.info.model_id == "tiny"


def test_several_models_are_refused_at_a_look(tmp_path: Path) -> None:
    for name in ("cats", "dogs"):
        graph(tmp_path / "m" / name / "1")
    archive.pack(tmp_path / "m", tmp_path / "m.tar.gz")
    for look in (model_archive.preview, place):
        with pytest.raises(ArchiveError, match="holds 2 SavedModels"):
            look(tmp_path / "m.tar.gz")


def test_what_is_unpacked_is_gone_afterwards(described: Path, tmp_path: Path) -> None:
    archive.pack(described, tmp_path / "m.tar.gz")
    (tmp_path / "scratch").mkdir()
    with model_archive.opened(tmp_path / "m.tar.gz", scratch=tmp_path / "scratch") as model:
        assert model.root.is_relative_to(tmp_path / "scratch")
        assert (model.saved_model / "saved_model.pb").is_file()
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_word_that_is_no_path_may_be_a_model_id(tmp_path: Path) -> None:
    assert model_archive.existing("tensorflow-ic-nothing") is None
    assert model_archive.existing(tmp_path) == tmp_path
    for path in ("model.tar.gz", "missing/model", "m.tgz"):
        with pytest.raises(ArchiveError, match=f"The model {path} does not exist; give a model"):
            model_archive.existing(path)


def test_nothing_to_open_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ArchiveError, match=r"empty holds no SavedModel .*; it holds no file"):
        place(tmp_path / "empty")
    (tmp_path / "text.txt").write_text("no archive")
    with pytest.raises(ArchiveError, match=r"text\.txt cannot be unpacked"):
        place(tmp_path / "text.txt")


def test_an_unrecorded_version_is_opened_with_a_line(
    described: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copytree(described / "1", described / "2")
    with caplog.at_level(logging.INFO):
        assert place(described)[0] == "2"
    assert f"{described} records no digest of 2/saved_model.pb; it is opened un" in caplog.text


def test_a_classifier_of_another_program_is_one_and_opened_with_a_warning(
    described: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (described / LABELS_FILE).write_text(json.dumps({"a": 0, "b": 1}))
    with model_archive.opened(described) as model:
        assert (model.is_foreign, model.labels) == (False, ("a", "b"))
    (described / model_info.FILE_NAME).unlink()
    with caplog.at_level(logging.INFO), model_archive.opened(described) as model:
        assert (model.is_foreign, model.labels) == (True, ("a", "b"))
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    caplog.clear()
    # Of a network without labels nothing else could be said.
    (described / LABELS_FILE).unlink()
    with caplog.at_level(logging.INFO), model_archive.opened(described) as model:
        assert (model.is_foreign, model.labels) == (False, None)
    assert [record.levelname for record in caplog.records] == ["INFO"]


def test_the_classes_of_a_training_are_known_and_a_pretrained_model_has_none(
    described: Path,
) -> None:
    tuned = FineTuning(
        labels=("b", "a"), binary_mode=False, interpolation="bilinear", hyperparameters={},
        package_version="1",
    )  # fmt: skip
    # A published classifier has labels, and was not trained here: it has no backbone to go on from.
    (described / LABELS_FILE).write_text(json.dumps({"b": 0, "a": 1}))
    assert model_archive.trained_labels(described) == ()
    INFO.model_copy(update={"kind": "fine_tuned", "fine_tuning": tuned}).write(described)
    assert model_archive.trained_labels(described) == ("b", "a")
    # Another program's classifier is one by its labels, which are packed with it.
    (described / model_info.FILE_NAME).unlink()
    (described / LABELS_FILE).write_text(json.dumps({"x": 0, "y": 1}))
    archive.pack(described, described.parent / "m.tar.gz")
    for path in (described, described.parent / "m.tar.gz"):
        assert model_archive.trained_labels(path) == ("x", "y")
    # A SavedModel without either has no classes.
    (described / LABELS_FILE).unlink()
    assert model_archive.trained_labels(described) == ()


@pytest.mark.parametrize(
    ("count", "said"),
    [(5, r"5 .*: m1/1, m2/1, m3/1, m4/1, m5/1\."), (6, "m5/1 and 1 more"), (8, "m5/1 and 3 more")],
)
def test_of_many_models_five_are_listed(tmp_path: Path, count: int, said: str) -> None:
    for number in range(1, count + 1):
        graph(tmp_path / "m" / f"m{number}" / "1")
    with pytest.raises(ArchiveError, match=said):
        place(tmp_path / "m")


def test_an_archive_without_a_model_is_looked_into_and_not_opened(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "notes.txt").write_text("nothing")
    archive.pack(tmp_path / "m", tmp_path / "m.tar.gz")
    look = model_archive.preview(tmp_path / "m.tar.gz")
    assert (look.info, look.is_foreign) == (None, False)
    with pytest.raises(ArchiveError, match=r"m\.tar\.gz holds no SavedModel"):
        place(tmp_path / "m.tar.gz")


def test_a_model_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    for open_ in (place, model_archive.preview):
        with pytest.raises(ArchiveError, match=r"missing\.tar\.gz does not exist; give"):
            open_(tmp_path / "missing.tar.gz")


def test_the_opener_loads_no_tensorflow() -> None:
    code = "import sys, ic_tf_sdk.contract.model_archive; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
