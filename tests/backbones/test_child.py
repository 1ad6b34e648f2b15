"""A function called in a process of its own, which leaves nothing wherever it ends."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from ic_tf_sdk.backbones import child
from ic_tf_sdk.contract import scratch_folder
from ic_tf_sdk.errors import JobFailedError

CALLER = """
from ic_tf_sdk.backbones import child
child.call("tests.backbones.test_child:wait")
"""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    # The child imports nothing of the current folder: it finds this module where it is told.
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    return folder


def wait() -> None:
    """In the child: leave a file, as TensorFlow does, and wait."""
    descriptor, _ = tempfile.mkstemp("__autograph_generated_file")
    os.write(descriptor, str(os.getpid()).encode())
    time.sleep(600)


def die() -> None:
    """In the child: leave a file and be killed."""
    tempfile.mkstemp("__autograph_generated_file")
    os.kill(os.getpid(), signal.SIGKILL)


def test_it_returns_what_the_function_returns_and_imports_nothing_of_the_current_folder(
    temporary: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise RuntimeError('not this one')")
    monkeypatch.chdir(tmp_path)
    own = Path(child.call("tempfile:gettempdir"))
    assert temporary in own.parents
    assert list(temporary.iterdir()) == []


def test_a_killed_child_is_told_and_leaves_nothing(temporary: Path) -> None:
    with pytest.raises(JobFailedError, match="ended with exit code -9"):
        child.call(f"{__name__}:die")
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("both", [True, False], ids=["both", "the caller"])
def test_of_killed_ones_nothing_stays_after_the_next_start(temporary: Path, both: bool) -> None:
    caller = subprocess.Popen([sys.executable, "-c", CALLER])
    while not (files := [p for p in temporary.rglob("*autograph*") if p.read_text()]):
        assert caller.poll() is None
        time.sleep(0.05)
    called = int(files[0].read_text())
    # However long it takes to end: its folder may go before it.
    os.kill(called, signal.SIGKILL if both else signal.SIGSTOP)
    caller.kill()
    caller.wait()
    assert list(temporary.iterdir()) != []
    scratch_folder.sweep()
    assert list(temporary.iterdir()) == []
    if not both:
        os.kill(called, signal.SIGKILL)
