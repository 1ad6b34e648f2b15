"""What a LiteRT file says of itself, read by TensorFlow Lite's schemas and by MediaPipe."""

import io
import zipfile
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import pytest
from flatbuffers import number_types
from flatbuffers.table import Table
from tensorflow.lite.python import schema_py_generated as schema

from ic_tf_sdk.inference import image_source
from ic_tf_sdk.inference.convert import litert_metadata
from ic_tf_sdk.inference.convert.conversion import convert
from ic_tf_sdk.inference.served_model import ServedModel


class Read:
    """A table of a flatbuffer, its fields by their number in ``metadata_schema.fbs``."""

    def __init__(self, data: bytes, place: int) -> None:
        self._table = Table(bytearray(data), place)
        self._data = data

    def _at(self, slot: int) -> int:
        offset = self._table.Offset(4 + 2 * slot)
        assert offset, f"field {slot} is not there"
        return int(offset)

    def text(self, slot: int) -> str:
        return str(self._table.String(self._at(slot) + self._table.Pos).decode())

    def number(self, slot: int, kind: Any = number_types.Uint8Flags) -> int:
        return int(self._table.Get(kind, self._at(slot) + self._table.Pos))

    def table(self, slot: int) -> "Read":
        return Read(self._data, self._table.Indirect(self._at(slot) + self._table.Pos))

    def tables(self, slot: int) -> list["Read"]:
        begin, count = self._table.Vector(self._at(slot)), self._table.VectorLen(self._at(slot))
        return [Read(self._data, self._table.Indirect(begin + 4 * i)) for i in range(count)]

    def floats(self, slot: int) -> list[float]:
        found = self._table.GetVectorAsNumpy(number_types.Float32Flags, self._at(slot))
        return [float(value) for value in found]


def metadata(path: Path) -> Read:
    model = schema.ModelT.InitFromPackedBuf(path.read_bytes())
    [entry] = [item for item in model.metadata if item.name == b"TFLITE_METADATA"]
    data = bytes(model.buffers[entry.buffer].data)
    assert flatbuffers.util.GetBufferIdentifier(bytearray(data), 0) == b"M001"
    return Read(data, int.from_bytes(data[:4], "little"))


@pytest.fixture(scope="module")
def tflite(
    model_tar_gz: Path, photos: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    target = tmp_path_factory.mktemp("litert") / "m.tflite"
    convert(model_tar_gz, target, images=image_source.find([str(photos[0])]))
    return target


def test_the_file_holds_its_labels_and_says_which_pixels_it_takes(
    tflite: Path, model_tar_gz: Path
) -> None:
    with zipfile.ZipFile(tflite) as archive:
        assert archive.namelist() == ["labels.txt"]
        labels = archive.read("labels.txt").decode().splitlines()
    assert labels == list(ServedModel(model_tar_gz).labels)
    [graph] = metadata(tflite).tables(3)
    [pixels], [probabilities] = graph.tables(2), graph.tables(3)
    image = pixels.table(3)
    assert (image.number(0), image.table(1).number(0)) == (2, 1)  # ImageProperties, RGB
    size = image.table(1).table(1)
    assert [size.number(slot, number_types.Uint32Flags) for slot in (0, 1)] == [32, 32]
    [unit] = pixels.tables(4)
    assert unit.number(0) == 1  # NormalizationOptions
    assert (unit.table(1).floats(0), unit.table(1).floats(1)) == ([0.0], [1.0])
    assert (pixels.table(5).floats(0), pixels.table(5).floats(1)) == ([255.0], [0.0])
    [file] = probabilities.tables(6)
    assert (file.text(0), file.number(2)) == ("labels.txt", 2)  # TENSOR_AXIS_LABELS


def test_the_same_model_is_the_same_file(tflite: Path) -> None:
    content, labels = tflite.read_bytes(), ("a", "b", "c")
    assert litert_metadata.described(content, labels, 32, 32) == litert_metadata.described(
        content, labels, 32, 32
    )


@pytest.mark.parametrize("label", ["two\nlines", "a\r\nb", "a\u2028b", 'Käfer, 5" & more', "\n"])
def test_every_label_is_one_line(tflite: Path, label: str) -> None:
    content = litert_metadata.described(tflite.read_bytes(), ("x", label, "z"), 32, 32)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        lines = archive.read("labels.txt").decode().split("\n")
    assert len(lines) == 4
    assert (lines[0], lines[2], lines[3]) == ("x", "z", "")
    assert lines[1] == " ".join(label.splitlines())


def test_a_binary_model_labels_the_one_probability_that_it_gives(
    fine_tuned_binary: Path, photos: list[Path], tmp_path: Path
) -> None:
    target = tmp_path / "m.tflite"
    convert(fine_tuned_binary, target, images=image_source.find([str(photos[0])]))
    with zipfile.ZipFile(target) as archive:
        assert archive.read("labels.txt") == b"stripes\n"


def test_mediapipe_names_the_classes_with_the_same_probabilities(
    tflite: Path, model_tar_gz: Path, photos: list[Path], tmp_path: Path
) -> None:
    """MediaPipe resizes by itself; of pictures of the input size both see the same pixels."""
    mediapipe = pytest.importorskip("mediapipe", reason="needs MediaPipe: nox -s mediapipe")
    from PIL import Image

    model = ServedModel(model_tar_gz)
    vision, options = mediapipe.tasks.vision, mediapipe.tasks.BaseOptions
    chosen = vision.ImageClassifierOptions(options(model_asset_path=str(tflite)))
    with vision.ImageClassifier.create_from_options(chosen) as classifier:
        for photo in photos:
            small = tmp_path / f"{photo.stem}.png"
            Image.open(photo).convert("RGB").resize((32, 32)).save(small)
            found = classifier.classify(mediapipe.Image.create_from_file(str(small)))
            scores = {one.category_name: one.score for one in found.classifications[0].categories}
            [expected] = model.predict([small.read_bytes()])
            assert set(scores) == set(model.labels)
            for label, probability in zip(model.labels, expected["probabilities"], strict=True):
                np.testing.assert_allclose(scores[label], probability, atol=1e-5)
