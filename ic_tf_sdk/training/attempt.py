"""The trainings of a job in turn: one, or a second where the first is given up.

Each has the network on the devices that train it, and the state of its training.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.devices.distribution import Distribution
from ic_tf_sdk.training.loop import kept_statistics
from ic_tf_sdk.training.loop.checkpoint import CheckpointFolder
from ic_tf_sdk.training.loop.fit import class_weights
from ic_tf_sdk.training.loop.interruption import Interruption
from ic_tf_sdk.training.loop.kept_statistics import KeptStatistics
from ic_tf_sdk.training.loop.training_state import TrainingState
from ic_tf_sdk.training.loop.training_target import (
    TrainingTarget,
    training_devices,
    training_target,
)
from ic_tf_sdk.training.network.backbone import open_source
from ic_tf_sdk.training.network.classifier import Classifier
from ic_tf_sdk.training.plan import Plan

__all__ = ["Attempt", "attempts", "weights"]


@dataclass(frozen=True)
class Attempt:
    """A training that can begin.

    Attributes:
        hyperparameters: The job's, with what this training makes of its ``auto``.
        learner: The network on the devices that train it.
        target: What is trained of it.
        state: What the training has done so far.
        judge: Called after each epoch, as ``fit`` takes it; it may give the training up.
    """

    hyperparameters: Hyperparameters
    learner: Classifier
    target: TrainingTarget
    state: TrainingState
    judge: Callable[[int, Mapping[str, float]], object] = lambda *_: None


def attempts(
    plan: Plan,
    classifier: Classifier,
    distribution: Distribution,
    job_identity: Mapping[str, str],
    interruption: Interruption | None,
) -> Iterator[Attempt]:
    """All trainings that the job may come to; each begins with the weights of the network now.

    Args:
        plan: The job, less the images that do not decode.
        classifier: The network on one device.
        job_identity: What a checkpoint must agree with to be taken up.
        distribution: All devices of the job.
        interruption: It is asked after each step whether to end; by default never.
    """
    turns = kept_statistics.attempts(plan.hyperparameters)
    begun = [one.numpy() for one in classifier.model.weights] if len(turns) > 1 else []
    for number, given in enumerate(turns):
        network = classifier
        if number:
            network = Classifier(classifier.source, len(plan.labels), given)
            for variable, value in zip(network.model.weights, begun, strict=True):
                variable.assign(value)
        learner = _on_devices(plan, network, given, training_devices(given, distribution))
        target = training_target(learner, given, distribution)
        state = TrainingState(
            target.model,
            target.variables,
            CheckpointFolder(plan.environment.checkpoint_dir, job_identity),
            interruption=interruption,
            seconds=plan.environment.checkpoint_seconds,
            distribution=target.distribution,
            begun_anew=number > 0,
        )
        attempt = Attempt(given, learner, target, state)
        last = number + 1 == len(turns)
        yield attempt if last else replace(attempt, judge=_judge(plan, attempt, network))


def weights(plan: Plan) -> dict[int, float] | None:
    """Class index -> weight in the loss; None weighs all alike."""
    balanced = plan.hyperparameters.class_weight == "balanced"
    return class_weights(plan.training.counts) if balanced else None


def _judge(plan: Plan, attempt: Attempt, network: Classifier) -> KeptStatistics:
    def penalty() -> float:
        # TF Hub's regularizers cannot be asked from outside of a step on several devices.
        if attempt.learner is not network:
            network.take_weights(attempt.learner)
        return sum(float(one) for one in network.model.losses)

    images = plan.training, plan.validation
    return KeptStatistics(penalty, *images, attempt.hyperparameters, weights(plan))


def _on_devices(
    plan: Plan, classifier: Classifier, given: Hyperparameters, devices: Distribution
) -> Classifier:
    """The network on the devices that train it: itself, where that is one."""
    if devices.devices == 1:
        return classifier
    # Variables belong to the strategy under which they are made, so the model is opened again.
    with devices.loading():
        source = open_source(plan.environment.model, classifier.source)
        return Classifier(source, len(plan.labels), given, single_device=classifier)
