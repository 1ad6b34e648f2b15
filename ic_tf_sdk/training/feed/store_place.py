"""Where the features lie that jobs share, and how many bytes they may take."""

import math
from collections.abc import Mapping
from pathlib import Path

from ic_tf_sdk._quoted import quoted
from ic_tf_sdk.errors import UserError

__all__ = ["MOST_BYTES", "SIZE_VARIABLE", "VARIABLE", "folder", "most_bytes"]

MOST_BYTES = 4_000_000_000
"""700,000 vectors of 1,280 features."""

VARIABLE = "IC_TF_SDK_FEATURE_CACHE"
"""Where a job looks: a folder, ``off``, or ``checkpoints``: in the folder of its checkpoints."""

SIZE_VARIABLE = "IC_TF_SDK_FEATURE_CACHE_GB"


def folder(environ: Mapping[str, str], checkpoints: Path | None = None) -> Path | None:
    """The folder that ``VARIABLE`` names; None where it is not set, or ``off``.

    Args:
        environ: The environment, usually ``os.environ``.
        checkpoints: The folder of a job's checkpoints.
    """
    chosen = environ.get(VARIABLE, "off")
    if chosen == "checkpoints" and checkpoints is not None:
        # There SageMaker keeps it for the next job of the same checkpoint location.
        return checkpoints / "features"
    return None if chosen in ("", "off") else Path(chosen)


def most_bytes(environ: Mapping[str, str]) -> int:
    """How large a store may become.

    Args:
        environ: The environment, usually ``os.environ``.

    Raises:
        UserError: ``SIZE_VARIABLE`` is no number of gigabytes.
    """
    text = environ.get(SIZE_VARIABLE) or f"{MOST_BYTES / 1e9}"
    try:
        size = float(text)
    except ValueError:
        size = math.nan
    if not 0 < size < math.inf:
        raise UserError(f"{SIZE_VARIABLE} is a number of gigabytes above 0, not {quoted(text)}.")
    return int(size * 1e9)
