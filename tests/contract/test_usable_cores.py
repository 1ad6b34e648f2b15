"""A process counts the cores that it may use, not those of the machine."""

import os
import subprocess
import sys

import pytest

from ic_tf_sdk.contract.usable_cores import usable_cores


@pytest.mark.skipif(sys.platform != "linux", reason="the system says no more of it")
def test_they_are_those_that_the_system_gives_this_process() -> None:
    some = min(os.sched_getaffinity(0))
    code = (
        f"import os; os.sched_setaffinity(0, [{some}]); "
        "from ic_tf_sdk.contract.usable_cores import usable_cores; print(usable_cores())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"


@pytest.mark.parametrize(("counted", "expected"), [(12, 12), (None, 1)])
def test_elsewhere_they_are_the_machines(
    counted: int | None, expected: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(os, "cpu_count", lambda: counted)
    assert usable_cores() == expected
