"""How many threads an operation has, and that no feature is another with more of them."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from ic_tf_sdk.specs.hyperparameters import parse
from ic_tf_sdk.training.feed import streams

FROZEN = {"train_only_on_top": "True"}
VARIABLE = "TF_NUM_INTRAOP_THREADS"


@pytest.mark.parametrize(
    ("cores", "given", "environment", "expected"),
    [
        (1, FROZEN, {}, {VARIABLE: "1"}),
        (2, FROZEN, {}, {VARIABLE: "1"}),
        # Three batches do not keep more cores busy.
        (3, FROZEN, {}, {}),
        (64, FROZEN, {}, {}),
        (2, {"train_only_on_top": "False"}, {}, {}),
        (2, FROZEN | {"augmentation": "True"}, {}, {}),
        (2, FROZEN | {"feature_cache": "off"}, {}, {}),
        (2, FROZEN, {VARIABLE: "2"}, {}),
    ],
)
def test_an_operation_has_one_thread_where_the_batches_keep_the_cores_busy(
    cores: int,
    given: dict[str, str],
    environment: dict[str, str],
    expected: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(streams, "usable_cores", lambda: cores)
    assert streams.variables(parse(given), environment) == expected


JOB = """
import os, sys
from ic_tf_sdk.training import transfer_learning
from ic_tf_sdk.training.devices import distribution
from ic_tf_sdk.training.feed import streams

def started(*_args, **_options):
    print("threads:", os.environ.get("TF_NUM_INTRAOP_THREADS"), flush=True)
    os._exit(7)

streams.usable_cores = lambda: 2
distribution.start = started
transfer_learning.main(sys.argv[1:])
"""


@pytest.mark.parametrize("frozen", [True, False])
def test_a_job_sets_it_before_tensorflow_looks_for_its_devices(
    frozen: bool, tmp_path: Path, tiny_archive: Path, tiny_dataset: SimpleNamespace
) -> None:
    flags = [f"--{name}={tmp_path / name}" for name in ("model_dir", "output_data_dir")]
    flags += [f"--training={tiny_dataset.training}", f"--model={tiny_archive}", "--epochs=1"]
    flags += [f"--checkpoint_dir={tmp_path / 'kept'}", f"--train_only_on_top={frozen}"]
    found = {name: text for name, text in os.environ.items() if name != VARIABLE}
    command = [sys.executable, "-c", JOB, *flags]
    done = subprocess.run(command, env=found, capture_output=True, text=True, check=False)
    assert done.returncode == 7, done.stderr
    assert done.stdout.splitlines()[-1] == f"threads: {'1' if frozen else None}"


PASSING = """
import hashlib, sys
import numpy as np
import tensorflow as tf
from ic_tf_sdk.training.graph.constant_graph import constant_graph

module = tf.saved_model.load(sys.argv[1])
function = tf.function(lambda images: module(images, training=False), autograph=False)
graph = constant_graph(function.get_concrete_function(tf.TensorSpec((None, 224, 224, 3))))
images = np.random.default_rng(0).random((8, 224, 224, 3), dtype=np.float32)
print(hashlib.sha256(graph(tf.constant(images))[0].numpy().tobytes()).hexdigest())
"""


@pytest.mark.parametrize("name", ["mobilenet_v1_025_224", "mobilenet_v2_100_224"])
def test_a_real_backbones_features_are_the_same_bit_for_bit_with_any_number_of_them(
    name: str, shared: Path
) -> None:
    """A store keeps them for jobs with other settings, and for other machines of its kind."""
    folder = shared / "weights" / name / "feature_vector" / "1"
    digests = {
        subprocess.run(
            [sys.executable, "-c", PASSING, folder],
            env={**os.environ, VARIABLE: threads, "TF_USE_LEGACY_KERAS": "1"},
            capture_output=True, text=True, check=True,
        ).stdout
        for threads in ("1", "2", "5")
    }  # fmt: skip
    assert len(digests) == 1
