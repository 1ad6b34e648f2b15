"""The devices that train together see, step by step, what one device would see."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ic_tf_sdk.training.devices import sharding


class Numbers:
    """Examples whose input is their row, and whose target is ten times it."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __len__(self) -> int:
        return self.count

    def dataset(self, rows: np.ndarray, *, batch_size: int, seed: int) -> object:
        import tensorflow as tf

        table = np.stack([rows, 10 * rows], axis=1)
        found = tf.data.Dataset.from_tensor_slices((rows, table)).batch(batch_size)
        return found.map(lambda x, y: (x[:, tf.newaxis], y))


@given(
    count=st.integers(1, 60),
    devices=st.integers(2, 6),
    hosts=st.sampled_from([1, 2]),
    extra=st.integers(0, 14),
)
@settings(max_examples=30, deadline=None)
def test_the_devices_targets_are_those_of_one_device_and_no_device_is_without_an_input(
    count: int, devices: int, hosts: int, extra: int
) -> None:
    if devices % hosts:
        devices += 1
    batch_size, local = devices + extra, devices // hosts
    rows = np.random.default_rng(count).permutation(count)
    per_host = [
        list(
            sharding.shard_batches(
                Numbers(count),
                rows,
                batch_size=batch_size,
                seed=0,
                weights=None,
                devices=devices,
                local=range(host * local, (host + 1) * local),
            ).as_numpy_iterator()
        )
        for host in range(hosts)
    ]
    steps = sharding.steps(count, batch_size)
    assert [len(found) for found in per_host] == [steps * local] * hosts
    for step in range(steps):
        dealt = [batch for found in per_host for batch in found[step * local : (step + 1) * local]]
        targets = np.concatenate([batch[1] for batch in dealt])
        wanted = rows[step * batch_size : (step + 1) * batch_size]
        np.testing.assert_array_equal(targets[:, 0], wanted)
        for inputs, own in dealt:
            assert len(inputs) == max(len(own), 1)
            np.testing.assert_array_equal(inputs[: len(own), 0], own[:, 0])
            assert set(inputs[:, 0]) <= set(wanted)


def test_shares_differ_by_one_at_most() -> None:
    assert sharding.shares(32, 3) == [11, 11, 10]
    assert sharding.shares(1, 3) == [1, 0, 0]


@pytest.mark.parametrize("binary", [False, True])
def test_each_example_gets_the_weight_of_its_class(binary: bool) -> None:
    import tensorflow as tf

    classes = np.array([1, 0, 1])
    targets = classes[:, None] if binary else np.eye(2)[classes]
    dataset = tf.data.Dataset.from_tensors((np.zeros(3), targets.astype(np.float32)))
    [(_, _, found)] = sharding.weighted(dataset, {0: 0.5, 1: 2.0}).as_numpy_iterator()
    np.testing.assert_array_equal(found, [2.0, 0.5, 2.0])
