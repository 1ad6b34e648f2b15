"""An ONNX file answers what the archive that it was made of answers, row by row."""

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from ic_tf_sdk.contract.container_answer import Form, RequestError
from ic_tf_sdk.errors import ArchiveError, UserError
from ic_tf_sdk.inference import LocalPredictor, batch, image_source
from ic_tf_sdk.inference.convert.conversion import convert
from ic_tf_sdk.inference.image_source import SourceImage
from ic_tf_sdk.inference.portable.onnx_model import OnnxModel
from ic_tf_sdk.inference.served_model import ServedModel
from tests.training import ugly_images

EVERY = Form(verbose=True, calibrated=True, unknown=True)


@pytest.fixture(scope="module")
def onnx_file(fine_tuned: Path, tmp_path_factory: Any) -> Path:
    path: Path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    # Pictures are drawn where none are given.
    assert convert(fine_tuned, path).same_label == 10
    return path


@pytest.fixture(scope="module")
def models(fine_tuned: Path, onnx_file: Path) -> tuple[ServedModel, OnnxModel]:
    return ServedModel(fine_tuned), OnnxModel(onnx_file)


def changed(path: Path, target: Path, **entries: str | None) -> Path:
    """The file with other metadata."""
    proto = onnx.load(str(path))
    told = {one.key: one.value for one in proto.metadata_props}
    told |= {name.replace("__", "."): text for name, text in entries.items() if text is not None}
    gone = {name.replace("__", ".") for name, text in entries.items() if text is None}
    del proto.metadata_props[:]
    onnx.helper.set_model_props(proto, {name: told[name] for name in told if name not in gone})
    target.write_bytes(proto.SerializeToString())
    return target


def close(one: Any, other: Any) -> bool:
    """Whether two values of a row are the same, sums rounded elsewhere."""
    if isinstance(one, str):
        # TensorFlow writes the quote of its reason so.
        return one.replace("\\'", "'") == other
    if isinstance(one, float) or isinstance(other, float):
        return abs(one - other) < 1e-4
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(close, one, other))
    return bool(one == other)


def test_every_row_is_that_of_tensorflow(
    models: tuple[ServedModel, OnnxModel], photos: list[Path]
) -> None:
    pictures = image_source.find([str(path) for path in photos])
    pictures += [SourceImage(ugly.name, lambda u=ugly: u.content) for ugly in ugly_images.every()]  # type: ignore[misc]
    theirs, ours = (list(batch.predict(model, pictures, EVERY)) for model in models)
    assert sum("error" in row for row in theirs) > 20
    assert [list(row) for row in theirs] == [list(row) for row in ours]
    wrong = [
        (one, other)
        for one, other in zip(theirs, ours, strict=True)
        if not all(close(one[name], other[name]) for name in one)
    ]
    assert wrong == []


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_a_table_has_the_same_columns_and_labels(
    models: tuple[ServedModel, OnnxModel], photos: list[Path], tmp_path: Path, suffix: str
) -> None:
    pictures = image_source.find([str(path) for path in photos[:3]])
    outs = [tmp_path / f"{name}.{suffix}" for name in ("theirs", "ours")]
    for model, out in zip(models, outs, strict=True):
        assert batch.write(model, pictures, out, form=EVERY) == 0
    if suffix == "csv":
        theirs, ours = (out.read_text().splitlines() for out in outs)
        assert theirs[0] == ours[0]
        assert [line.split(",")[:2] for line in theirs] == [line.split(",")[:2] for line in ours]
    assert outs[0].stat().st_size == pytest.approx(outs[1].stat().st_size, rel=0.05)


def test_what_is_known_of_a_model_goes_along(models: tuple[ServedModel, OnnxModel]) -> None:
    theirs, ours = models
    assert ours.labels == theirs.labels
    assert (ours.height, ours.width, ours.units) == (theirs.height, theirs.width, theirs.units)
    assert ours.info is not None
    assert theirs.info is not None
    assert ours.info == theirs.info.model_copy(update={"files": {}})
    # Rows of one are not gone on with by the other.
    assert ours.fingerprint.startswith("onnx-")


def test_a_binary_model_has_both_labels(
    fine_tuned_binary: Path, photos: list[Path], tmp_path: Path
) -> None:
    pictures = image_source.find([str(path) for path in photos[:4]])
    convert(fine_tuned_binary, tmp_path / "model.onnx", images=pictures[:1])
    rows = [
        list(batch.predict(model, pictures))
        for model in (ServedModel(fine_tuned_binary), OnnxModel(tmp_path / "model.onnx"))
    ]
    assert [row["predicted_label"] for row in rows[0]] == [r["predicted_label"] for r in rows[1]]
    assert {row["positive_label"] for row in rows[1]} == {"stripes"}


def test_a_form_that_the_model_lacks_is_refused(onnx_file: Path, tmp_path: Path) -> None:
    proto = onnx.load(str(onnx_file))
    kept = [one for one in proto.graph.output if one.name == "probabilities"]
    del proto.graph.output[:]
    proto.graph.output.extend(kept)
    (tmp_path / "plain.onnx").write_bytes(proto.SerializeToString())
    model = OnnxModel(tmp_path / "plain.onnx")
    assert model.has(Form())
    with pytest.raises(RequestError, match="no answers for calibrated=true"):
        model.classify([np.zeros((model.height, model.width, 3), np.float32)], EVERY)


@pytest.mark.parametrize(
    ("entries", "said"),
    [
        ({"ic_tf_sdk__format": None}, "does not say how pictures are made ready"),
        ({"ic_tf_sdk__format": "2"}, "of a newer ic-tf-sdk"),
        ({"ic_tf_sdk__interpolation": "cubic"}, "resized by 'cubic'"),
        ({"labels": "no json"}, "is damaged"),
        ({"labels": '["one"]'}, "has 1 labels, and gives 3 outputs"),
    ],
)
def test_a_file_that_does_not_say_what_it_takes_is_refused(
    onnx_file: Path, tmp_path: Path, entries: dict[str, Any], said: str
) -> None:
    with pytest.raises(ArchiveError, match=said):
        OnnxModel(changed(onnx_file, tmp_path / "other.onnx", **entries))


@pytest.mark.parametrize("content", [b"", b"no model", b"PK\x03\x04" * 20])
def test_a_file_of_another_kind_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(content)
    with pytest.raises(ArchiveError, match="cannot be loaded by ONNX Runtime"):
        OnnxModel(tmp_path / "model.onnx")


def test_weights_that_are_no_numbers_are_refused(onnx_file: Path, tmp_path: Path) -> None:
    proto = onnx.load(str(onnx_file))
    for weights in proto.graph.initializer:
        if weights.data_type == onnx.TensorProto.FLOAT and len(weights.dims) > 1:
            values = np.full(tuple(weights.dims), np.nan, np.float32)
            weights.CopyFrom(onnx.numpy_helper.from_array(values, weights.name))
    (tmp_path / "nan.onnx").write_bytes(proto.SerializeToString())
    with pytest.raises(ArchiveError, match="values that are no numbers"):
        OnnxModel(tmp_path / "nan.onnx")


def test_threads_in_the_background_decode_the_same(
    models: tuple[ServedModel, OnnxModel], photos: list[Path]
) -> None:
    model = models[1]
    image = photos[0].read_bytes()
    assert (model.background_loader(1)(image) == model.load_image(image)).all()
    one = model.folded()(np.stack([model.load_image(image)]))
    assert set(one) == {"probabilities", "calibrated_probabilities", "unknown_score"}


def test_a_process_that_was_forked_off_is_told_to_load_the_model(
    models: tuple[ServedModel, OnnxModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(models[1], "_process", 0)
    with pytest.raises(UserError, match="forked"):
        models[1].classify([np.zeros((32, 32, 3), np.float32)])


def test_a_predictor_goes_to_another_process_by_its_path(
    onnx_file: Path, photos: list[Path]
) -> None:
    predictor = LocalPredictor(onnx_file)
    rows = predictor.rows([photos[0].read_bytes(), b"no image", photos[1]], unknown=True)
    assert [row["image"] for row in rows] == ["image 1", "image 2", str(photos[1])]
    assert "begin like" in rows[1]["error"]
    again = pickle.loads(pickle.dumps(predictor))
    assert again.rows([photos[1]], ["b"], unknown=True) == [{**rows[2], "image": "b"}]
    with pytest.raises(UserError, match="1 images and 2 names"):
        predictor.rows([b""], ["a", "b"])


def test_a_predictor_answers_as_an_endpoint_and_explains_nothing(
    onnx_file: Path, fine_tuned: Path, photos: list[Path]
) -> None:
    asked = {"Accept": "application/json;verbose;n_predictions=2"}
    ours, theirs = (
        json.loads(LocalPredictor(path).predict(photos[0].read_bytes(), asked))
        for path in (onnx_file, fine_tuned)
    )
    assert ours["labels"] == theirs["labels"]
    assert ours["probabilities"] == pytest.approx(theirs["probabilities"], abs=1e-4)
    with pytest.raises(UserError, match="worked out with TensorFlow"):
        LocalPredictor(onnx_file).explain(photos[0])


ASK = """
import json, sys
for name in ("tensorflow", "tf_keras", "keras", "tensorflow_hub", "onnx", "tf2onnx", "scipy"):
    sys.modules[name] = None
from ic_tf_sdk.cli import main
main(["predict", *sys.argv[1:], "--json"], standalone_mode=False)
"""


def test_the_command_answers_where_tensorflow_is_not_installed(
    onnx_file: Path, photos: list[Path]
) -> None:
    words = [sys.executable, "-W", "error", "-c", ASK, str(onnx_file), *map(str, photos[:2])]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    rows = json.loads(done.stdout)
    assert [row["image"] for row in rows] == [str(path) for path in photos[:2]]
