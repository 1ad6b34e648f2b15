"""TensorFlow's libraries are open before it is imported, and nobody waits for them in vain."""

import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from ic_tf_sdk.contract import tensorflow_libraries


@pytest.mark.skipif(
    not Path("/proc/self/maps").exists(), reason="reads which libraries are open off /proc"
)
def test_each_of_its_libraries_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # A library of Python's own in their place.
    library = importlib.util.find_spec("_ctypes").origin
    names = ["libtensorflow_framework.so.2", "libtensorflow_cc.so.2"]
    for name in names:
        shutil.copyfile(library, tmp_path / name)
    found = SimpleNamespace(submodule_search_locations=[str(tmp_path)])
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: found)
    tensorflow_libraries.open_all()
    maps = Path("/proc/self/maps").read_text()
    assert [str(tmp_path / name) in maps for name in names] == [True, True]
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    tensorflow_libraries.open_all()


OPENING = """
import sys, threading, time
from ic_tf_sdk.contract import tensorflow_libraries

seen, over = [], threading.Event()

def look():
    while not over.wait(0.002):
        seen.append(time.monotonic())

thread = threading.Thread(target=look)
thread.start()
time.sleep(0.05)
begun = time.monotonic()
tensorflow_libraries.open_all()
ended = time.monotonic()
over.set()
thread.join()
assert "tensorflow" not in sys.modules
with open("/proc/self/maps") as maps:
    print("libtensorflow_cc" in maps.read())
print(sum(begun < one < ended for one in seen))
"""


@pytest.mark.skipif(
    not Path("/proc/self/maps").exists(), reason="reads which libraries are open off /proc"
)
def test_other_threads_go_on_while_its_libraries_are_opened() -> None:
    pytest.importorskip("tensorflow")
    command = [sys.executable, "-c", OPENING]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    opened, looks = done.stdout.split()
    assert opened == "True"
    # Python's own way to open them lets nobody look.
    assert int(looks) >= 3


TOGETHER = """
import sys, threading
from ic_tf_sdk.contract import tensorflow_libraries

imported = threading.Event()
open_all = tensorflow_libraries.open_all

def opened():
    # It ends when all else is there, so that this waits for no lock.
    assert imported.wait(30)
    open_all()

class Last:
    def find_spec(self, name, path, target=None):
        if name == "last_of_all":
            imported.set()

sys.meta_path.append(Last())
tensorflow_libraries.open_all = opened
tensorflow_libraries.open_while_importing("csv", "last_of_all")
with open("/proc/self/maps") as maps:
    print("libtensorflow_cc" in maps.read())
print([name for name in ("numpy", "pkg_resources", "csv", "tensorflow") if name in sys.modules])
"""


@pytest.mark.skipif(
    not Path("/proc/self/maps").exists(), reason="reads which libraries are open off /proc"
)
def test_what_needs_no_tensorflow_is_imported_while_they_are_opened() -> None:
    pytest.importorskip("tensorflow")
    command = [sys.executable, "-W", "error", "-c", TOGETHER]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.splitlines() == ["True", str(["numpy", "pkg_resources", "csv"])]


def test_what_the_process_needs_later_is_imported_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tensorflow_libraries, "open_all", lambda: None)
    monkeypatch.delitem(sys.modules, "colorsys", raising=False)
    (tmp_path / "built_for_another.py").write_text("raise ValueError('numpy.dtype size changed')")
    monkeypatch.syspath_prepend(tmp_path)
    # One that is not installed, or is broken, is left to who needs it.
    tensorflow_libraries.open_while_importing("no_such_module", "built_for_another", "colorsys")
    assert "colorsys" in sys.modules


ENDING = """
import sys, time
from ic_tf_sdk.contract import tensorflow_libraries

class Ends:
    def find_spec(self, name, path, target=None):
        if name == "the_end":
            sys.exit(5)

sys.meta_path.append(Ends())
# A disk that does not answer.
tensorflow_libraries.open_all = lambda: time.sleep(300)
tensorflow_libraries.open_while_importing("the_end")
"""


def test_a_process_that_ends_meanwhile_does_not_wait_for_them() -> None:
    done = subprocess.run([sys.executable, "-c", ENDING], check=False, timeout=60)
    assert done.returncode == 5
