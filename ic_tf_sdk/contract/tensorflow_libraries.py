"""TensorFlow's libraries, opened by the system while Python goes on."""

import ctypes
import importlib
import importlib.util
import os
import threading
import warnings
from contextlib import suppress
from pathlib import Path

__all__ = ["open_all", "open_while_importing"]

# In their order: the second needs the first.
_LIBRARIES = ("libtensorflow_framework.*", "libtensorflow_cc.*")
# Of what TensorFlow and TF Hub import and needs neither, what takes the longest.
_BESIDE = ("numpy", "wrapt", "absl.logging", "requests", "h5py", "PIL.Image", "pkg_resources")


def open_all() -> None:
    """Let the system open TensorFlow's libraries, a gigabyte, while other threads go on.

    An import holds all of them up meanwhile, for half a second at best, and for many where the disk
    is slow or the machine busy: nobody could say then how far the command is. Who imports them
    afterwards finds them open. What cannot be done here the import does.
    """
    with suppress(AttributeError, ImportError, OSError, TypeError, ValueError):
        found = importlib.util.find_spec("tensorflow")
        folders = found.submodule_search_locations if found else None
        # Unlike Python's own way to open a library, a call of a C function gives up the lock.
        dlopen = ctypes.CDLL(None).dlopen
        dlopen.argtypes, dlopen.restype = [ctypes.c_char_p, ctypes.c_int], ctypes.c_void_p
        for name in _LIBRARIES:
            for path in sorted(path for one in folders or () for path in Path(one).glob(name)):
                dlopen(os.fsencode(path), os.RTLD_NOW)


def open_while_importing(*names: str) -> None:
    """The same, while this thread imports what TensorFlow and TF Hub import and needs neither.

    The libraries read the environment as they are opened: whatever is to be set is set before.

    Args:
        names: Modules that the process needs later and that need no TensorFlow.
    """
    thread = threading.Thread(target=open_all, daemon=True)
    thread.start()
    with warnings.catch_warnings():
        # tensorflow_hub 0.16.1, its last release, still imports pkg_resources, which warns.
        warnings.simplefilter("ignore")
        for name in (*_BESIDE, *names):
            # Which of them are installed goes by TensorFlow's version, and a broken one concerns
            # who needs it.
            with suppress(Exception):
                importlib.import_module(name)
    thread.join()
