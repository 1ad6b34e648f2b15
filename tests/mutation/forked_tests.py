"""Tests in a forked child of a process that has imported what they need: no start costs twice."""

import gc
import importlib
import os
import resource
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from _pytest.config import default_plugins

from tests.mutation.likely_first import LikelyFirst

__all__ = ["OPTIONS", "Outcome", "end", "enter", "prepare", "run", "set_hypothesis"]

# Neither this package, which is changed, nor what starts threads.
_PRELOADED = (
    "numpy", "PIL.Image", "PIL.ImageDraw", "pydantic", "boto3", "botocore", "click",
    "rich.console", "moto", "sagemaker.estimator", "sagemaker.jumpstart.estimator",
    "sagemaker.tuner",
)  # fmt: skip
OPTIONS = (
    "-x", "-q", "-p", "no:cacheprovider", "--hypothesis-seed=0", "-m", "not slow",
    "--hypothesis-profile=mutation",
    # Of hypothesis, which is there already.
    "-W", "ignore::pytest.PytestAssertRewriteWarning",
)  # fmt: skip
# A loop that a change lets run for ever fills no more than this before its time is over.
_MOST_MEMORY = 6 << 30
_FRAMEWORKS = frozenset({"tensorflow", "tf_keras", "tensorflow_hub"})


@dataclass(frozen=True)
class Outcome:
    """How the tests ended.

    Attributes:
        code: pytest's exit code; -1 where the time was over, other negative ones a signal's.
        seconds: How long they took.
        failed: The node id of the test that failed; None where none did, or pytest itself.
    """

    code: int
    seconds: float
    failed: str | None = None


class _Skipping:
    """A finder by which a test that would import TensorFlow is skipped."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name in _FRAMEWORKS else None

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: Any) -> None:
        pytest.skip("the mutation session runs without TensorFlow", allow_module_level=True)


def prepare() -> None:
    """Import what the tests of every module need."""
    for name in (*_PRELOADED, *(f"_pytest.{plugin}" for plugin in default_plugins)):
        importlib.import_module(name)
    # pytest collects garbage twice a run; what is here already need not be looked through.
    gc.collect()
    gc.freeze()


def run(
    folder: Path,
    tests: Sequence[str],
    log: Path,
    *,
    seconds: float,
    keep: bool,
    likely: Sequence[str] = (),
) -> Outcome:
    """Run tests in a child process.

    Args:
        folder: The copy of the project that is tested.
        tests: pytest's names of files or tests, relative to it.
        log: The file for what they print.
        seconds: When to end them; they then count as failed.
        keep: Whether Python may keep compiled modules for the next run.
        likely: Node ids of tests that run before the others.
    """
    started = time.monotonic()
    failed = log.with_suffix(".failed")
    failed.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        _in_child(folder, tests, log, LikelyFirst(list(likely), failed), keep=keep)
    try:
        while (elapsed := time.monotonic() - started) < seconds:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                name = failed.read_text(encoding="utf-8") if failed.exists() else None
                return Outcome(os.waitstatus_to_exitcode(status), elapsed, name)
            time.sleep(0.02)
    except BaseException:
        end(child)
        raise
    end(child)
    return Outcome(-1, elapsed)


def end(child: int) -> None:
    """End a child, and what its tests started.

    Args:
        child: Its number; it leads a session of its own.
    """
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)


def set_hypothesis() -> None:
    """The profile of OPTIONS: one input that fails is enough, and slowness is by others' load."""
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
    hypothesis.settings.register_profile("mutation", phases=phases, database=None, deadline=None)


def enter(folder: Path, log: Path) -> None:
    """In a child: be where the tests are run, and where what they start is found.

    Args:
        folder: The copy of the project.
        log: The file for what they print.
    """
    # What the tests start is of the same group, and ends with it.
    os.setsid()
    # The session's own handler is none that a test reckons with.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    with log.open("wb") as stream:
        for number in (1, 2):
            os.dup2(stream.fileno(), number)
    set_hypothesis()
    sys.meta_path.insert(0, _Skipping())
    sys.path.insert(0, str(folder))
    os.environ["PYTHONPATH"] = str(folder)
    os.chdir(folder)


def _in_child(
    folder: Path, tests: Sequence[str], log: Path, order: LikelyFirst, *, keep: bool
) -> None:
    code = 3
    try:
        enter(folder, log)
        sys.dont_write_bytecode = not keep
        code = int(pytest.main([*OPTIONS, *tests], plugins=[order]))
    finally:
        os._exit(code)
