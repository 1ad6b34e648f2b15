"""TensorFlow, loaded without the lines that it writes to a terminal by itself.

They speak of drivers that a machine without a GPU has no use for, one of them as a failure, and
stand before every answer. ``TF_CPP_MIN_LOG_LEVEL`` alone does not reach those that are written
while the library is loaded, so that the file descriptor is turned away meanwhile. Whoever sets
that variable gets every line that it asks for.
"""

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import IO, Any

from ic_tf_sdk import extras
from ic_tf_sdk.contract import gpu_memory, tensorflow_libraries

__all__ = ["load", "stderr"]

_LEVEL = "TF_CPP_MIN_LOG_LEVEL"
# Of TensorFlow's C++ lines only those with which the process ends. Errors reach Python as such.
_FATAL = "3"
_STDERR = 2
_KERAS = ("keras", "tf_keras")
_aside: list[int] = []


def stderr() -> int | None:
    """Where file descriptor 2 leads while it is turned away; None while it is not.

    What another thread says meanwhile of how far the command is goes there.
    """
    return _aside[-1] if _aside else None


def load() -> None:
    """Load TensorFlow and let it look for devices; what it says is dropped, unless it fails.

    Of a GPU's memory it takes what it needs, and leaves the rest to others.
    Where it is not installed nothing happens: the command knows which extra it needs.
    """
    os.environ.update(gpu_memory.variables(os.environ))
    if _LEVEL in os.environ or "tensorflow" in sys.modules or not extras.has("tensorflow"):
        return
    os.environ[_LEVEL] = _FATAL
    try:
        with _stderr_aside():
            tensorflow_libraries.open_while_importing()
            with _without_keras():
                tensorflow = extras.load("tensorflow")
            # The first look at the devices speaks of the driver.
            tensorflow.config.list_physical_devices()
    finally:
        # The library has read it. A training that is started from here says why it dies.
        os.environ.pop(_LEVEL, None)


class _Keras(MetaPathFinder, Loader):
    """Finds Keras, and does not import it: what TensorFlow asks for in vain at its own import."""

    def __init__(self) -> None:
        # All threads ask all finders, and another may want Keras itself meanwhile.
        self._thread = threading.get_ident()

    def find_spec(self, name: str, path: Any, target: Any = None) -> ModuleSpec | None:
        asked = name in _KERAS and threading.get_ident() == self._thread
        spec = PathFinder.find_spec(name, path, target) if asked else None
        if spec is not None:
            spec.loader = self
        return spec

    def exec_module(self, module: ModuleType) -> None:
        raise ImportError(f"{module.__name__} is imported when it is needed.")


@contextmanager
def _without_keras() -> Iterator[None]:
    """Let TensorFlow not import Keras for its optimizers; ``tf.keras`` imports it as ever.

    A fifth of the time of TensorFlow's import, and no answer needs it.
    """
    finder = _Keras()
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


@contextmanager
def _stderr_aside() -> Iterator[None]:
    """File descriptor 2 into a file meanwhile; it is shown after all where something fails."""
    sys.stderr.flush()
    shown = os.dup(_STDERR)
    _aside.append(shown)
    try:
        with tempfile.TemporaryFile() as aside:
            os.dup2(aside.fileno(), _STDERR)
            try:
                yield
            except BaseException:
                os.dup2(shown, _STDERR)
                _show(aside)
                raise
            finally:
                sys.stderr.flush()
                os.dup2(shown, _STDERR)
    finally:
        _aside.remove(shown)
        os.close(shown)


def _show(aside: IO[bytes]) -> None:
    aside.seek(0)
    sys.stderr.write(aside.read().decode(errors="replace"))
