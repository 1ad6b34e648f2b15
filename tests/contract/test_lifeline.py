"""A child runs a module's main, and ends with its code in the way that the module says."""

import subprocess
import sys

import pytest

RUNNING = """
import os, sys, types
made = sys.modules["made"] = types.ModuleType("made")
made.main = lambda: 3
if sys.argv[1] == "own":
    made.leave = lambda code: (print("left", code, flush=True), os._exit(code))
from ic_tf_sdk.contract import lifeline
lifeline.run("made")
"""


@pytest.mark.parametrize(("way", "said"), [("own", "left 3\n"), ("python's", "")])
def test_the_code_is_mains_and_the_way_the_modules(way: str, said: str) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", RUNNING, way],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.wait(60) == 3
    assert child.stdout.read() == said
    for pipe in (child.stdin, child.stdout):
        assert pipe is not None
        pipe.close()
