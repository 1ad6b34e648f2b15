"""A training that is interrupted at any moment ends as one that is not."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.training.loop import checkpoint_file
from ic_tf_sdk.training.loop.interruption import EXIT_CODE, Interrupted, Interruption

# 48 images, 39 of them for training: 5 steps an epoch, the last of 7 images.
FROZEN = {"train_only_on_top": "True", "epochs": 3, "batch_size": 8}
AUGMENTED = {**FROZEN, "augmentation": "True"}
FULL = {
    **FROZEN,
    "train_only_on_top": "False",
    "augmentation": "True",
    "optimizer": "rmsprop",
    "learning_rate_schedule": "cosine",
    "warmup_ratio": 0.2,
    "clip_norm": 0.5,
    "ema_decay": 0.9,
    "layer_decay": 0.5,
    "head_first_epochs": 1,
    "head_solver": "converged",
}
STEPS = 5


class AfterSteps(Interruption):
    """Asks to end once it was asked so many times, as the loop asks after each step."""

    def __init__(self, steps: int) -> None:
        self.asked = 0
        self.steps = steps
        super().__init__()

    @property
    def requested(self) -> bool:
        self.asked += 1
        return self.asked >= self.steps

    @requested.setter
    def requested(self, value: bool) -> None: ...


def variables(model: Path) -> list[np.ndarray]:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(model / "1"))
    return [v.numpy() for v in (*loaded.backbone.variables, loaded.kernel, loaded.bias)]


def assert_same(one: SimpleNamespace, other: SimpleNamespace) -> None:
    assert one.record.epochs == other.record.epochs
    assert one.record.best_epoch == other.record.best_epoch
    assert len(other.record.seconds) == len(other.record.epochs)
    for first, second in zip(variables(one.model), variables(other.model), strict=True):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("given", "stops"),
    [
        (FROZEN, (1, 4, 3)),
        pytest.param(FULL, (2, 3, 6), marks=[pytest.mark.slow, pytest.mark.merge]),
        pytest.param({**FULL, "batch_norm_statistics": "kept"}, (2, 3, 6), marks=pytest.mark.slow),
    ],
    ids=["frozen", "full", "kept"],
)
def test_interrupted_at_any_step_ends_with_the_same_weights_and_history(
    train: Any, tmp_path: Path, given: dict[str, object], stops: tuple[int, ...]
) -> None:
    # Interrupted in the middle of an epoch, after its last step, and across an epoch's end.
    undisturbed = train(**given)
    folder = tmp_path / "interrupted"
    for steps in stops:
        with pytest.raises(Interrupted):
            train(folder=folder, interruption=AfterSteps(steps), **given)
    assert_same(undisturbed, train(folder=folder, **given))


def test_a_finished_training_is_not_repeated(train: Any, tmp_path: Path, caplog: Any) -> None:
    import shutil

    folder = tmp_path / "finished"
    one = train(folder=folder, **FROZEN)
    shutil.move(folder / "model", tmp_path / "first-model")
    with caplog.at_level("INFO", logger="ic_tf_sdk"):
        other = train(folder=folder, **FROZEN)
    one.model = tmp_path / "first-model"
    assert_same(one, other)
    assert not [line for line in caplog.messages if line.startswith("Epoch")]


def test_a_resumed_job_may_ask_for_more_epochs(train: Any, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "longer"
    train(folder=folder, **FROZEN)
    shutil.rmtree(folder / "model")
    longer = train(folder=folder, **{**FROZEN, "epochs": 5})
    assert_same(train(**{**FROZEN, "epochs": 5}), longer)


def test_a_job_whose_learning_rate_goes_by_its_epochs_keeps_their_number(
    train: Any, tmp_path: Path
) -> None:
    given = {**FROZEN, "learning_rate_schedule": "cosine"}
    folder = tmp_path / "cosine"
    with pytest.raises(Interrupted):
        train(folder=folder, interruption=AfterSteps(1), **given)
    with pytest.raises(UserError, match="the hyperparameter epochs differs"):
        train(folder=folder, **{**given, "epochs": 4})


@pytest.mark.parametrize(
    "group",
    [pytest.param("variables", marks=[pytest.mark.slow, pytest.mark.merge]), "optimizer"],
)
def test_a_checkpoint_of_a_network_of_other_shapes_is_passed_over(
    train: Any, tmp_path: Path, group: str, caplog: Any
) -> None:
    folder = tmp_path / "job"
    undisturbed = train(folder=folder, **FROZEN)
    shutil.move(folder / "model", tmp_path / "first-model")
    undisturbed.model = tmp_path / "first-model"
    newest = max((folder / "checkpoints").glob("checkpoint-*"))
    with newest.open("rb") as stream:
        meta, arrays = checkpoint_file.read(stream)
    arrays[f"{group}/00000"] = np.zeros((7, 7, 7), np.float32)
    with newest.open("wb") as stream:
        checkpoint_file.write(stream, meta, arrays)
    with caplog.at_level("INFO", logger="ic_tf_sdk"):
        again = train(folder=folder, **FROZEN)
    assert_same(undisturbed, again)
    assert "its arrays are not those of this network); passed over" in caplog.text
    assert "Resumed from a checkpoint: 2 epochs" in caplog.text


def test_another_job_in_the_same_checkpoint_folder_is_refused(train: Any, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    with pytest.raises(Interrupted):
        train(folder=folder, interruption=AfterSteps(1), **FROZEN)
    with pytest.raises(UserError, match="the hyperparameter learning_rate differs"):
        train(folder=folder, **FROZEN, learning_rate=0.5)


@pytest.mark.parametrize("channel", ["training", "validation"])
def test_an_image_replaced_under_its_name_and_size_is_noticed(
    train: Any, tmp_path: Path, tiny_dataset: SimpleNamespace, channel: str
) -> None:
    folder, images = tmp_path / "replaced", tmp_path / "images"
    shutil.copytree(tiny_dataset.training, images)
    given = {**FROZEN, channel: images}
    one, other = sorted((images / "dots").iterdir())[:2]
    size = max(one.stat().st_size, other.stat().st_size)
    # What follows the end of an image is read by nobody, but it counts for the size.
    for path in (one, other):
        path.write_bytes(path.read_bytes().ljust(size, b"\0"))
    with pytest.raises(Interrupted):
        train(folder=folder, interruption=AfterSteps(1), **given)
    one.write_bytes(other.read_bytes())
    with pytest.raises(UserError, match=f"the {channel} images differs"):
        train(folder=folder, **given)


def test_a_channel_downloaded_anew_is_the_same_job(
    train: Any, tmp_path: Path, tiny_dataset: SimpleNamespace
) -> None:
    folder, images = tmp_path / "again", tmp_path / "images"
    shutil.copytree(tiny_dataset.training, images)
    with pytest.raises(Interrupted):
        train(folder=folder, interruption=AfterSteps(1), training=images, **FROZEN)
    shutil.rmtree(images)
    shutil.copytree(tiny_dataset.training, images, copy_function=shutil.copyfile)
    assert len(train(folder=folder, training=images, **FROZEN).record.epochs) == 3


def start(folder: Path, channels: dict[str, Path], given: dict[str, object]) -> Any:
    """The job's process, which saves after every step."""
    command = [sys.executable, "-m", "ic_tf_sdk.training.transfer_learning"]
    command += [f"--{name}={path}" for name, path in channels.items()]
    command += [f"--checkpoint_dir={folder / 'checkpoints'}", "--checkpoint_seconds=0"]
    command += [f"--{name}={value}" for name, value in given.items()]
    environment = {
        **os.environ,
        "SM_MODEL_DIR": str(folder / "model"),
        "SM_OUTPUT_DATA_DIR": str(folder / "output" / "data"),
    }
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def wait_for(process: Any, folder: Path, position: tuple[int, int]) -> bool:
    """Whether a checkpoint of this epoch and step or later appears before the process ends."""
    while process.poll() is None:
        names = [path.stem.split("-")[1:] for path in folder.glob("checkpoints/checkpoint-*")]
        if any((int(epochs), int(step)) >= position for epochs, step in names):
            return True
        time.sleep(0.01)
    return False


def history(folder: Path) -> Any:
    return json.loads((folder / "output" / "data" / "history.json").read_text())


@pytest.mark.parametrize(
    ("seed", "given"),
    [
        pytest.param(0, AUGMENTED, marks=[pytest.mark.slow, pytest.mark.merge]),
        pytest.param(1, FULL, marks=pytest.mark.slow),
        pytest.param(2, FROZEN, marks=pytest.mark.slow),
        pytest.param(3, FULL, marks=pytest.mark.slow),
    ],
)
def test_killed_at_random_moments_ends_with_the_same_weights_and_history(
    train: Any,
    tmp_path: Path,
    tiny_archive: Path,
    tiny_dataset: SimpleNamespace,
    seed: int,
    given: dict[str, object],
) -> None:
    rng = random.Random(seed)
    folder = tmp_path / "killed"
    channels = {"training": tiny_dataset.training, "model": tiny_archive}
    moments = sorted((rng.randrange(3), rng.randrange(1, STEPS)) for _ in range(2))
    kills = 0
    for moment in moments:
        process = start(folder, channels, given)
        if wait_for(process, folder, moment):
            time.sleep(rng.random() * 0.05)
            process.kill()
            kills += 1
        process.communicate()
    process = start(folder, channels, given)
    output, _ = process.communicate()
    assert process.returncode == 0, output
    assert kills
    assert "Resumed from a checkpoint" in output
    undisturbed = train(**given)
    assert history(folder)["epochs"] == undisturbed.record.epochs
    for one, other in zip(variables(folder / "model"), variables(undisturbed.model), strict=True):
        np.testing.assert_array_equal(one, other)


def test_sigterm_saves_the_step_and_ends_with_its_exit_code(
    tmp_path: Path, tiny_archive: Path, tiny_dataset: SimpleNamespace
) -> None:
    folder = tmp_path / "spot"
    channels = {"training": tiny_dataset.training, "model": tiny_archive}
    process = start(folder, channels, {**AUGMENTED, "epochs": 1000, "checkpoint_seconds": 1e9})
    assert wait_for(process, folder, (1, 0)), process.communicate()
    process.send_signal(signal.SIGTERM)
    noticed = time.monotonic()
    output, _ = process.communicate()
    assert time.monotonic() - noticed < 120
    assert process.returncode == EXIT_CODE == 143, output
    assert "goes on from its checkpoint" in output
    assert not (folder / "model").exists() or not list((folder / "model").iterdir())
    assert list(folder.glob("checkpoints/checkpoint-*.npz"))
    assert not list(folder.glob("checkpoints/.*"))
