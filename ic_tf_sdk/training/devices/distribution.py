"""The devices that train together, as one object that the loop asks.

One device, several GPUs of a host (``MirroredStrategy``) and several hosts
(``MultiWorkerMirroredStrategy``) differ here and nowhere else.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ic_tf_sdk.errors import HostLostError, UserError
from ic_tf_sdk.training.devices import hosts as known_hosts
from ic_tf_sdk.training.devices import sharding
from ic_tf_sdk.training.devices.hosts import Hosts
from ic_tf_sdk.training.feed.batches import Examples, Rows

__all__ = ["Array", "Distribution", "start"]

Array = npt.NDArray[Any]

# Numbers that a host sends at a time: 16 MiB of float32.
_SENT = 1 << 22


class Distribution:
    """How a training is spread over devices.

    Args:
        hosts: The job's.
        strategy: Of TensorFlow; None for one device.

    Attributes:
        devices: How many train together, over all hosts.
        chief: Whether this host prints and writes.
    """

    def __init__(self, hosts: Hosts = known_hosts.ALONE, strategy: Any = None) -> None:
        self.hosts = hosts
        self.chief = hosts.chief
        self._strategy = strategy
        self.devices = strategy.num_replicas_in_sync if strategy else 1
        self._gather = tf.function(self._gather_once, reduce_retracing=True)

    def scope(self) -> AbstractContextManager[Any]:
        """Where a model is made, compiled and read."""
        return self._strategy.scope() if self._strategy else nullcontext()

    @contextmanager
    def loading(self) -> Iterator[None]:
        """Where a SavedModel is loaded to be trained.

        Its moving statistics can then be assigned to in a step of training, where by default
        TensorFlow refuses it: every device is to assign the same.
        """
        with self.scope(), tf.variable_creator_scope(_assignable):
            yield

    def check(self, batch_size: int) -> None:
        """Refuse a batch that leaves a device without a row.

        Raises:
            UserError: It does.
        """
        if batch_size < self.devices:
            raise UserError(
                f"batch_size is that of a step over all devices; {batch_size} is too small for "
                f"{self.devices} of them. Give at least {self.devices}."
            )

    def batches(
        self,
        examples: Examples,
        rows: Rows,
        *,
        batch_size: int,
        seed: int = 0,
        weights: dict[int, float] | None = None,
    ) -> tuple[Any, int]:
        """What Keras's ``fit`` and ``evaluate`` take: a dataset and its number of steps.

        Args:
            examples: What the rows are of.
            rows: Which, in which order; the same on every host.
            batch_size: Rows per step, over all devices.
            seed: For augmentation.
            weights: Class index -> weight in the loss.
        """
        given: dict[str, Any] = {"batch_size": batch_size, "seed": seed, "weights": weights}
        count = sharding.steps(len(rows), batch_size)
        if self._strategy is None:
            return sharding.batches(examples, rows, **given), count
        local = self.devices // len(self.hosts.names)
        mine = range(self.hosts.index * local, (self.hosts.index + 1) * local)
        found = self._strategy.distribute_datasets_from_function(
            lambda _: sharding.dealt(examples, rows, **given, devices=self.devices, mine=mine)
        )
        return found, count

    def agreed(self, *flags: bool) -> list[bool]:
        """For each flag whether any host raised it; every host asks after the same step."""
        own = np.array([flags], np.int32)
        return [bool(flag) for flag in self.gathered(own).max(axis=0)]

    def gathered(self, values: Array) -> Array:
        """One after another every host's values, which may differ in number.

        Args:
            values: This host's, [count, ...] of int32 or float32.
        """
        if not self.hosts.several:
            return values
        return np.asarray(self._gather(tf.constant(values)))

    def _gather_once(self, values: tf.Tensor) -> tf.Tensor:
        return self._strategy.gather(values, axis=0)

    def shared(
        self, compute: Callable[[Rows], Array], count: int, empty: Callable[[int], Array]
    ) -> Array:
        """Let each host compute its part of some rows, and give all of them to every host.

        Args:
            compute: From row numbers to float32 [rows, width].
            count: Number of rows.
            empty: From a width to float32 [count, width] to fill.
        """
        parts = np.array_split(np.arange(count), len(self.hosts.names))
        # A host without a row computes one that it does not send.
        own = parts[self.hosts.index]
        found = compute(own if len(own) else np.arange(1))[: len(own)]
        if not self.hosts.several:
            return found
        width = found.shape[1]
        size = max(1, _SENT // width)
        result = empty(width)
        for begin in range(0, len(parts[0]), size):
            sent = self.gathered(np.asarray(found[begin : begin + size]))
            rows = np.concatenate([part[begin : begin + size] for part in parts])
            result[rows] = sent
        return result

    def from_chief(self, content: bytes | None) -> bytes | None:
        """What the chief gives, on every host.

        Args:
            content: The chief's; that of the others is not looked at.
        """
        if not self.hosts.several:
            return content
        own = (content or b"") if self.chief else b""
        size = int(self.gathered(np.array([len(own)], np.int32)).sum())
        words = np.frombuffer(own + bytes(-len(own) % 4), np.int32)
        parts = [
            self.gathered(words[begin : begin + _SENT]).tobytes()
            for begin in range(0, -(-size // 4), _SENT)
        ]
        return b"".join(parts)[:size] or None

    def check_same(self, digest: bytes) -> None:
        """Refuse hosts that were given different things.

        Args:
            digest: Of what must be the same, a multiple of four bytes.

        Raises:
            UserError: They were.
        """
        own = np.frombuffer(digest, np.int32)
        every = self.gathered(own).reshape(-1, len(own))
        if (every != own).any():
            raise UserError(
                f"The {len(every)} hosts see different images, models or hyperparameters. Each "
                "channel needs S3DataDistributionType FullyReplicated, so that every host has all "
                "of it."
            )

    def wait(self) -> None:
        """Go on when every host is here: the chief writes while the others wait."""
        self.gathered(np.zeros(1, np.int32))

    @contextmanager
    def naming_lost_hosts(self) -> Iterator[None]:
        """Turn TensorFlow's error for a lost host into one that names it.

        Raises:
            HostLostError: Instead.
        """
        try:
            yield
        except tf.errors.OpError as error:
            sentence = self.hosts.lost(str(error))
            if sentence is None:
                raise
            raise HostLostError(sentence) from error


def start(hosts: Hosts, *, seconds: float) -> Distribution:
    """Find the devices of the job; TensorFlow must not have been used before.

    Args:
        hosts: The job's.
        seconds: How long to wait for them.

    Raises:
        HostLostError: One did not appear.
    """
    if hosts.several:
        hosts.await_others(seconds)
        os.environ["TF_CONFIG"] = hosts.tf_config()
        return Distribution(hosts, tf.distribute.MultiWorkerMirroredStrategy())
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    if len(devices) == 1:
        return Distribution()
    return Distribution(hosts, tf.distribute.MirroredStrategy([device.name for device in devices]))


def _assignable(create: Callable[..., Any], **kwargs: Any) -> Any:
    if kwargs.get("aggregation") in (None, tf.VariableAggregation.NONE):
        kwargs["aggregation"] = tf.VariableAggregation.ONLY_FIRST_REPLICA
    return create(**kwargs)
