"""The entry point's own doing: what a job imports."""

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from ic_tf_sdk.training.transfer_learning import _without

JOB = """
import gc
import sys
from ic_tf_sdk.training.transfer_learning import _UNUSED, _collecting_nothing, _without
before = gc.get_stats()[0]["collections"]
with _without(*_UNUSED), _collecting_nothing():
    from ic_tf_sdk.training import job
print(gc.get_stats()[0]["collections"] - before, gc.isenabled(), gc.get_freeze_count() > 100_000)
with _collecting_nothing():
    print(gc.isenabled())
print([name for name in _UNUSED if name in sys.modules])
import scipy.sparse
print(scipy.sparse.eye(2).sum())
"""


def test_a_job_imports_no_library_that_it_does_not_use_and_looks_for_no_garbage() -> None:
    pytest.importorskip("scipy")
    done = subprocess.run(
        [sys.executable, "-c", JOB], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.splitlines() == ["0 True True", "True", "[]", "2.0"]


def test_what_was_imported_before_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    import json

    monkeypatch.delitem(sys.modules, "this", raising=False)
    with _without("json", "this"):
        import json as again

        with pytest.raises(ImportError):
            import this  # noqa: F401
    assert again is json
    assert "this" not in sys.modules


LOGGING = """
import logging
from ic_tf_sdk.contract import metric_lines
from ic_tf_sdk.training.transfer_learning import main
logging.basicConfig()
main([])
logging.basicConfig(force=True)
metric_lines.log("Epoch 1/2 - loss: 0.5")
"""


def test_a_line_is_printed_once_whatever_another_library_does_to_the_root_logger() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOGGING], capture_output=True, text=True, check=True, timeout=120
    )
    assert (done.stdout + done.stderr).count("Epoch 1/2") == 1
    assert "Epoch 1/2 - loss: 0.5" in done.stdout.splitlines()


PLANNED = """
import sys
from ic_tf_sdk.training import transfer_learning, environment, plan
plan.make(environment.read(sys.argv[1:], {}))
print("numpy" in sys.modules)
"""


def test_numpy_is_not_loaded_before_its_threads_are_set(
    tmp_path: Path, tiny_dataset: SimpleNamespace, tiny_archive: Path
) -> None:
    """OPENBLAS_NUM_THREADS is read when numpy is loaded, and never again."""
    flags = [f"--{name}={tmp_path / name}" for name in ("model_dir", "output_data_dir")]
    flags += [f"--training={tiny_dataset.training}", f"--model={tiny_archive}", "--preset=quick"]
    command = [sys.executable, "-c", PLANNED, *flags, f"--checkpoint_dir={tmp_path / 'kept'}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout.splitlines()[-1] == "False"


LEAVING = """
import atexit, sys
from ic_tf_sdk.training.transfer_learning import leave

class Large:
    def __del__(self):
        print("taken apart")

kept = Large()
atexit.register(print, "goodbye")
print("result")
print("reason", file=sys.stderr)
leave(3)
"""


def test_a_jobleaves_with_its_code_when_all_is_said_and_takes_nothing_apart() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LEAVING], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert done.stdout.splitlines() == ["result", "goodbye"]
    assert done.stderr == "reason\n"
