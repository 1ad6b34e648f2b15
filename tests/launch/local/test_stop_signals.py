"""What is nearly done is done before a signal ends it."""

import signal

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
