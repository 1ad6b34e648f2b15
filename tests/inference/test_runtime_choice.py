"""Which of TensorFlow and ONNX Runtime is loaded for a model, beside stand-ins for both."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ic_tf_sdk import extras
from ic_tf_sdk.errors import ArchiveError, UserError
from ic_tf_sdk.inference import onnx_record, quiet_tensorflow, runtime, served_model
from ic_tf_sdk.inference.portable import onnx_model

BOTH = frozenset({"tensorflow", "onnxruntime"})


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What is installed, and what is required and loaded."""
    seen = SimpleNamespace(installed=BOTH, required=[], loaded=[], source="none")

    def require(*names: str, otherwise: str | None = None) -> None:
        seen.required.append((names, otherwise))

    def by_tensorflow(model: Any, *, whole: bool) -> SimpleNamespace:
        seen.loaded.append(("tensorflow", model, whole))
        return SimpleNamespace()

    def by_onnx(model: Any, threads: int | None) -> SimpleNamespace:
        seen.loaded.append(("onnx", model, threads))
        return SimpleNamespace(source=seen.source)

    monkeypatch.setattr(extras, "has", lambda name: name in seen.installed)
    monkeypatch.setattr(extras, "require", require)
    monkeypatch.setattr(quiet_tensorflow, "load", lambda: seen.loaded.append("quiet"))
    monkeypatch.setattr(served_model, "ServedModel", by_tensorflow)
    monkeypatch.setattr(onnx_model, "OnnxModel", by_onnx)
    return seen


@pytest.mark.parametrize(
    ("installed", "found"),
    [
        (BOTH, "tensorflow"),
        ({"tensorflow"}, "tensorflow"),
        ({"onnxruntime"}, "onnx"),
        (set(), "tensorflow"),
    ],
)
def test_of_an_archive_what_is_installed_answers_tensorflow_before_the_other(
    installed: set[str], found: str, asked: SimpleNamespace
) -> None:
    asked.installed = installed
    assert runtime.chosen("model.tar.gz") == found
    assert runtime.chosen("model.tar.gz", "onnx") == "onnx"
    assert runtime.chosen("model.tar.gz", "tensorflow") == "tensorflow"
    assert runtime.chosen("MODEL.ONNX") == runtime.chosen("a.onnx", "onnx") == "onnx"
    assert runtime.needed("model.tar.gz", "tensorflow") == ("tensorflow",)
    assert runtime.needed("a.onnx") == ("onnxruntime", "simplejpeg")


def test_what_is_no_runtime_or_runs_no_such_file_is_refused() -> None:
    with pytest.raises(UserError, match="one of auto, tensorflow, onnx, not 'tf'"):
        runtime.chosen("model.onnx", "tf")  # type: ignore[arg-type]
    with pytest.raises(UserError, match=r"m\.onnx is an ONNX file, which TensorFlow does not run"):
        runtime.chosen("m.onnx", "tensorflow")


def test_a_folder_may_be_called_as_an_onnx_file_and_is_one_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "folder.onnx").mkdir()
    assert runtime.chosen(tmp_path / "folder.onnx", "tensorflow") == "tensorflow"


def test_tensorflow_is_loaded_quietly_and_the_other_is_named_where_it_would_do(
    asked: SimpleNamespace,
) -> None:
    runtime.opened("model.tar.gz")
    runtime.opened("model.tar.gz", "tensorflow")
    runtime.opened("model.tar.gz", "tensorflow", whole=True)
    loaded = [("tensorflow", "model.tar.gz", whole) for whole in (False, False, True)]
    assert asked.loaded == [one for each in loaded for one in ("quiet", each)]
    assert asked.required == [
        (("tensorflow",), "onnxruntime"), (("tensorflow",), None), (("tensorflow",), None),
    ]  # fmt: skip


def test_an_onnx_file_is_loaded_with_the_threads_that_are_asked_for(asked: SimpleNamespace) -> None:
    runtime.opened("m.onnx", threads=3)
    assert asked.loaded == [("onnx", "m.onnx", 3)]
    assert asked.required == [(("onnxruntime", "simplejpeg"), None)]


def test_for_an_archive_the_file_beside_it_answers_that_was_made_of_it(
    asked: SimpleNamespace, tmp_path: Path
) -> None:
    archive = tmp_path / "model.tar.gz"
    with pytest.raises(ArchiveError, match="does not exist"):
        runtime.opened(archive, "onnx")
    archive.write_bytes(b"an archive")
    beside = tmp_path / "model.onnx"
    write = f"`ic-tf export {archive} --out {beside}`"
    with pytest.raises(ArchiveError, match="no ONNX file to answer with beside it") as absent:
        runtime.opened(archive, "onnx")
    assert write in str(absent.value)
    beside.touch()
    with pytest.raises(ArchiveError, match="was not made of") as other:
        runtime.opened(archive, "onnx")
    assert write in str(other.value)
    asked.source = onnx_record.digest(archive)
    runtime.opened(archive, "onnx", threads=2)
    assert asked.loaded[-1] == ("onnx", beside, 2)


def test_the_file_lies_in_a_folder_and_beside_an_archive(tmp_path: Path) -> None:
    assert runtime.onnx_place(tmp_path) == tmp_path / "model.onnx"
    for name, place in (("a.tar.gz", "a"), ("b.v2.TGZ", "b.v2"), ("c.tar", "c"), ("d", "d")):
        assert runtime.onnx_place(tmp_path / name) == tmp_path / f"{place}.onnx"
