"""Conversion to LiteRT: the same answers, smaller, and refusals before anything is written."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from ic_tf_sdk.cli import main
from ic_tf_sdk.errors import OutputExistsError, UserError
from ic_tf_sdk.inference import image_source, litert


def test_the_converted_model_says_the_same(
    model_tar_gz: Path, photos: list[Path], tmp_path: Path
) -> None:
    images = image_source.find([str(path) for path in photos])
    parity = litert.convert(model_tar_gz, tmp_path / "m.tflite", images=images)
    assert parity.images == parity.same_label == 15
    assert parity.max_difference < 1e-5
    assert parity.bytes == (tmp_path / "m.tflite").stat().st_size


def test_int8_is_calibrated_and_its_loss_is_measured(
    model_tar_gz: Path, photos: list[Path], tmp_path: Path
) -> None:
    """Six channels do not survive eight bits well; the comparison must say so, not hide it."""
    images = image_source.find([str(path) for path in photos])
    parity = litert.convert(model_tar_gz, tmp_path / "m.tflite", images=images, int8=True)
    assert 8 <= parity.same_label <= 15
    assert parity.max_difference > 1e-5


def test_the_command_prints_the_comparison(
    model_tar_gz: Path, photos: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "new" / "m.tflite"
    arguments = ["export", str(model_tar_gz), "--out", str(out), "--json"]
    arguments += ["--images", str(photos[0].parent)]
    result = CliRunner().invoke(main, arguments)
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["same_label"] == 5
    assert [path.name for path in out.parent.iterdir()] == ["m.tflite"]


def test_too_few_images_and_an_existing_file_are_refused(
    model_tar_gz: Path, photos: list[Path], tmp_path: Path
) -> None:
    few = image_source.find([str(photos[0])])
    with pytest.raises(UserError, match="10 or more"):
        litert.convert(model_tar_gz, tmp_path / "m.tflite", images=few, int8=True)
    (tmp_path / "m.tflite").touch()
    with pytest.raises(OutputExistsError):
        litert.convert(model_tar_gz, tmp_path / "m.tflite", images=few)
