"""A training has the allocator's settings from its start, where nobody chose others."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ic_tf_sdk.contract import memory_allocator
from ic_tf_sdk.contract.memory_allocator import OFF, SWITCH, restart, variables

HEAP = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "17179869184",
    "MALLOC_TOP_PAD_": "268435456",
}

SCRIPT = """
import json, os, sys
from pathlib import Path
from ic_tf_sdk.contract import memory_allocator
with Path(sys.argv[1]).open("a") as starts:
    starts.write(f"{os.getpid()}\\n")
memory_allocator.restart()
print(json.dumps({"environment": dict(os.environ), "arguments": sys.argv[1:]}))
"""


@pytest.mark.parametrize("libc", ["glibc 2.36", "glibc 2.17"])
def test_glibc_gets_one_heap(libc: str) -> None:
    environment = {"HOME": "/", "GLIBC_TUNABLES": "glibc.cpu.x86_ibt=off"}
    assert variables(environment, libc=libc) == HEAP


@pytest.mark.parametrize(
    "environment",
    [
        {SWITCH: OFF},
        {"MALLOC_ARENA_MAX": "4"},
        {"MALLOC_CONF": "x"},
        {"GLIBC_TUNABLES": "glibc.malloc.tcache_count=3"},
        {"LD_PRELOAD": "libtcmalloc.so"},
    ],
    ids=lambda one: next(iter(one)),
)
def test_what_the_user_chose_stays(environment: dict[str, str]) -> None:
    assert variables(environment, libc="glibc 2.36") == {}


@pytest.mark.parametrize("libc", ["", "musl 1.2.5", "glibc", "glibc stable"])
def test_other_c_libraries_are_left_alone(libc: str) -> None:
    assert variables({}, libc=libc) == {}


def run(tmp_path: Path, environment: dict[str, str]) -> tuple[dict[str, str], list[str]]:
    script, starts = tmp_path / "script.py", tmp_path / "starts"
    script.write_text(SCRIPT)
    command = [sys.executable, "-W", "error", str(script), str(starts), "--epochs", "a b"]
    done = subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True, timeout=60
    )
    found = json.loads(done.stdout)
    assert found["arguments"] == [str(starts), "--epochs", "a b"]
    return found["environment"], starts.read_text().split()


def plain() -> dict[str, str]:
    """This process's environment, without what would choose."""
    chosen = ("MALLOC_", "GLIBC_", "LD_PRELOAD", SWITCH)
    return {name: value for name, value in os.environ.items() if not name.startswith(chosen)}


def test_a_process_starts_anew_once_and_stays_the_same_process(tmp_path: Path) -> None:
    environment = plain()
    expected = variables(environment)
    if not expected:
        pytest.skip("the C library of this machine is not glibc")
    found, starts = run(tmp_path, environment)
    assert found.items() >= expected.items()
    assert len(starts) == 2
    assert len(set(starts)) == 1


def test_a_process_whose_user_chose_does_not_start_anew(tmp_path: Path) -> None:
    found, starts = run(tmp_path, {**plain(), SWITCH: OFF})
    assert "MALLOC_ARENA_MAX" not in found
    assert len(starts) == 1


def test_a_process_that_cannot_start_anew_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory_allocator, "variables", lambda _: HEAP)
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    before = dict(os.environ)
    restart()
    assert dict(os.environ) == before


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, list[str], dict[str, str]]]:
    """What would be started in this process's place."""
    calls: list[tuple[str, list[str], dict[str, str]]] = []
    monkeypatch.setattr(os, "execve", lambda *given: calls.append(given))
    return calls


def test_the_same_command_starts_anew_with_what_is_added(
    started: list[tuple[str, list[str], dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_allocator, "variables", lambda _: HEAP)
    monkeypatch.setattr(sys, "orig_argv", ["python", "-W", "error", "job.py"])
    restart()
    command = [sys.executable, "-W", "error", "job.py"]
    assert started == [(sys.executable, command, {**os.environ, **HEAP})]


@pytest.mark.parametrize(("added", "python"), [({}, "/usr/bin/python"), (HEAP, "")])
def test_nothing_starts_anew_where_nothing_is_added_or_python_is_not_known(
    added: dict[str, str],
    python: str,
    started: list[tuple[str, list[str], dict[str, str]]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(memory_allocator, "variables", lambda _: added)
    monkeypatch.setattr(sys, "executable", python)
    restart()
    assert started == []


@pytest.mark.parametrize(
    ("answer", "known"), [("glibc 2.36", True), (None, False), (ValueError(), False)]
)
def test_the_system_is_asked_for_its_c_library(
    answer: str | Exception | None,
    known: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def confstr(name: str) -> str | None:
        assert name == "CS_GNU_LIBC_VERSION"
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(os, "confstr", confstr, raising=False)
    assert bool(variables({})) is known
