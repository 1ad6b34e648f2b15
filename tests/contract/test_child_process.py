"""A child of this process: what it holds, how it is spoken to, and what reaches it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ic_tf_sdk.contract import child_process

SAID = """
import os, sys
def main():
    with os.fdopen(int(sys.argv[1])) as held:
        print(os.getsid(0), held.read(), "\u00fc", flush=True)
    return 4
"""


@pytest.mark.skipif(sys.platform == "win32", reason="sessions are POSIX's")
def test_a_child_is_in_a_session_of_its_own_holds_what_it_is_given_and_writes_text(
    tmp_path: Path,
) -> None:
    (tmp_path / "said.py").write_text(SAID)
    (tmp_path / "lock").write_text("held")
    descriptor = os.open(tmp_path / "lock", os.O_RDONLY)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONIOENCODING": "utf-8"}
    with child_process.start(
        "said",
        [str(descriptor)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        environment=environment,
        held=[descriptor],
    ) as process:
        os.close(descriptor)
        assert process.stdout is not None
        # The session is named by its first process.
        assert process.stdout.read().split() == [str(process.pid), "held", "\u00fc"]
    assert process.returncode == 4
