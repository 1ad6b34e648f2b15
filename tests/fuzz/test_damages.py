"""What an input costs is its own: the time of the processor, and no pass of Python's collector."""

import gc
import time

import pytest

from tests.fuzz.damages import bounded


def busy(seconds: float, most: float) -> None:
    end = time.process_time() + seconds
    with bounded(most):
        while time.process_time() < end:
            pass


def test_an_input_that_takes_longer_than_its_bound_fails() -> None:
    with pytest.raises(AssertionError, match=r"s of processor time, and 0\.01 are allowed"):
        busy(0.05, most=0.01)
    with bounded(0.01):
        # Of the time that passes, other programs take their part.
        time.sleep(0.02)


def test_what_the_process_holds_is_not_looked_through_at_an_inputs_cost() -> None:
    passes: list[str] = []

    def told(phase: str, _: object) -> None:
        passes.append(phase)

    def kept() -> list[list[int]]:
        return [[number] for number in range(5000)]

    # Whatever another test, or a library, has made of it.
    threshold = gc.get_threshold()
    gc.set_threshold(700, 10, 10)
    gc.callbacks.append(told)
    try:
        with bounded():
            passes.clear()
            within = kept()
            assert passes == []
        assert gc.isenabled()
        with pytest.raises(KeyError), bounded():
            raise KeyError(len(within))
        assert gc.isenabled()
        assert kept() == within
        assert passes
    finally:
        gc.callbacks.remove(told)
        gc.set_threshold(*threshold)
