"""Several devices and several hosts learn what one device learns, and stop when a host is lost."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from ic_tf_sdk.specs.model_info import ModelInfo
from ic_tf_sdk.training import hosts as known_hosts

SIZE = 16

# 48 images, 39 of them for training: 2 steps an epoch, the last of one image, fewer than devices.
FULL = {
    "train_only_on_top": "False",
    "epochs": 2,
    "batch_size": 19,
    "augmentation": "True",
    "class_weight": "balanced",
    "dropout_rate": 0.3,
}
FROZEN = {"train_only_on_top": "True", "epochs": 3, "batch_size": 8}

TWO_DEVICES = """
import sys
import tensorflow as tf
[cpu] = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
from ic_tf_sdk.training.transfer_learning import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="session")
def smooth_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backbone without batch norm: what it learns does not depend on how a batch is dealt."""
    import tensorflow as tf

    class Smooth(tf.train.Checkpoint):
        def __init__(self) -> None:
            super().__init__()
            start = np.random.default_rng(5).normal(0, 0.5, (3, 3, 3, 8)).astype(np.float32)
            self.kernel = tf.Variable(start)
            self.variables = self.trainable_variables = [self.kernel]
            self.regularization_losses = [self.penalty]

        @tf.function(input_signature=[])
        def penalty(self) -> Any:
            return 1e-3 * tf.reduce_sum(tf.square(self.kernel))

        @tf.function
        def __call__(self, images: Any, training: bool = False) -> Any:
            return tf.reduce_mean(
                tf.abs(tf.nn.conv2d(images - 0.5, self.kernel, 2, "SAME")), [1, 2]
            )

    folder = tmp_path_factory.mktemp("smooth")
    module = Smooth()
    spec = tf.TensorSpec([None, SIZE, SIZE, 3], tf.float32)
    for training in (False, True):
        module.__call__.get_concrete_function(spec, training=training)
    tf.saved_model.save(module, str(folder / "1"))
    ModelInfo(
        kind="pretrained",
        model_id="smooth",
        model_version="1.0.0",
        input_height=SIZE,
        input_width=SIZE,
        pixel_range="0..1",
    ).write(folder)
    return folder


Start = Callable[..., Any]


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("localhost", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@pytest.fixture
def start(tmp_path: Path, tiny_dataset: SimpleNamespace) -> Any:
    """A function that starts one host of a job; what still runs at the test's end is killed.

    Each host has folders of its own, as in SageMaker, but the checkpoints given by ``checkpoints``.
    """
    running = []

    def begin(
        folder: Path, model: Path, given: dict[str, object], *, name: str, environment: Any
    ) -> Any:
        code = ["-c", TWO_DEVICES] if name == "devices" else []
        module = [] if code else ["-m", "ic_tf_sdk.training.transfer_learning"]
        flags = {"training": tiny_dataset.training, "test": tiny_dataset.test, "model": model}
        flags |= {"checkpoint_dir": folder / name / "checkpoints", **given}
        words = [f"--{name}={value}" for name, value in flags.items()]
        (folder / name).mkdir(parents=True, exist_ok=True)
        variables = {
            "SM_MODEL_DIR": str(folder / name / "model"),
            "SM_OUTPUT_DATA_DIR": str(folder / name / "output" / "data"),
            # Many short processes on few processors.
            "OMP_NUM_THREADS": "1",
            **environment,
        }
        log = (folder / name / "log").open("a")
        process = subprocess.Popen(
            [sys.executable, *code, *module, *words],
            env={**os.environ, **variables},
            stdout=log,
            stderr=log,
        )
        log.close()
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()
        process.wait()


def start_hosts(
    start: Start,
    folder: Path,
    model: Path,
    given: dict[str, object],
    names: list[str] | None = None,
) -> list[Any]:
    names = names or [f"localhost:{port}" for port in free_ports(2)]
    return [
        start(
            folder,
            model,
            given,
            name=f"host-{number}",
            environment={"SM_HOSTS": json.dumps(names), "SM_CURRENT_HOST": name},
        )
        for number, name in enumerate(names)
    ]


def finish(folder: Path, processes: list[Any]) -> None:
    codes = [process.wait(timeout=300) for process in processes]
    logs = "\n".join(path.read_text()[-3000:] for path in sorted(folder.glob("*/log")))
    assert codes == [0] * len(processes), logs


def history(folder: Path) -> Any:
    return json.loads((folder / "output" / "data" / "history.json").read_text())


def weights(model: Path) -> list[np.ndarray]:
    import tensorflow as tf

    loaded = tf.saved_model.load(str(model / "1"))
    return [v.numpy() for v in (*loaded.backbone.variables, loaded.kernel, loaded.bias)]


def assert_same_training(folder: Path, single: SimpleNamespace, *, tolerance: float) -> None:
    found = history(folder)
    for one, other in zip(found["epochs"], single.record.epochs, strict=True):
        assert one == pytest.approx(other, abs=tolerance)
    assert found["test"] == pytest.approx(single.record.test, abs=tolerance)
    for one, other in zip(weights(folder / "model"), weights(single.model), strict=True):
        np.testing.assert_allclose(one, other, atol=tolerance)


def test_two_hosts_learn_what_one_process_learns_and_the_chief_alone_writes(
    train: Any, start: Start, tmp_path: Path, smooth_model: Path, tiny_dataset: SimpleNamespace
) -> None:
    folder = tmp_path / "hosts"
    finish(folder, start_hosts(start, folder, smooth_model, FULL))
    single = train(model=smooth_model, test=tiny_dataset.test, **FULL)
    assert_same_training(folder / "host-0", single, tolerance=1e-5)
    assert (folder / "host-0" / "log").read_text().count("Epoch 1/2 - ") == 1
    other = folder / "host-1"
    assert [path.name for path in other.rglob("*") if path.is_file()] == ["log"]
    assert "Epoch" not in (other / "log").read_text()


def test_two_devices_learn_what_one_device_learns(
    train: Any, start: Start, tmp_path: Path, smooth_model: Path, tiny_dataset: SimpleNamespace
) -> None:
    folder = tmp_path / "devices"
    finish(folder, [start(folder, smooth_model, FULL, name="devices", environment={})])
    assert "Devices: 2 on 1 host" in (folder / "devices" / "log").read_text()
    single = train(model=smooth_model, test=tiny_dataset.test, **FULL)
    assert_same_training(folder / "devices", single, tolerance=1e-5)
