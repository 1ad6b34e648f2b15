"""The devices that train one model together, as one object that the loop asks.

One device, several GPUs of a host (``MirroredStrategy``) and several hosts
(``MultiWorkerMirroredStrategy``) differ here and nowhere else.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

import tensorflow as tf

from ic_tf_sdk.errors import UserError
from ic_tf_sdk.training.devices import hosts as job_hosts
from ic_tf_sdk.training.devices import sharding
from ic_tf_sdk.training.devices.exchange import HostExchange
from ic_tf_sdk.training.devices.hosts import Hosts
from ic_tf_sdk.training.feed.batches import Examples, Rows

__all__ = ["Distribution", "start"]


class Distribution:
    """How a training is spread over devices.

    Args:
        hosts: The hosts whose devices train together; by default this one.
        strategy: The ``tf.distribute`` strategy over the devices; None for one device.

    Attributes:
        devices: How many devices train together, over all hosts.
        exchange: What these hosts tell each other.
    """

    def __init__(self, hosts: Hosts = job_hosts.ALONE, strategy: Any = None) -> None:
        self.exchange = HostExchange(hosts, strategy)
        self.devices = strategy.num_replicas_in_sync if strategy else 1
        self._strategy = strategy

    @property
    def hosts(self) -> Hosts:
        """The hosts whose devices train together."""
        return self.exchange.hosts

    def scope(self) -> AbstractContextManager[Any]:
        """The context in which a model is built, compiled and read."""
        return self._strategy.scope() if self._strategy else nullcontext()

    @contextmanager
    def loading(self) -> Iterator[None]:
        """The context in which a SavedModel is loaded to be trained.

        Its moving statistics can then be assigned to in a step of training, where by default
        TensorFlow refuses it: every device is to assign the same.
        """
        with self.scope(), tf.variable_creator_scope(_assignable):
            yield

    def check(self, batch_size: int) -> None:
        """Refuse a batch that leaves a device without a row.

        Args:
            batch_size: The rows of a step over all devices.

        Raises:
            UserError: There are more devices than rows.
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
        """The dataset and the number of steps that Keras's ``fit`` and ``evaluate`` take.

        Args:
            examples: The examples that the rows are of.
            rows: int64 [count], which examples in which order; the same on every host.
            batch_size: The rows of a step over all devices.
            seed: The seed of the augmentation, 0 to 2**32 - 1.
            weights: Class index -> weight in the loss; None weighs all alike.
        """
        steps = sharding.steps(len(rows), batch_size)
        if self._strategy is None:
            alone = sharding.batches(
                examples, rows, batch_size=batch_size, seed=seed, weights=weights
            )
            if isinstance(alone, tf.data.Dataset):
                # Of one that is known to have as many batches as an epoch has steps Keras makes
                # two iterators in each, and reads the second.
                alone = alone.filter(_every)
            return alone, steps
        per_host = self.devices // len(self.hosts.names)
        first = self.hosts.index * per_host
        dataset = self._strategy.distribute_datasets_from_function(
            lambda _: sharding.shard_batches(
                examples,
                rows,
                batch_size=batch_size,
                seed=seed,
                weights=weights,
                devices=self.devices,
                local=range(first, first + per_host),
            )
        )
        return dataset, steps


def start(hosts: Hosts, *, seconds: float) -> Distribution:
    """Find the devices of the job; TensorFlow must not have been used before.

    Args:
        hosts: The hosts of the job.
        seconds: How long to wait for the other hosts.

    Raises:
        HostLostError: A host did not appear in that time.
    """
    if hosts.several:
        hosts.await_others(seconds)
        os.environ["TF_CONFIG"] = hosts.tf_config()
        return Distribution(hosts, tf.distribute.MultiWorkerMirroredStrategy())
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    if len(devices) == 1:
        return Distribution()
    return Distribution(hosts, tf.distribute.MirroredStrategy([device.name for device in devices]))


@tf.autograph.experimental.do_not_convert  # type: ignore[untyped-decorator]
def _every(*_batch: tf.Tensor) -> bool:
    return True


def _assignable(create: Callable[..., Any], **kwargs: Any) -> Any:
    """Create a variable that a step may assign to, unless it says itself how devices agree."""
    if kwargs.get("aggregation") in (None, tf.VariableAggregation.NONE):
        kwargs["aggregation"] = tf.VariableAggregation.ONLY_FIRST_REPLICA
    return create(**kwargs)
