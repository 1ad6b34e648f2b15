"""The entry point's own doing: what a job imports."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import ic_tf_sdk
from ic_tf_sdk.content import entry_point
from ic_tf_sdk.contract import memory_allocator
from ic_tf_sdk.training.transfer_learning import _without

ROOT = str(Path(ic_tf_sdk.__file__).parents[1])

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


STARTED = """
import os
class Large:
    def __del__(self):
        print("taken apart", flush=True)
kept = Large()
with open(os.environ["STARTS"], "a") as starts:
    starts.write(f"{os.getpid()} {os.environ.get('MALLOC_ARENA_MAX')}\\n")
"""


@pytest.mark.parametrize("place", ["package", "archive"])
def test_a_job_of_any_command_line_starts_with_the_allocators_settings_and_leaves_at_once(
    place: str, tmp_path: Path
) -> None:
    """As ``python -m`` starts it, and the container's toolkit, which runs the archive's script."""
    own = {"STARTS": str(tmp_path / "starts"), "PYTHONPATH": os.pathsep.join([str(tmp_path), ROOT])}
    own["SM_OUTPUT_DATA_DIR"] = str(tmp_path / "output" / "data")
    chosen = ("MALLOC_", "GLIBC_", "LD_PRELOAD", "SM_", memory_allocator.SWITCH)
    found = {name: text for name, text in os.environ.items() if not name.startswith(chosen)}
    settings = memory_allocator.variables(found)
    if not settings:
        pytest.skip("the C library of this machine is not glibc")
    (tmp_path / "sitecustomize.py").write_text(STARTED)
    script = tmp_path / "transfer_learning.py"
    script.write_bytes(Path(entry_point.__file__).read_bytes())
    words = {"package": ["-m", "ic_tf_sdk.training.transfer_learning"], "archive": [str(script)]}
    done = subprocess.run(
        [sys.executable, *words[place]],
        env={**found, **own}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    # It is refused for want of images, as the same process that was started.
    assert done.returncode == 1
    assert done.stderr == f"Error: {(tmp_path / 'output' / 'failure').read_text()}\n"
    first, second = [line.split() for line in (tmp_path / "starts").read_text().splitlines()]
    assert (first[1], second[1]) == ("None", settings["MALLOC_ARENA_MAX"])
    assert first[0] == second[0]
    assert "taken apart" not in done.stdout
