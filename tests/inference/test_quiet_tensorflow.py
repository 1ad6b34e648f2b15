"""TensorFlow's own lines never stand before an answer, unless it fails or they are asked for."""

import importlib
import importlib.util
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from importlib.machinery import PathFinder

import pytest

from ic_tf_sdk import extras
from ic_tf_sdk.cli import output
from ic_tf_sdk.embedded import MODEL_IDS
from ic_tf_sdk.inference import quiet_tensorflow

NOISE = b"E0000 00:00 cuda_platform.cc:52] failed call to cuInit\n"


@pytest.fixture
def loading(monkeypatch):
    """Loading as in a fresh process, where it writes a line and ends as a test says."""

    def prepare(error=None):
        def load(_name):
            os.write(2, NOISE)
            if error is not None:
                raise error
            return tensorflow

        monkeypatch.delitem(sys.modules, "tensorflow", raising=False)
        monkeypatch.delenv("TF_CPP_MIN_LOG_LEVEL", raising=False)
        monkeypatch.setattr(extras, "load", load)
        # Also where it is not.
        monkeypatch.setattr(extras, "has", lambda _: True)

    class tensorflow:  # noqa: N801
        class config:  # noqa: N801
            list_physical_devices = staticmethod(list)

    yield prepare
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")


def test_its_lines_are_dropped(loading, capfd):
    loading()
    quiet_tensorflow.load()
    os.write(2, b"later\n")
    assert capfd.readouterr().err == "later\n"
    # A training that is started from here has a log of its own, which shows why it dies.
    assert "TF_CPP_MIN_LOG_LEVEL" not in os.environ
    assert quiet_tensorflow.stderr() is None


def test_a_gpus_memory_is_left_to_others_unless_the_user_says_how(loading, monkeypatch):
    monkeypatch.delenv("TF_FORCE_GPU_ALLOW_GROWTH", raising=False)
    loading()
    quiet_tensorflow.load()
    assert os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] == "true"
    monkeypatch.setenv("TF_FORCE_GPU_ALLOW_GROWTH", "false")
    quiet_tensorflow.load()
    assert os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] == "false"


def test_what_another_thread_says_of_the_progress_meanwhile_is_shown(loading, monkeypatch, capfd):
    loading()
    noisy = extras.load

    def load(name):
        output.say("Loading TensorFlow: 0:04", err=True)
        return noisy(name)

    monkeypatch.setattr(extras, "load", load)
    quiet_tensorflow.load()
    output.say("Done.", err=True)
    assert capfd.readouterr().err == "Loading TensorFlow: 0:04\nDone.\n"


def test_its_lines_are_shown_where_it_fails(loading, capfd):
    loading(OSError("libtensorflow_cc.so: cannot allocate memory"))
    with pytest.raises(OSError, match="cannot allocate"):
        quiet_tensorflow.load()
    assert capfd.readouterr().err == NOISE.decode()


@pytest.mark.parametrize("there", ["level", "loaded", "absent"])
def test_nothing_is_loaded_where_it_is_there_or_is_not_to_be_had(there, loading, monkeypatch):
    loading(OSError("was loaded"))
    if there == "level":
        monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "3")
    elif there == "loaded":
        monkeypatch.setitem(sys.modules, "tensorflow", None)
    else:
        monkeypatch.setattr(extras, "has", lambda _: False)
    quiet_tensorflow.load()
    assert os.environ.get("TF_CPP_MIN_LOG_LEVEL") == ("3" if there == "level" else None)


def test_its_level_is_set_while_it_is_loaded(loading, monkeypatch):
    loading()
    noisy, levels = extras.load, []

    def load(name):
        levels.append(os.environ.get("TF_CPP_MIN_LOG_LEVEL"))
        return noisy(name)

    monkeypatch.setattr(extras, "load", load)
    quiet_tensorflow.load()
    assert levels == ["3"]


def test_whoever_sets_its_level_gets_its_lines(loading, monkeypatch):
    loading()
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    quiet_tensorflow.load()
    assert os.environ["TF_CPP_MIN_LOG_LEVEL"] == "0"
    assert quiet_tensorflow.stderr() is None
    assert "tensorflow" not in sys.modules


COMMAND = """
import sys
from ic_tf_sdk.cli import main

try:
    main()
finally:
    print(sorted({"keras", "tf_keras", "sklearn"} & set(sys.modules)))
"""


def test_a_prediction_writes_its_answer_and_nothing_else_and_imports_no_keras(
    tmp_path, tiny_dataset
):
    photo = next(tiny_dataset.test.rglob("*.png"))
    words = ["predict", MODEL_IDS[0], str(photo), "--json"]
    left_out = ("TF_CPP_MIN_LOG_LEVEL", "TF_USE_LEGACY_KERAS")
    environment = {k: v for k, v in os.environ.items() if k not in left_out}
    run = subprocess.run(
        [sys.executable, "-c", COMMAND, *words],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert str(photo) in run.stdout
    assert run.stdout.endswith("\n[]\n")


KERAS = """
import sys
from ic_tf_sdk.inference import quiet_tensorflow

quiet_tensorflow.load()
assert not {"keras", "tf_keras"} & set(sys.modules)
import tensorflow as tf
from tensorflow.keras import layers

print(layers.Dense is tf.keras.layers.Dense, layers.Dense.__module__.partition(".")[0])
"""


@pytest.mark.parametrize(("legacy", "keras"), [("1", "tf_keras"), ("0", "keras")])
def test_keras_is_there_for_who_asks_for_it_afterwards(legacy, keras):
    run = subprocess.run(
        [sys.executable, "-c", KERAS],
        env={**os.environ, "TF_USE_LEGACY_KERAS": legacy},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == f"True {keras}\n"


def test_keras_is_kept_from_the_thread_alone_that_loads(tmp_path, monkeypatch):
    for name in ("tf_keras", "another"):
        (tmp_path / f"{name}.py").touch()
        # What is imported here is forgotten afterwards.
        monkeypatch.setitem(sys.modules, name, None)
        del sys.modules[name]
    monkeypatch.syspath_prepend(tmp_path)
    # Other programs have finders, too, which come before Python's own.
    monkeypatch.setattr(sys, "meta_path", [PathFinder, *sys.meta_path])
    before = list(sys.meta_path)
    with quiet_tensorflow._without_keras(), ThreadPoolExecutor(1) as other:
        with pytest.raises(ImportError, match="tf_keras is imported when it is needed"):
            importlib.import_module("tf_keras")
        # It is there, for who only asks whether.
        assert importlib.util.find_spec("tf_keras").origin == str(tmp_path / "tf_keras.py")
        assert importlib.import_module("another").__file__ == str(tmp_path / "another.py")
        found = other.submit(importlib.import_module, "tf_keras").result()
        assert found.__file__ == str(tmp_path / "tf_keras.py")
    assert sys.meta_path == before
