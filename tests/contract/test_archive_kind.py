"""Models of other programs are refused by the name of what they are, wherever they are given."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from ic_tf_sdk import embedded, specs
from ic_tf_sdk.contract import archive_kind
from ic_tf_sdk.errors import ArchiveError
from tests.foreign_archives import OTHERS, with_files


@pytest.fixture(scope="module")
def doors() -> SimpleNamespace:
    """Where a model may be given; TensorFlow is needed to open one."""
    from ic_tf_sdk.content import training_archive
    from ic_tf_sdk.inference.served_model import ServedModel
    from ic_tf_sdk.training.network.backbone import open_source

    return SimpleNamespace(
        training=open_source, inference=ServedModel, mirror=training_archive.build
    )


@pytest.mark.parametrize("kind", OTHERS)
def test_a_format_is_known_by_the_names_of_its_files_wherever_they_lie(kind: str) -> None:
    for names in (OTHERS[kind], [f"a/b/{name.upper()}" for name in OTHERS[kind]]):
        found = archive_kind.appearance(names)
        assert found is not None
        assert found.name == kind
    # All of what belongs to it must be there: one of two files is not enough.
    for pattern in found.all_of:
        left = [name for name in OTHERS[kind] if name != pattern and not name.endswith(pattern[1:])]
        other = archive_kind.appearance(left)
        assert other is None or other.name != kind


def test_a_folder_without_a_model_is_named_by_what_it_holds(tmp_path: Path) -> None:
    def said() -> str:
        return str(archive_kind.no_saved_model(tmp_path, Path("mine.tar.gz")))

    begins = "mine.tar.gz holds no SavedModel (a folder with saved_model.pb); it holds "
    assert said() == f"{begins}no file."
    (tmp_path / "deep").mkdir()
    for number in range(5):
        (tmp_path / "deep" / f"{number}.dat").write_bytes(b"x")
    assert said() == f"{begins}0.dat, 1.dat, 2.dat, 3.dat, 4.dat."
    (tmp_path / "5.dat").write_bytes(b"x")
    assert said() == f"{begins}0.dat, 1.dat, 2.dat, 3.dat, 4.dat and 1 more."
    (tmp_path / "deep" / "m.onnx").write_bytes(b"x")
    assert said().startswith("mine.tar.gz appears to be an ONNX model, and a TensorFlow SavedM")


def test_a_file_is_refused_by_its_name_unless_it_is_an_archive_or_none(tmp_path: Path) -> None:
    path = tmp_path / "m.onnx"
    archive_kind.refuse_other_files(path)
    path.write_bytes(b"x")
    with pytest.raises(ArchiveError, match=r"m\.onnx appears to be an ONNX model"):
        archive_kind.refuse_other_files(path)
    for name in ("photo.jpg.tar", "m.onnx.gz", "m.onnx.TGZ", "unknown.dat"):
        (tmp_path / name).write_bytes(b"x")
        archive_kind.refuse_other_files(tmp_path / name)


@pytest.mark.parametrize("kind", OTHERS)
def test_each_format_is_named_with_what_to_do(
    kind: str, tmp_path: Path, doors: SimpleNamespace
) -> None:
    path = with_files(tmp_path / "model.tar.gz", OTHERS[kind])
    takers = {
        "training": lambda: doors.training(path),
        "inference": lambda: doors.inference(path),
        "mirror": lambda: doors.mirror(
            specs.get(embedded.MODEL_IDS[0]), path, tmp_path / "x" / "m.tar.gz", handle=None
        ),
    }
    for taker, take in takers.items():
        with pytest.raises(ArchiveError) as caught:
            take()
        assert f"{path} appears to be {kind}, and a TensorFlow SavedModel" in str(caught.value)
        assert len(str(caught.value).rpartition(": ")[2]) > 20, taker


@pytest.mark.parametrize(
    ("name", "kind"),
    [("model.onnx", "an ONNX"), ("m.H5", "a Keras file"), ("m.pt", "a PyTorch"), ("m.tflite", "a")],
)
def test_a_file_that_is_no_archive_is_named_too(
    name: str, kind: str, tmp_path: Path, doors: SimpleNamespace
) -> None:
    path = tmp_path / name
    path.write_bytes(b"\x89HDF")
    for take in (doors.training, doors.inference):
        with pytest.raises(ArchiveError, match=f"appears to be {kind}"):
            take(path)


def test_what_is_not_recognised_is_listed(tmp_path: Path, doors: SimpleNamespace) -> None:
    path = with_files(tmp_path / "model.tar.gz", [f"file-{number}.dat" for number in range(7)])
    with pytest.raises(ArchiveError, match=r"no SavedModel .* file-0\.dat, .* file-4\.dat"):
        doors.training(path)
    assert archive_kind.appearance(["1/notes.txt"]) is None


def test_each_archive_of_a_model_names_the_other_where_it_is_wanted(
    doors: SimpleNamespace,
) -> None:
    [model_id] = embedded.MODEL_IDS
    with pytest.raises(ArchiveError, match=f"serve infer-{model_id}.tar.gz"):
        doors.inference(embedded.archive_path(model_id))
    with pytest.raises(ArchiveError, match=r"is an archive for inference.*train-MODEL_ID"):
        doors.training(embedded.archive_path(model_id, "inference"))
