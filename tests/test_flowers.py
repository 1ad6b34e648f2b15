"""The main promise on real photos: a pretrained backbone, fine-tuned, exported, reloaded."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from ic_tf_sdk.launch.local import job as local_job
from ic_tf_sdk.launch.local.request import request

MODEL_ID = "tensorflow-ic-imagenet-mobilenet-v2-100-224-classification-4"

# Run in a new process, so that nothing of the training is left in memory.
EVALUATE = """
import json, sys
from pathlib import Path
from ic_tf_sdk.inference.predictor import LocalPredictor
predictor = LocalPredictor(sys.argv[1])
headers = {"ContentType": "application/x-image", "Accept": "application/json;verbose"}
photos = sorted(Path(sys.argv[2]).rglob("*.jpg"))
right = [
    json.loads(predictor.predict(photo.read_bytes(), headers))["predicted_label"]
    == photo.parent.name
    for photo in photos
]
print(json.dumps([sum(right), len(right)]))
"""


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> SimpleNamespace:
    """MobileNetV2 1.0 with ImageNet weights, its top trained for five epochs on 1,000 photos."""
    output = tmp_path_factory.mktemp("flowers") / "out"
    wanted = request(
        model=shared / "weights" / "mobilenet_v2_100_224" / "feature_vector" / "1",
        model_id=MODEL_ID,
        training=shared / "flowers" / "training",
        test=shared / "flowers" / "test",
        hyperparameters={"train_only_on_top": "True", "epochs": 5},
    )
    done = local_job.run(wanted, output=output, on_line=lambda _: None)
    return SimpleNamespace(job=done, request=wanted)


def test_the_exported_model_classifies_held_out_photos_from_their_bytes_in_a_new_process(
    frozen: SimpleNamespace, shared: Path
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", EVALUATE, frozen.job.model_data, shared / "flowers" / "test"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    right, count = json.loads(done.stdout)
    assert count == 200
    assert right / count >= 0.80
    # What the job said of its test channel is what its artifact does.
    assert right / count == pytest.approx(frozen.job.history.test["accuracy"], abs=1e-6)


@pytest.mark.slow
def test_without_a_model_and_without_a_download_the_photos_are_classified_as_well(
    shared: Path, tmp_path: Path
) -> None:
    """What ``ic-tf fit DIR`` does; 0.860 is the mean of five seeds."""
    command = [sys.executable, "-m", "ic_tf_sdk.cli", "fit", shared / "flowers" / "training"]
    command += ["--test", shared / "flowers" / "test", "--output", tmp_path / "out", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "tensorflow-ic-efficientnet-lite0-classification-2" in done.stderr
    assert json.loads(done.stdout)["test"]["accuracy"] >= 0.80


@pytest.mark.slow
def test_incremental_training_starts_at_the_accuracy_of_the_first(
    frozen: SimpleNamespace, shared: Path, tmp_path: Path
) -> None:
    wanted = request(
        model=frozen.job.model_data,
        training=shared / "flowers" / "test",
        test=shared / "flowers" / "test",
        # Nothing moves at a learning rate of zero: the first evaluation is that of the start.
        hyperparameters={"train_only_on_top": "True", "epochs": 1, "learning_rate": 0},
    )
    again = local_job.run(wanted, output=tmp_path / "again", on_line=lambda _: None)
    assert again.history.test["accuracy"] == pytest.approx(
        frozen.job.history.test["accuracy"], abs=1e-6
    )


@pytest.mark.slow
def test_only_full_fine_tuning_changes_the_real_backbone(
    frozen: SimpleNamespace, shared: Path, tmp_path: Path
) -> None:
    import tensorflow as tf

    few = tmp_path / "few"
    for folder in sorted((shared / "flowers" / "training").iterdir())[:2]:
        (few / folder.name).mkdir(parents=True)
        for photo in sorted(folder.iterdir())[:8]:
            (few / folder.name / photo.name).symlink_to(photo)
    wanted = request(
        model=frozen.request.model.path, model_id=MODEL_ID, training=few,
        hyperparameters={"train_only_on_top": "False", "epochs": 1, "batch_size": 8},
    )  # fmt: skip
    full = local_job.run(wanted, output=tmp_path / "full", on_line=lambda _: None)
    before = _weights(tf.saved_model.load(str(frozen.request.model.path)))
    kept = _weights(_backbone(frozen.job.model_data, tmp_path / "kept"))
    changed = _weights(_backbone(full.model_data, tmp_path / "changed"))
    assert before.keys() == kept.keys() == changed.keys()
    assert all(np.array_equal(before[name], kept[name]) for name in before)
    moved = {name for name in before if not np.array_equal(before[name], changed[name])}
    assert len([name for name in moved if "moving" in name]) >= 50
    assert len([name for name in moved if "moving" not in name]) >= 50


def _backbone(model_data: Path, folder: Path) -> object:
    import tensorflow as tf

    from ic_tf_sdk.contract import archive

    archive.extract(model_data, folder)
    return tf.saved_model.load(str(folder / "1")).backbone


def _weights(backbone: object) -> dict[str, np.ndarray]:
    return {
        f"{index} {variable.name}": variable.numpy()
        for index, variable in enumerate(backbone.variables)  # type: ignore[attr-defined]
    }
