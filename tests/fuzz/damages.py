"""Damage to a file, as hypothesis draws it: what disks, transfers and strangers do to bytes."""

import functools
import gc
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

__all__ = ["EXAMPLES", "TALLIES", "Tally", "bounded", "damaged", "examples"]

EXAMPLES = int(os.environ.get("IC_TF_SDK_FUZZ_EXAMPLES", "60"))
"""Inputs for each target: a few in the test suite, 10,000 in ``nox -s fuzz``."""


@dataclass
class Tally:
    """What a target was given, and what it cost.

    Attributes:
        inputs: How many there were.
        longest: The most that one step of an input took, in seconds of processor time.
    """

    inputs: int = 0
    longest: float = 0.0


TALLIES: dict[str, Tally] = {}
"""Of each target that ran, by its name; the session prints them."""

_Edit = Callable[[bytes], bytes]

_STRANGE = st.one_of(st.binary(min_size=1, max_size=8), st.just(b"\xff" * 8), st.just(bytes(8)))


def examples() -> Callable[[Any], Any]:
    """The settings of a target, which is counted; what an input may cost is said by ``bounded``."""

    def of(target: Any) -> Any:
        # Hypothesis's own hook for what runs with each input.
        target.hypothesis.inner_test = _counted(target.hypothesis.inner_test)
        return _SETTINGS(target)

    return of


_SETTINGS = settings(
    max_examples=EXAMPLES,
    # Of the time that passes, other programs of the machine take their part.
    deadline=None,
    # What a test changes of a folder it puts back.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
_running = [Tally()]


def _counted(target: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(target)
    def with_one(*arguments: Any, **named: Any) -> None:
        _running[0] = TALLIES.setdefault(target.__name__, Tally())
        _running[0].inputs += 1
        target(*arguments, **named)

    return with_one


@contextmanager
def bounded(seconds: float = 1.0) -> Iterator[None]:
    """Fail where what is done takes longer.

    Args:
        seconds: Of processor time.
    """
    collects = gc.isenabled()
    # One pass over all that a long run holds takes most of a second, whichever input it falls to.
    gc.disable()
    start = time.process_time()
    try:
        yield
        taken = time.process_time() - start
    finally:
        if collects:
            gc.enable()
    _running[0].longest = max(_running[0].longest, taken)
    assert taken < seconds, f"{taken:.1f} s of processor time, and {seconds} are allowed"


@st.composite
def damaged(draw: st.DrawFn, whole: bytes) -> bytes:
    """A file with one to four places damaged.

    Args:
        draw: Hypothesis's.
        whole: The sound file.
    """
    content = whole
    for _ in range(draw(st.integers(1, 4))):
        content = draw(_edits(len(content)))(content)
    return content


def _edits(size: int) -> st.SearchStrategy[_Edit]:
    place = st.integers(0, max(size - 1, 0))
    return st.one_of(
        st.builds(_flip, place, st.integers(0, 7)),
        st.builds(_overwrite, place, _STRANGE),
        st.builds(_insert, place, _STRANGE),
        st.builds(_cut, place),
        st.builds(_delete, place, st.integers(1, 600)),
        st.builds(_repeat, place, st.integers(1, 600)),
    )


def _flip(place: int, bit: int) -> _Edit:
    return lambda b: (
        b[:place] + bytes(byte ^ 1 << bit for byte in b[place : place + 1]) + b[place + 1 :]
    )


def _overwrite(place: int, strange: bytes) -> _Edit:
    return lambda b: b[:place] + strange + b[place + len(strange) :]


def _insert(place: int, strange: bytes) -> _Edit:
    return lambda b: b[:place] + strange + b[place:]


def _cut(place: int) -> _Edit:
    return lambda b: b[:place]


def _delete(place: int, count: int) -> _Edit:
    return lambda b: b[:place] + b[place + count :]


def _repeat(place: int, count: int) -> _Edit:
    return lambda b: b[:place] + b[place : place + count] + b[place:]
