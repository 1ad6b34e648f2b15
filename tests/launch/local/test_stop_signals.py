"""What is nearly done is done before a signal ends it."""

import os
import signal
import threading

import pytest

from ic_tf_sdk.launch.local import stop_signals
from ic_tf_sdk.launch.local.stop_signals import StopSignal


def finishing(*numbers: int, done: list[int]) -> None:
    """Get these signals where something is nearly done, and note how many it outlived."""
    with stop_signals.raising():
        with stop_signals.deferred():
            for number in numbers:
                signal.raise_signal(number)
                done.append(number)
        done.append(0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_waits_until_the_block_is_done(number: signal.Signals) -> None:
    done: list[int] = []
    with pytest.raises(KeyboardInterrupt) as caught:
        finishing(number, done=done)
    assert stop_signals.number_of(caught.value) == number
    assert done == [number]
    assert signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler)


def test_asked_once_more_it_raises_at_once() -> None:
    done: list[int] = []
    with pytest.raises(StopSignal):
        finishing(signal.SIGINT, signal.SIGTERM, done=done)
    assert done == [signal.SIGINT]


def test_without_a_signal_nothing_is_raised() -> None:
    done: list[int] = []
    finishing(done=done)
    assert done == [0]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def handlers() -> list[object]:
    return [signal.getsignal(one) for one in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_it_is_raised_once_and_those_that_follow_end_nothing(number: signal.Signals) -> None:
    """While the program saves; ``timeout`` and schedulers send more of them."""
    before = handlers()

    def saving() -> None:
        with stop_signals.raising():
            try:
                os.kill(os.getpid(), number)
            finally:
                for more in (signal.SIGTERM, signal.SIGHUP):
                    os.kill(os.getpid(), more)
                saved.append(True)

    saved: list[bool] = []
    with pytest.raises(StopSignal, match=number.name) as caught:
        saving()
    assert saved == [True]
    assert caught.value.number == number
    assert handlers() == before


@pytest.mark.parametrize("handler", [signal.SIG_IGN, lambda *_: None])
def test_a_signal_that_the_program_handles_or_ignores_stays_its_own(handler: object) -> None:
    old = signal.signal(signal.SIGHUP, handler)  # type: ignore[arg-type]
    try:
        done: list[int] = []
        finishing(signal.SIGHUP, done=done)
        assert done == [signal.SIGHUP, 0]
        assert signal.getsignal(signal.SIGHUP) is handler
    finally:
        signal.signal(signal.SIGHUP, old)


def test_in_another_thread_the_block_runs_and_no_handler_changes() -> None:
    """Python allows them in the main thread alone; a notebook's job may run in another."""
    before, found = handlers(), []

    def other() -> None:
        with stop_signals.raising(), stop_signals.deferred():
            found.append(handlers())

    thread = threading.Thread(target=other)
    thread.start()
    thread.join()
    assert found == [before]
    assert handlers() == before


def test_the_signal_behind_an_interrupt_is_that_of_the_key_or_its_own() -> None:
    assert stop_signals.number_of(KeyboardInterrupt()) == signal.SIGINT
    assert stop_signals.number_of(StopSignal(signal.SIGHUP)) == signal.SIGHUP
