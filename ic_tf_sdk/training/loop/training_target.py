"""What is trained, and by which devices."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.devices.distribution import Distribution
from ic_tf_sdk.training.loop.quick_head import QuickHead
from ic_tf_sdk.training.network.classifier import Classifier

__all__ = ["TrainingTarget", "training_devices", "training_target"]


@dataclass(frozen=True)
class TrainingTarget:
    """The model that the loop trains.

    Attributes:
        model: A ``tf_keras`` model: the head alone where features are cached, else the whole
            network. It returns logits float32 [batch, units].
        variables: What training changes of it: the head's variables, and a trainable backbone's.
        distribution: The devices that train ``model``.
        rates: Variables whose learning rate has a factor, each with it.
        trains_here: Whether this host trains ``model``, or only computes features for the chief.
    """

    model: Any
    variables: list[Any]
    distribution: Distribution
    rates: Sequence[tuple[Any, float]] = ()
    trains_here: bool = True


def training_devices(hyperparameters: Hyperparameters, distribution: Distribution) -> Distribution:
    """The devices that train, of those that the job has.

    A head on cached features is trained by the chief's one device: a step of it is too short to be
    worth sharing. The hosts then share the backbone's one pass.

    Args:
        hyperparameters: The hyperparameters of the job.
        distribution: All devices of the job.
    """
    return Distribution() if hyperparameters.caches_features else distribution


def training_target(
    classifier: Classifier, hyperparameters: Hyperparameters, distribution: Distribution
) -> TrainingTarget:
    """Choose what is trained of a network.

    Args:
        classifier: The network, built on the devices of ``training_devices``.
        hyperparameters: The hyperparameters of the job.
        distribution: All devices of the job.
    """
    cached = hyperparameters.caches_features
    # Without the cache a frozen backbone runs in each step, but its variables do not change.
    changed = classifier.head if hyperparameters.train_only_on_top else classifier.model
    head = classifier.head
    return TrainingTarget(
        # Of the same layers.
        model=QuickHead(head.input, head.output, name="head") if cached else classifier.model,
        variables=list(changed.weights),
        distribution=training_devices(hyperparameters, distribution),
        rates=classifier.rated_variables(),
        trains_here=distribution.hosts.chief or not cached,
    )
