"""What the hosts of a job tell each other while they train together.

A job of one host asks the same questions and gets its own answers back, without a word sent.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from ic_tf_sdk.errors import HostLostError, UserError
from ic_tf_sdk.training.devices import hosts as job_hosts
from ic_tf_sdk.training.devices.hosts import Hosts
from ic_tf_sdk.training.feed.batches import Rows

__all__ = ["Array", "HostExchange"]

Array = npt.NDArray[Any]

# Numbers that a host sends at a time: 16 MiB of float32. A gather holds every host's share in
# memory beside what it is copied into.
_NUMBERS_PER_MESSAGE = 1 << 22


class HostExchange:
    """Values that every host has afterwards. Each host must call the same method at the same point.

    Args:
        hosts: The hosts of the job; by default one.
        strategy: The ``tf.distribute`` strategy that connects them; None where there is one host
            with one device.

    Attributes:
        hosts: The hosts of the job.
    """

    def __init__(self, hosts: Hosts = job_hosts.ALONE, strategy: Any = None) -> None:
        self.hosts = hosts
        self._strategy = strategy
        self._gather = tf.function(self._gather_once, reduce_retracing=True)

    def gathered(self, values: Array) -> Array:
        """Every host's values, one host after another.

        Args:
            values: This host's values, int32 or float32 [count, ...]; the hosts' counts may differ.

        Returns:
            The same dtype, [sum of the counts, ...].
        """
        if not self.hosts.several:
            return values
        return np.asarray(self._gather(tf.constant(values)))

    def _gather_once(self, values: tf.Tensor) -> tf.Tensor:
        return self._strategy.gather(values, axis=0)

    def agreed(self, *flags: bool) -> list[bool]:
        """For each flag whether any host raised it; every host asks after the same step."""
        here = np.array([flags], np.int32)
        return [bool(flag) for flag in self.gathered(here).max(axis=0)]

    def shared(
        self,
        compute: Callable[[Rows], Array],
        count: int,
        allocate: Callable[[int], Array],
    ) -> Array:
        """Let each host compute its part of some rows, and give all of them to every host.

        Args:
            compute: A function from row numbers, int64 [rows], to float32 [rows, width].
            count: The number of rows over all hosts; they are 0 to ``count - 1``.
            allocate: A function from a width to the array to fill, float32 [count, width]; it is
                called only where there are several hosts.

        Returns:
            float32 [count, width], in the order of the rows.
        """
        parts = np.array_split(np.arange(count), len(self.hosts.names))
        part = parts[self.hosts.index]
        # A host without a row computes one that it does not send: it then knows the width, too.
        computed = compute(part if len(part) else np.arange(1))[: len(part)]
        if not self.hosts.several:
            return computed
        width = computed.shape[1]
        size = max(1, _NUMBERS_PER_MESSAGE // width)
        every = allocate(width)
        # The first part is the longest one, so that all hosts send equally often.
        for begin in range(0, len(parts[0]), size):
            message = self.gathered(np.asarray(computed[begin : begin + size]))
            rows = np.concatenate([part[begin : begin + size] for part in parts])
            every[rows] = message
        return every

    def from_chief(self, content: bytes | None) -> bytes | None:
        """The bytes that the chief gives, on every host; None where it gives none.

        Args:
            content: The chief's bytes; those of the other hosts are not looked at.
        """
        if not self.hosts.several:
            return content
        here = (content or b"") if self.hosts.chief else b""
        size = int(self.gathered(np.array([len(here)], np.int32)).sum())
        # Strategies gather numbers and no bytes: four bytes make an int32.
        words = np.frombuffer(here + bytes(-len(here) % 4), np.int32)
        parts = [
            self.gathered(words[begin : begin + _NUMBERS_PER_MESSAGE]).tobytes()
            for begin in range(0, -(-size // 4), _NUMBERS_PER_MESSAGE)
        ]
        return b"".join(parts)[:size] or None

    def check_same(self, digest: bytes) -> None:
        """Refuse hosts that were started with different things.

        Args:
            digest: The SHA-256 of what every host must hold alike; its length is a multiple of four
                bytes.

        Raises:
            UserError: The digests of two hosts differ.
        """
        here = np.frombuffer(digest, np.int32)
        every = self.gathered(here).reshape(-1, len(here))
        if (every != here).any():
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
            HostLostError: Another host ended, or cannot be reached any more.
        """
        try:
            yield
        except tf.errors.OpError as error:
            sentence = self.hosts.lost(str(error))
            if sentence is None:
                raise
            raise HostLostError(sentence) from error
