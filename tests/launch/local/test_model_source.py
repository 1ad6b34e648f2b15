"""Archives that this package did not make: used where that works, else refused by name."""

import json
import shutil
import tarfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from ic_tf_sdk.contract import archive
from ic_tf_sdk.contract.output_files import LABELS_FILE
from ic_tf_sdk.errors import ArchiveError
from ic_tf_sdk.launch.local import job as local_job
from ic_tf_sdk.launch.local.model_source import locate
from ic_tf_sdk.launch.local.request import request

MOBILENET = "tensorflow-ic-imagenet-mobilenet-v1-025-224-classification-4"


def packed(folder: Path, target: Path) -> Path:
    """As SageMaker packs: names begin with ``./``."""
    with tarfile.open(target, "w:gz") as tar:
        tar.add(folder, ".")
    return target


def test_an_archive_is_named_by_its_file_as_awss_are(tmp_path: Path, tiny_backbone: Path) -> None:
    path = packed(tiny_backbone, tmp_path / f"train-{MOBILENET}.tar.gz")
    found = locate(path)
    assert found.model_id == MOBILENET
    assert found.described_by is not None
    assert (found.described_by.input_height, found.described_by.pixel_range) == (224, "0..1")
    other = packed(tiny_backbone, tmp_path / "train-tensorflow-ic-nothing.tar.gz")
    assert locate(other).described_by is None
    assert locate(other, model_id=MOBILENET).described_by == found.described_by


def test_a_description_is_found_behind_a_leading_dot(tmp_path: Path, tiny_archive: Path) -> None:
    archive.extract(tiny_archive, tmp_path / "content")
    assert locate(packed(tmp_path / "content", tmp_path / "model.tar.gz")).model_id == "tiny"


@pytest.mark.parametrize("form", ["folder", "archive"])
def test_what_another_script_fine_tuned_is_left_to_training_to_judge(
    tmp_path: Path, tiny_backbone: Path, form: str
) -> None:
    from ic_tf_sdk.training.network.backbone import open_source

    content = tmp_path / "content"
    content.mkdir()
    shutil.copytree(tiny_backbone, content / "1")
    (content / LABELS_FILE).write_text(json.dumps({"dots": 0, "plain": 1}))
    archive.pack(content, tmp_path / "model.tar.gz")
    path = content if form == "folder" else tmp_path / "model.tar.gz"
    assert locate(path, model_id=MOBILENET).described_by is None
    with pytest.raises(ArchiveError, match="a fine-tuned classifier that this package did not"):
        open_source(path)


@pytest.mark.slow
def test_an_archive_without_description_trains(
    shared: Path, tmp_path: Path, tiny_dataset: SimpleNamespace
) -> None:
    weights = shared / "weights" / "mobilenet_v1_025_224"
    model = packed(weights, tmp_path / f"train-{MOBILENET}.tar.gz")
    wanted = request(
        model=model,
        training=tiny_dataset.training,
        hyperparameters={"epochs": 1, "train_only_on_top": True},
    )
    done = local_job.run(wanted, output=tmp_path / "out", on_line=lambda _: None)
    info = json.loads(archive.read_member(done.model_data, "model_info.json") or b"")
    assert info["model_id"] == MOBILENET
    assert info["input_height"] == 224
