"""Conversion to LiteRT and ONNX: the same answers, and refusals before anything is written."""

import json
import re
import shutil
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from click.testing import CliRunner, Result

from ic_tf_sdk.cli import main
from ic_tf_sdk.errors import MissingExtraError, OutputExistsError, UserError
from ic_tf_sdk.inference import image_source
from ic_tf_sdk.inference.convert import conversion
from ic_tf_sdk.inference.convert.conversion import convert
from ic_tf_sdk.inference.image_source import SourceImage
from ic_tf_sdk.inference.served_model import ServedModel
from tests.inference.conftest import train


@pytest.fixture(scope="module")
def images(photos: list[Path]) -> list[SourceImage]:
    return image_source.find([str(path) for path in photos])


def export(*words: object) -> Result:
    return CliRunner().invoke(main, ["export", *map(str, words)])


@pytest.mark.parametrize("form", ["litert", "onnx"])
def test_the_converted_model_says_the_same(
    model_tar_gz: Path, images: list[SourceImage], tmp_path: Path, form: str
) -> None:
    found = convert(model_tar_gz, tmp_path / "m", form=form, images=images)
    assert found.images == found.same_label == 15
    assert found.max_difference < 1e-5
    assert found.accuracy is None
    assert found.bytes == (tmp_path / "m").stat().st_size


@pytest.mark.parametrize("form", ["litert", "onnx"])
def test_a_binary_model_keeps_its_one_probability(
    fine_tuned_binary: Path, images: list[SourceImage], tmp_path: Path, form: str
) -> None:
    found = convert(fine_tuned_binary, tmp_path / "m", form=form, images=images)
    assert found.same_label == 15
    assert found.max_difference < 1e-5


def test_an_onnx_file_takes_any_batch_and_names_its_labels(
    model_tar_gz: Path, images: list[SourceImage], tmp_path: Path
) -> None:
    convert(model_tar_gz, tmp_path / "m.onnx", form="onnx", images=images[:1])
    session = onnxruntime.InferenceSession(str(tmp_path / "m.onnx"))
    model = ServedModel(model_tar_gz)
    pixels = np.stack([model.load_image(image.read()) for image in images])
    # The first output is the network's own, whatever else the model can say.
    found = session.run(None, {"pixels": pixels})[0]
    np.testing.assert_allclose(found, model.probabilities(pixels), atol=1e-5)
    said = session.get_modelmeta().custom_metadata_map
    assert json.loads(said["labels"]) == list(model.labels)
    said = {name: text for name, text in said.items() if name.startswith("Image.")}
    # ONNX's own words for pixels of 0 to 255.
    assert said == {
        "Image.BitmapPixelFormat": "Rgb8",
        "Image.ColorSpaceGamma": "SRGB",
        "Image.NominalPixelRange": "NominalRange_0_255",
    }
    proto = onnx.load(str(tmp_path / "m.onnx"))
    onnx.checker.check_model(proto, full_check=True)
    [pixels] = proto.graph.input
    assert pixels.type.denotation == "IMAGE"
    assert [dim.denotation for dim in pixels.type.tensor_type.shape.dim] == [
        "DATA_BATCH", "DATA_FEATURE", "DATA_FEATURE", "DATA_CHANNEL",
    ]  # fmt: skip


def test_int8_loses_what_is_measured_on_labelled_pictures_it_was_not_calibrated_on(
    model_tar_gz: Path, tiny_dataset: SimpleNamespace, tmp_path: Path
) -> None:
    """Six channels do not survive eight bits well; the comparison must say so, not hide it."""
    seen = image_source.find([str(tiny_dataset.training)])
    known = image_source.find([str(tiny_dataset.test)])
    out = tmp_path / "m.tflite"
    found = convert(model_tar_gz, out, images=seen, labelled=known, int8=True)
    assert found.images == 15
    assert found.max_difference > 1e-5
    model = ServedModel(model_tar_gz)
    right = [
        model.predict([image.read()])[0]["predicted_label"] == Path(image.name).parent.name
        for image in known
    ]
    assert found.accuracy == pytest.approx(np.mean(right))
    assert found.converted_accuracy is not None
    assert 0.3 < found.converted_accuracy <= 1


def test_calibrating_on_the_pictures_to_measure_with_is_refused(
    model_tar_gz: Path, images: list[SourceImage], photos: list[Path], tmp_path: Path
) -> None:
    copy = tmp_path / "other" / photos[0].parent.name / "renamed.png"
    copy.parent.mkdir(parents=True)
    shutil.copyfile(photos[0], copy)
    known = image_source.find([str(tmp_path / "other")])
    with pytest.raises(UserError, match=r"1 labelled pictures are also .*renamed\.png"):
        convert(model_tar_gz, tmp_path / "m", images=images, labelled=known, int8=True)
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize("form", ["litert", "onnx"])
def test_the_command_prints_the_comparison(
    model_tar_gz: Path, tiny_dataset: SimpleNamespace, tmp_path: Path, form: str
) -> None:
    out = tmp_path / "new" / f"m.{form}"
    words = [model_tar_gz, "--format", form, "--out", out, "--labelled", tiny_dataset.test]
    result = export(*words, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["same_label"] == found["images"] == 15
    assert found["accuracy"] == found["converted_accuracy"] > 0.8
    assert [path.name for path in out.parent.iterdir()] == [out.name]
    out.unlink()
    table = export(*words).stdout
    assert "largest difference of a probability" in table
    assert "accuracy, converted" in table


def test_what_cannot_be_converted_or_compared_is_refused_before_anything_is_written(
    model_tar_gz: Path, images: list[SourceImage], photos: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "out" / "m"
    with pytest.raises(UserError, match="10 or more"):
        convert(model_tar_gz, out, images=images[:1], int8=True)
    with pytest.raises(UserError, match="no image to compare"):
        convert(model_tar_gz, out)
    with pytest.raises(UserError, match="int8 is for the format 'litert'"):
        convert(model_tar_gz, out, images=images, form="onnx", int8=True)
    (tmp_path / "dogs").mkdir()
    shutil.copyfile(photos[0], tmp_path / "dogs" / "a.png")
    other = image_source.find([str(tmp_path / "dogs")])
    with pytest.raises(
        UserError, match=r"'dogs', which is no label of the model\. Did you mean 'dots'"
    ):
        convert(model_tar_gz, out, labelled=other)
    bad = SourceImage("bad.jpg", lambda: b"<html>")
    with pytest.raises(UserError, match=r"bad\.jpg: .*begin like HTML"):
        convert(model_tar_gz, out, images=[bad])
    assert not out.parent.exists()
    (tmp_path / "there").touch()
    with pytest.raises(OutputExistsError):
        convert(model_tar_gz, tmp_path / "there", images=images)


def test_without_the_converter_the_error_names_its_extra(
    model_tar_gz: Path,
    images: list[SourceImage],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "tf2onnx", None)
    with pytest.raises(MissingExtraError, match=r"ic-tf-sdk\[onnx\]"):
        convert(model_tar_gz, tmp_path / "m", form="onnx", images=images)


@pytest.mark.slow
@pytest.mark.shared
def test_converted_models_know_real_photos(shared: Path, tmp_path: Path) -> None:
    """docs/measurements/inference.md has the figures of MobileNetV2."""
    flowers = shared / "flowers"
    model = train(
        tmp_path,
        shared / "weights" / "mobilenet_v1_025_224" / "feature_vector" / "1",
        flowers / "training",
        epochs=5,
        learning_rate=0.003,
    )
    known = image_source.find([str(flowers / "test")])
    seen = image_source.find([str(flowers / "training")])[::10]
    for form in ("litert", "onnx"):
        exact = convert(model, tmp_path / form, form=form, labelled=known)
        assert exact.images == exact.same_label == 200
        assert exact.max_difference < 1e-5
    small = convert(model, tmp_path / "int8", images=seen, labelled=known, int8=True)
    assert small.accuracy is not None
    assert small.converted_accuracy is not None
    assert small.accuracy > 0.7
    assert small.accuracy - small.converted_accuracy < 0.06
    assert small.bytes < exact.bytes / 2


@pytest.mark.parametrize(
    ("name", "form", "said"),
    [
        ("m.onnx", "litert", "Name it m.tflite"),
        ("m.TFLITE", "onnx", "Name it m.onnx"),
        ("m.tfl", None, "Did you mean '.tflite'"),
        ("m.pb", None, "end it in .tflite or .onnx"),
    ],
)
def test_a_suffix_that_says_another_format_or_none_is_refused(
    name: str, form: Any, said: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=re.escape(said)):
        convert("no-model", tmp_path / name, form=form)
    assert list(tmp_path.iterdir()) == []


def test_the_suffix_chooses_the_format() -> None:
    chosen = {name: conversion._format(Path(name), None) for name in ("a.tflite", "b.onnx")}
    assert chosen == {"a.tflite": "litert", "b.onnx": "onnx"}
    assert conversion._format(Path("a.bin"), "onnx") == "onnx"
    assert conversion._format(Path("a"), None) == "litert"
