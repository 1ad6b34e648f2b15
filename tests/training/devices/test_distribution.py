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

from ic_tf_sdk.contract.model_info import ModelInfo
from ic_tf_sdk.errors import UserError
from ic_tf_sdk.training.devices import hosts as known_hosts
from tests.foreign_archives import keras_archive, keras_classifier

SIZE = 16

# 48 images, 39 of them for training: 2 steps an epoch, the last of one image, fewer than devices.
FULL = {
    "train_only_on_top": "False",
    "epochs": 2,
    "batch_size": 19,
    "augmentation": "True",
    "class_weight": "balanced",
    "dropout_rate": 0.3,
    "learning_rate_schedule": "cosine",
    "warmup_ratio": 0.3,
    "clip_norm": 0.5,
    "ema_decay": 0.9,
    "layer_decay": 0.5,
    "head_first_epochs": 1,
}
SOLVED_FIRST = {**FULL, "head_solver": "converged"}
KEPT = {**FULL, "batch_norm_statistics": "kept"}
# Twenty steps, after which such a rate has taught nothing, are ten epochs.
ANEW = {**FULL, "batch_norm_statistics": "auto", "epochs": 11, "learning_rate": 1e-6}
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
    spec = tf.TensorSpec([None, None, None, 3], tf.float32)
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
    assert codes == [0] * len(processes), logs_of(folder)


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


@pytest.fixture
def wait_for_checkpoint() -> Callable[..., None]:
    def wait(folder: Path, processes: list[Any], seconds: float = 200) -> None:
        end = time.monotonic() + seconds
        while not list(folder.glob("host-0/checkpoints/checkpoint-*")):
            assert time.monotonic() < end
            assert all(process.poll() is None for process in processes), logs_of(folder)
            time.sleep(0.05)

    return wait


def logs_of(folder: Path) -> str:
    return "\n".join(path.read_text()[-3000:] for path in sorted(folder.glob("*/log")))


@pytest.mark.slow
@pytest.mark.merge
def test_two_hosts_learn_what_one_process_learns_and_the_chief_alone_writes(
    train: Any, start: Start, tmp_path: Path, smooth_model: Path, tiny_dataset: SimpleNamespace
) -> None:
    folder = tmp_path / "hosts"
    finish(folder, start_hosts(start, folder, smooth_model, SOLVED_FIRST))
    single = train(model=smooth_model, test=tiny_dataset.test, **SOLVED_FIRST)
    assert_same_training(folder / "host-0", single, tolerance=1e-5)
    assert (folder / "host-0" / "log").read_text().count("Epoch 1/2 - ") == 1
    other = folder / "host-1"
    assert [path.name for path in other.rglob("*") if path.is_file()] == ["log"]
    assert "Epoch" not in (other / "log").read_text()


def test_two_devices_learn_what_one_device_learns(
    train: Any, start: Start, tmp_path: Path, smooth_model: Path, tiny_dataset: SimpleNamespace
) -> None:
    folder = tmp_path / "devices"
    finish(folder, [start(folder, smooth_model, SOLVED_FIRST, name="devices", environment={})])
    assert "Devices: 2 on 1 host" in (folder / "devices" / "log").read_text()
    single = train(model=smooth_model, test=tiny_dataset.test, **SOLVED_FIRST)
    assert_same_training(folder / "devices", single, tolerance=1e-5)


@pytest.mark.slow
def test_two_devices_keep_the_statistics_and_learn_what_one_device_learns(
    train: Any, start: Start, tmp_path: Path, tiny_archive: Path, tiny_dataset: SimpleNamespace
) -> None:
    # Batch norm by the statistics of a batch differs between devices; by those that are kept, not.
    finish(tmp_path, [start(tmp_path, tiny_archive, KEPT, name="devices", environment={})])
    single = train(test=tiny_dataset.test, **KEPT)
    assert_same_training(tmp_path / "devices", single, tolerance=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("together", ["devices", "hosts"])
def test_several_begin_anew_as_one_device_does(
    train: Any,
    start: Start,
    tmp_path: Path,
    smooth_model: Path,
    tiny_dataset: SimpleNamespace,
    together: str,
) -> None:
    if together == "devices":
        name = "devices"
        processes = [start(tmp_path, smooth_model, ANEW, name=name, environment={})]
    else:
        name = "host-0"
        processes = start_hosts(start, tmp_path, smooth_model, ANEW)
    finish(tmp_path, processes)
    assert "The training begins anew" in (tmp_path / name / "log").read_text()
    single = train(model=smooth_model, test=tiny_dataset.test, **ANEW)
    assert_same_training(tmp_path / name, single, tolerance=1e-5)


@pytest.mark.slow
def test_hosts_share_the_one_backbone_pass_of_a_frozen_backbone(
    train: Any, start: Start, tmp_path: Path, tiny_archive: Path, tiny_dataset: SimpleNamespace
) -> None:
    folder = tmp_path / "frozen"
    finish(folder, start_hosts(start, folder, tiny_archive, FROZEN))
    single = train(test=tiny_dataset.test, **FROZEN)
    assert_same_training(folder / "host-0", single, tolerance=1e-6)
    assert not list((folder / "host-1").rglob("*.npz"))


@pytest.mark.slow
@pytest.mark.parametrize("killed", [0, 1], ids=["chief", "other"])
def test_a_killed_host_fails_the_job_with_a_sentence_in_time(
    start: Start, tmp_path: Path, tiny_archive: Path, wait_for_checkpoint: Any, killed: int
) -> None:
    folder = tmp_path / "killed"
    given = {**FULL, "epochs": 1000}
    processes = start_hosts(start, folder, tiny_archive, given)
    wait_for_checkpoint(folder, processes)
    processes[killed].send_signal(signal.SIGKILL)
    survivor = processes[1 - killed]
    begin = time.monotonic()
    assert survivor.wait(timeout=90) == known_hosts.EXIT_CODE, logs_of(folder)
    assert time.monotonic() - begin < 60
    failure = (folder / f"host-{1 - killed}" / "output" / "failure").read_text()
    assert "ended or cannot be reached" in failure
    assert "\n" not in failure


def test_a_host_that_never_appears_fails_the_job_with_its_name(
    start: Start, tmp_path: Path, smooth_model: Path
) -> None:
    here, absent = (f"localhost:{port}" for port in free_ports(2))
    environment = {"SM_HOSTS": json.dumps([here, absent]), "SM_CURRENT_HOST": here}
    given = {**FULL, "host_seconds": 5}
    process = start(tmp_path, smooth_model, given, name="host-0", environment=environment)
    assert process.wait(timeout=120) == known_hosts.EXIT_CODE, logs_of(tmp_path)
    failure = (tmp_path / "host-0" / "output" / "failure").read_text()
    assert failure == f"{absent} of 2 hosts did not appear within 5 seconds."


@pytest.mark.slow
@pytest.mark.parametrize("signalled", [signal.SIGKILL, signal.SIGTERM])
def test_an_ended_two_host_job_started_again_ends_as_an_undisturbed_one(
    start: Start, tmp_path: Path, tiny_archive: Path, wait_for_checkpoint: Any, signalled: Any
) -> None:
    # Batch norm: its moving statistics must be taken up, too.
    given = {**FULL, "epochs": 6, "batch_size": 10, "checkpoint_seconds": 0}
    folder, undisturbed = tmp_path / "disturbed", tmp_path / "undisturbed"
    processes = start_hosts(start, folder, tiny_archive, given)
    wait_for_checkpoint(folder, processes)
    for process in processes:
        process.send_signal(signalled)
    codes = [process.wait(timeout=120) for process in processes]
    assert codes == ([-9, -9] if signalled == signal.SIGKILL else [143, 143]), logs_of(folder)
    finish(folder, start_hosts(start, folder, tiny_archive, given))
    assert "Resumed from a checkpoint" in (folder / "host-0" / "log").read_text()
    finish(undisturbed, start_hosts(start, undisturbed, tiny_archive, given))
    one, other = history(folder / "host-0"), history(undisturbed / "host-0")
    assert one["epochs"] == other["epochs"]
    pairs = zip(
        *(weights(path / "host-0" / "model") for path in (folder, undisturbed)), strict=True
    )
    for first, second in pairs:
        np.testing.assert_array_equal(first, second)


def test_a_batch_smaller_than_the_devices_is_refused() -> None:
    from ic_tf_sdk.training.devices.distribution import Distribution

    found = Distribution()
    found.devices = 3
    found.check(3)
    with pytest.raises(UserError, match=r"2 is too small for 3 of them\. Give at least 3"):
        found.check(2)


@pytest.mark.slow
def test_hosts_that_were_given_different_things_stop_with_a_sentence(
    start: Start, tmp_path: Path, smooth_model: Path
) -> None:
    names = [f"localhost:{port}" for port in free_ports(2)]
    processes = [
        start(
            tmp_path,
            smooth_model,
            {**FULL, "learning_rate": rate},
            name=f"host-{number}",
            environment={"SM_HOSTS": json.dumps(names), "SM_CURRENT_HOST": names[number]},
        )
        for number, rate in enumerate((0.1, 0.2))
    ]
    assert [process.wait(timeout=200) for process in processes] == [1, 1], logs_of(tmp_path)
    for number in range(2):
        failure = (tmp_path / f"host-{number}" / "output" / "failure").read_text()
        assert "see different images, models or hyperparameters" in failure


@pytest.mark.slow
def test_training_further_on_two_devices_is_that_of_one_device(
    train: Any, start: Start, tmp_path: Path, smooth_model: Path, tiny_dataset: SimpleNamespace
) -> None:
    first = train(model=smooth_model, **FULL)
    folder, given = tmp_path / "devices", {**FULL, "random_seed": 7}
    finish(folder, [start(folder, first.model, given, name="devices", environment={})])
    single = train(model=first.model, test=tiny_dataset.test, **given)
    assert_same_training(folder / "devices", single, tolerance=1e-5)


@pytest.mark.slow
def test_another_programs_archive_learns_on_two_devices_what_it_learns_on_one(
    train: Any, start: Start, tmp_path: Path, smooth_model: Path, tiny_dataset: SimpleNamespace
) -> None:
    archive = keras_archive(tmp_path / "keras", keras_classifier(smooth_model / "1")).path
    folder = tmp_path / "devices"
    finish(folder, [start(folder, archive, FULL, name="devices", environment={})])
    single = train(model=archive, test=tiny_dataset.test, **FULL)
    assert_same_training(folder / "devices", single, tolerance=1e-5)
