"""Tests in forked children of a process that has collected them: a change costs no start at all.

Each child puts one change into the module as it was loaded, see ``code_swap``, and runs the tests
up to the first that fails. What is not noticed so is tried once more by ``forked_tests``: a test
may look at what was made when the module was loaded. So is what could not be put into it, which
says nothing about the tests.
"""

import gc
import importlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.mutation.code_swap import functions_of, swap
from tests.mutation.forked_tests import OPTIONS, end, enter

if TYPE_CHECKING:
    # With Cosmic Ray, which is not where this is tested.
    from tests.mutation.changes import Change

__all__ = ["noticed"]

# The exit code of a child that could not put its change into the module.
_NOT_PUT = 86
# How long the process that has collected the tests may take to end the one that runs them.
_SECONDS_TO_END = 5.0


def noticed(
    folder: Path,
    module: str,
    tests: Sequence[str],
    log: Path,
    changes: "Sequence[Change]",
    *,
    seconds: float,
) -> set[int]:
    """Which changes the tests notice; of those that are not among them nothing is known.

    Args:
        folder: The copy of the project that is tested.
        module: Its path within the package.
        tests: pytest's names of files or tests, relative to the folder.
        log: The file for what they print.
        changes: What to try.
        seconds: When to end the tests of a change; they then count as failed.
    """
    found = log.with_suffix(".noticed")
    found.write_text("")
    child = os.fork()
    if child == 0:
        trial = _Trial(folder, module, changes, found, seconds)
        try:
            enter(folder, log)
            signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
            options = [one for one in OPTIONS if one != "-x"]
            # Each child makes it anew.
            options.append(f"--basetemp={folder.with_name(f'{folder.name}-tests')}")
            pytest.main([*options, *tests], plugins=[trial])
        finally:
            os._exit(0)
    try:
        os.waitpid(child, 0)
    except BaseException:
        _end_both(child)
        raise
    return set(map(int, found.read_text().split()))


def _end_both(child: int) -> None:
    """End the process that has collected the tests, and before it the one that runs them."""
    os.kill(child, signal.SIGTERM)
    until = time.monotonic() + _SECONDS_TO_END
    while time.monotonic() < until:
        if os.waitpid(child, os.WNOHANG)[0]:
            return
        time.sleep(0.02)
    end(child)


class _Trial:
    """A plugin of pytest that runs the collected tests once for each change.

    Args:
        folder: The copy of the project.
        module: Its path within the package.
        changes: What to try.
        found: The file for the places of those that are noticed.
        seconds: When to end the tests of one.
    """

    def __init__(
        self, folder: Path, module: str, changes: "Sequence[Change]", found: Path, seconds: float
    ) -> None:
        self._path = folder / "ic_tf_sdk" / module
        self._name = f"ic_tf_sdk/{module}".removesuffix(".py").removesuffix("/__init__")
        self._changes, self._found, self._seconds = changes, found, seconds
        self._failed, self._loaded = found.with_suffix(".failed"), found.with_suffix(".loaded")
        # Tests that failed, the last one last.
        self._likely: dict[str, None] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """In a child: note which test failed."""
        if report.failed:
            self._failed.write_text(report.nodeid, encoding="utf-8")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Take the place of pytest's own loop."""
        module = importlib.import_module(self._name.replace("/", "."))
        source = self._path.read_text(encoding="utf-8")
        # Where they fail as it is, nothing can be said of a change.
        if self._fails(session, lambda: None):
            return True
        self._load_what_they_import()
        # What is frozen is not found any more.
        functions = functions_of(str(self._path))
        gc.collect()
        gc.freeze()
        for place, change in enumerate(self._changes):
            put = swap(source, change.source, str(self._path))
            if put is not None and self._fails(session, partial(put.apply, module, functions)):
                with self._found.open("a") as stream:
                    stream.write(f"{place}\n")
        return True

    def _fails(self, session: pytest.Session, change: Callable[[], object]) -> bool:
        """Whether a test fails in a child after a change."""
        started = time.monotonic()
        self._failed.unlink(missing_ok=True)
        child = os.fork()
        if child == 0:
            self._in_child(session, change)
        try:
            while time.monotonic() - started < self._seconds:
                ended, status = os.waitpid(child, os.WNOHANG)
                if ended:
                    self._note_likely()
                    return os.waitstatus_to_exitcode(status) not in (0, _NOT_PUT)
                time.sleep(0.002)
        except BaseException:
            # It is of a group of its own, which nobody else knows.
            end(child)
            raise
        end(child)
        return True

    def _load_what_they_import(self) -> None:
        """Else each child would load anew what the tests load when they run."""
        for name in self._loaded.read_text(encoding="utf-8").split():
            with suppress(Exception):
                importlib.import_module(name)

    def _note_likely(self) -> None:
        if self._failed.exists():
            name = self._failed.read_text(encoding="utf-8")
            self._likely.pop(name, None)
            self._likely[name] = None

    def _in_child(self, session: pytest.Session, change: Callable[[], object]) -> None:
        code = 1
        try:
            os.setsid()
            # The handler of the process that collected the tests is none that they reckon with.
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            gc.disable()
            if not _is_put(change):
                code = _NOT_PUT
                return
            rank = {name: place for place, name in enumerate(reversed(self._likely))}
            items = sorted(session.items, key=lambda item: rank.get(item.nodeid, len(rank)))
            for item, following in zip(items, [*items[1:], None], strict=True):
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
                if self._failed.exists():
                    break
            else:
                code = 0
                ours = (name for name in sys.modules if name.startswith("ic_tf_sdk."))
                self._loaded.write_text("\n".join(sorted(ours)), encoding="utf-8")
        finally:
            os._exit(code)


def _is_put(change: Callable[[], object]) -> bool:
    """Whether a change could be made; why not is printed, into the log."""
    try:
        change()
    except Exception:
        traceback.print_exc()
        return False
    return True
