"""Models of other programs are refused by the name of what they are, wherever they are given."""

from pathlib import Path

import pytest

from ic_tf_sdk import embedded, specs
from ic_tf_sdk.content import training_archive
from ic_tf_sdk.contract import archive_kind
from ic_tf_sdk.errors import ArchiveError
from ic_tf_sdk.inference.served_model import ServedModel
from ic_tf_sdk.training.network.backbone import open_source
from tests.foreign_archives import OTHERS, with_files


@pytest.mark.parametrize("kind", OTHERS)
def test_each_format_is_named_with_what_to_do(kind: str, tmp_path: Path) -> None:
    path = with_files(tmp_path / "model.tar.gz", OTHERS[kind])
    takers = {
        "training": lambda: open_source(path),
        "inference": lambda: ServedModel(path),
        "mirror": lambda: training_archive.build(
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
def test_a_file_that_is_no_archive_is_named_too(name: str, kind: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(b"\x89HDF")
    for take in (open_source, ServedModel):
        with pytest.raises(ArchiveError, match=f"appears to be {kind}"):
            take(path)


def test_what_is_not_recognised_is_listed(tmp_path: Path) -> None:
    path = with_files(tmp_path / "model.tar.gz", [f"file-{number}.dat" for number in range(7)])
    with pytest.raises(ArchiveError, match=r"no SavedModel .* file-0\.dat, .* file-4\.dat"):
        open_source(path)
    assert archive_kind.appearance(["1/notes.txt"]) is None


def test_each_archive_of_a_model_names_the_other_where_it_is_wanted() -> None:
    [model_id] = embedded.MODEL_IDS
    with pytest.raises(ArchiveError, match=f"serve infer-{model_id}.tar.gz"):
        ServedModel(embedded.archive_path(model_id))
    with pytest.raises(ArchiveError, match=r"is an archive for inference.*train-MODEL_ID"):
        open_source(embedded.archive_path(model_id, "inference"))
