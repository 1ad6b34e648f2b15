"""What answers is what is asked for, or what is installed; a file of another model never does."""

import shutil
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ic_tf_sdk.cli import main
from ic_tf_sdk.contract import archive
from ic_tf_sdk.errors import ArchiveError, MissingExtraError, UserError
from ic_tf_sdk.inference import runtime
from ic_tf_sdk.inference.portable.onnx_model import OnnxModel
from ic_tf_sdk.inference.served_model import ServedModel


def test_an_archive_answers_from_the_file_beside_it(beside: Path) -> None:
    assert isinstance(runtime.opened(beside), ServedModel)
    assert isinstance(runtime.opened(beside, "onnx"), OnnxModel)
    assert isinstance(runtime.opened(beside.parent, "onnx"), OnnxModel)
    assert isinstance(runtime.opened(beside.with_name("model.onnx")), OnnxModel)


def test_without_tensorflow_the_file_answers_and_without_both_each_is_named(
    beside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    assert isinstance(runtime.opened(beside), OnnxModel)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MissingExtraError, match=r"ic-tf-sdk\[train\].*ic-tf-sdk\[predict\]") as one:
        runtime.opened(beside)
    assert one.value.extra == "train"
    with pytest.raises(MissingExtraError, match=r"^onnxruntime .*ic-tf-sdk\[predict\]"):
        runtime.opened(beside, "onnx")


def test_a_file_of_another_model_does_not_answer(beside: Path, tmp_path: Path) -> None:
    archive.extract(beside, tmp_path / "content")
    (tmp_path / "content" / "note.txt").write_text("of another training")
    archive.pack(tmp_path / "content", tmp_path / "model.tar.gz")
    shutil.copyfile(beside.with_name("model.onnx"), tmp_path / "model.onnx")
    with pytest.raises(ArchiveError, match=r"was not made of .* as it is now"):
        runtime.opened(tmp_path / "model.tar.gz", "onnx")


def test_without_a_file_beside_it_the_error_says_how_to_write_it(
    model_tar_gz: Path, tmp_path: Path
) -> None:
    shutil.copyfile(model_tar_gz, tmp_path / "model.tar.gz")
    with pytest.raises(ArchiveError, match=r"ic-tf export .*model\.tar\.gz --out .*model\.onnx"):
        runtime.opened(tmp_path / "model.tar.gz", "onnx")
    with pytest.raises(ArchiveError, match="does not exist"):
        runtime.opened(tmp_path / "no" / "model.tar.gz", "onnx")


def test_tensorflow_is_not_asked_for_an_onnx_file() -> None:
    with pytest.raises(UserError, match="which TensorFlow does not run"):
        runtime.chosen("model.onnx", "tensorflow")
    with pytest.raises(UserError, match="one of auto, tensorflow, onnx, not 'tf'"):
        runtime.chosen("model.onnx", "tf")  # type: ignore[arg-type]
    assert runtime.chosen("s3://bucket/model.onnx") == "onnx"


@pytest.mark.parametrize(
    ("model", "place"),
    [("out/model.tar.gz", "out/model.onnx"), ("a/b.v2.tgz", "a/b.v2.onnx"), ("c.tar", "c.onnx")],
)
def test_the_file_is_called_as_the_archive(model: str, place: str) -> None:
    assert runtime.onnx_place(Path(model)) == Path(place)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["predict", "m.onnx", "a.jpg", "--explain", "d"], "--explain is worked out with Tensor"),
        (["predict", "m.onnx", "a.jpg", "--to-label", "2"], "--to-label is worked out with Tensor"),
        (["serve", "m.onnx", "--graph", "exact", "--explain"], "which ONNX Runtime does not"),
        (["serve", "m.onnx", "--graph", "exact", "--explain"], "--explain is worked out with"),
        (["predict", "m.onnx", "a.jpg", "--runtime", "tensorflow"], "TensorFlow does not run"),
    ],
)
def test_what_tensorflow_alone_does_is_refused_before_the_work(
    words: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("m.onnx", "a.jpg"):
        (tmp_path / name).touch()
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 1
    assert said in result.output
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.jpg", "m.onnx"]
