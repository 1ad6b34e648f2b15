"""Modules that TensorFlow Hub has downloaded on this machine, by their address."""

import hashlib
import os
import tempfile
from pathlib import Path

__all__ = ["CACHE_VARIABLE", "downloaded"]

CACHE_VARIABLE = "TFHUB_CACHE_DIR"


def downloaded(handle: str) -> Path | None:
    """The folder of a module's SavedModel; None where TensorFlow Hub has not downloaded it.

    Args:
        handle: A TF Hub URL.
    """
    folder = _cache()
    # As tensorflow_hub names it.
    module = folder / hashlib.sha1(handle.encode(), usedforsecurity=False).hexdigest()
    return module if (module / "saved_model.pb").is_file() else None


def _cache() -> Path:
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen)
    # Where everybody may make a folder, and loading a model runs its graph: only one's own counts.
    default = Path(tempfile.gettempdir()) / "tfhub_modules"
    own = default.is_dir() and default.stat().st_uid == os.getuid()
    return default if own else Path(os.devnull)
