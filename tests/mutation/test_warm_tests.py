"""The warm driver counts what tests notice, and nothing else; what it started ends with it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE = "LIMIT = 3\n\n\ndef is_small(number):\n    return number < LIMIT\n"
TESTS = """
import os
import pathlib
import time

from ic_tf_sdk.box import is_small

def test_small():
    assert is_small(2)
    assert not is_small(3)
"""
# A change whose tests are still running when the session is interrupted.
SLOW_TESTS = (
    TESTS.replace("not is_small(3)", "True")
    + """
    if is_small(5):
        pathlib.Path("number").write_text(str(os.getpid()))
        time.sleep(120)
"""
)
SESSION = """
import sys
from pathlib import Path
from types import SimpleNamespace
from tests.mutation import warm_tests
folder = Path(sys.argv[1])
source = (folder / "ic_tf_sdk" / "box.py").read_text()
changes = [SimpleNamespace(source=source.replace(*pair.split("->"))) for pair in sys.argv[2:]]
log = folder / "log"
print(sorted(warm_tests.noticed(folder, "box.py", ["test_box.py"], log, changes, seconds=100.0)))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "copy"
    (made / "ic_tf_sdk").mkdir(parents=True)
    (made / "ic_tf_sdk" / "__init__.py").touch()
    (made / "ic_tf_sdk" / "box.py").write_text(SOURCE)
    (made / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib -p no:anyio")
    (made / "test_box.py").write_text(TESTS)
    return made


def session(folder: Path, *pairs: str) -> "subprocess.Popen[str]":
    """A process that tries changes, which forks no process with this one's threads."""
    command = [sys.executable, "-c", SESSION, str(folder), *pairs]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_a_change_that_cannot_be_made_is_not_counted_as_noticed(folder: Path) -> None:
    with session(
        folder, "LIMIT = 3->LIMIT = missing", "number < LIMIT->number <= LIMIT", "< LIMIT->< 3"
    ) as process:
        said, _ = process.communicate()
    assert said == "[1]\n"
    assert "NameError: name 'missing' is not defined" in (folder / "log").read_text()


def test_an_interrupted_session_leaves_no_process_behind(folder: Path) -> None:
    (folder / "test_box.py").write_text(SLOW_TESTS)
    with session(folder, "LIMIT = 3->LIMIT = 9") as process:
        while not (number := folder / "number").exists() or not number.read_text():
            assert process.poll() is None
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        process.wait()
    assert process.returncode != 0
    with pytest.raises(ProcessLookupError):
        os.kill(int(number.read_text()), 0)
