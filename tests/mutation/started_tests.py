"""Tests in a process of its own, of an environment with TensorFlow, whose threads outlive no fork.

It takes TensorFlow's start for each change, so that a sample is all that can be tried.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.mutation.forked_tests import OPTIONS, Outcome, set_hypothesis

__all__ = ["run"]


def run(
    python: Path,
    folder: Path,
    tests: Sequence[str],
    log: Path,
    *,
    seconds: float,
    keep: bool,
    likely: Sequence[str] = (),
) -> Outcome:
    """Run tests in a process of another environment.

    Args:
        python: That environment's.
        folder: The copy of the project that is tested.
        tests: pytest's names of files or tests, relative to it.
        log: The file for what they print.
        seconds: When to end them; they then count as failed.
        keep: Whether Python may keep compiled modules for the next run.
        likely: Not used: TensorFlow's start takes longer than the tests.
    """
    environ = {**os.environ, "PYTHONPATH": str(folder)}
    environ |= {} if keep else {"PYTHONDONTWRITEBYTECODE": "1"}
    command = [str(python), "-m", __name__, *tests]
    started = time.monotonic()
    with (
        log.open("wb") as stream,
        subprocess.Popen(
            command, cwd=folder, env=environ, stdout=stream, stderr=stream, start_new_session=True
        ) as process,
    ):
        try:
            code = process.wait(seconds)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            code = -1
    return Outcome(code, time.monotonic() - started)


if __name__ == "__main__":
    set_hypothesis()
    sys.exit(int(pytest.main([*OPTIONS, *sys.argv[1:]])))
