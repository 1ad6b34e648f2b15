"""An archive that is written complete or not at all, and a full disk that is one sentence."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ic_tf_sdk.contract import output_files
from ic_tf_sdk.errors import StorageError

__all__ = ["writing"]


@contextmanager
def writing(target: Path) -> Iterator[Path]:
    """Write an archive; see ``output_files.replacing``.

    Args:
        target: The archive; its folder is created where it is missing.

    Yields:
        The path to write to. Its folder is for this call alone and is removed afterwards.

    Raises:
        StorageError: Writing failed, as on a full disk.
    """
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with output_files.replacing(target) as path:
            yield path
    except OSError as error:
        if isinstance(error, StorageError):
            raise
        # copytree collects its errors as (source, target, reason).
        last = error.args[0][-1][-1] if isinstance(error, shutil.Error) else error
        raise StorageError(
            f"{target} cannot be written: {last}. Nothing was left there; free some space or "
            "choose another folder, and run it again."
        ) from error
