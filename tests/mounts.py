"""A command that sees a small or a read-only disk, which is gone when it ends."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

__all__ = ["with_disk"]

# What is left is listed where the command can no longer change it.
_SHELL = 'mount -t tmpfs -o "$1" none "$2" || exit 99; disk=$2; shift 2; "$@"; code=$?; '
_SHELL += 'echo "left: $(ls -A "$disk")"; exit $code'
_NO_MOUNT = 99


def with_disk(
    folder: Path, options: str, command: Sequence[object], **environment: str
) -> "subprocess.CompletedProcess[str]":
    """Run a command with a disk of its own in memory at an empty folder.

    Args:
        folder: The folder; for everybody else it stays as it is.
        options: Of the mount: ``size=64k``, ``ro``.
        command: The command line.
        environment: Its variables, all of them where any is given.

    Returns:
        How it ended; the last line of its output is ``left:`` with the names on the disk.
    """
    if shutil.which("unshare") is None:
        pytest.skip("needs unshare of util-linux")
    words = ["unshare", "-rm", "sh", "-c", _SHELL, "sh", options, str(folder), *map(str, command)]
    done = subprocess.run(
        words, capture_output=True, text=True, check=False, timeout=300, env=environment or None
    )
    if done.returncode in (1, _NO_MOUNT) and "left:" not in done.stdout:
        pytest.skip(f"no disk can be mounted here: {done.stderr}")
    return done
