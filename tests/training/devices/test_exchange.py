"""A job of one host gets its own answers; what several hosts exchange is in test_distribution."""

import numpy as np
import pytest


def test_one_host_agrees_with_itself_and_sends_nothing() -> None:
    from ic_tf_sdk.training.devices.exchange import HostExchange

    exchange = HostExchange()
    assert exchange.agreed(True, False) == [True, False]
    assert exchange.from_chief(b"abc") == b"abc"
    assert exchange.from_chief(None) is None
    exchange.check_same(bytes(32))
    exchange.wait()
    values = np.arange(6, dtype=np.float32).reshape(3, 2)
    np.testing.assert_array_equal(exchange.gathered(values), values)
    shared = exchange.shared(
        lambda rows: values[rows], 3, lambda _: pytest.fail("nothing is to be joined")
    )
    np.testing.assert_array_equal(shared, values)


def test_an_error_that_no_lost_host_caused_stays_what_it_is() -> None:
    import tensorflow as tf

    from ic_tf_sdk.training.devices.exchange import HostExchange

    error = tf.errors.AbortedError(None, None, "Collective ops is aborted by: /job:worker/task:1")
    with pytest.raises(tf.errors.AbortedError), HostExchange().naming_lost_hosts():
        raise error
