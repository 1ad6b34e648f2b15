"""The trainings of a job in turn: one, or a second where the first is given up.

Each has the network on the devices that train it, and the state of its training.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.devices.distribution import Distribution
from ic_tf_sdk.training.loop import kept_statistics
from ic_tf_sdk.training.loop.checkpoint import CheckpointFolder
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

__all__ = ["Attempt", "Attempts"]


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


@dataclass(frozen=True, kw_only=True)
class Attempts:
    """All trainings that a job may come to.

    Attributes:
        hyperparameters: The hyperparameters of the job.
        training: The images that are trained on.
        validation: Those that are held out; None without any.
        class_weight: Class index -> weight in the loss; None weighs all alike.
        model: The model channel, which several devices open again.
        checkpoint_dir: The folder of the checkpoints.
        checkpoint_seconds: The time between checkpoints within an epoch.
        identity: What a checkpoint must agree with to be taken up.
        distribution: All devices of the job.
        interruption: It is asked after each step whether to end; by default never.
    """

    hyperparameters: Hyperparameters
    training: ImageFolder
    validation: ImageFolder | None
    class_weight: Mapping[int, float] | None
    model: Path
    checkpoint_dir: Path
    checkpoint_seconds: float
    identity: Mapping[str, str]
    distribution: Distribution
    interruption: Interruption | None = None

    def of(self, classifier: Classifier) -> Iterator[Attempt]:
        """Each in turn, which begins with the weights that the network has now.

        Args:
            classifier: The network on one device.
        """
        turns = kept_statistics.attempts(self.hyperparameters)
        begun = [one.numpy() for one in classifier.model.weights] if len(turns) > 1 else []
        for number, given in enumerate(turns):
            network = classifier
            if number:
                network = Classifier(classifier.source, len(self.training.labels), given)
                for variable, value in zip(network.model.weights, begun, strict=True):
                    variable.assign(value)
            attempt = self._begun(network, given, anew=number > 0)
            last = number + 1 == len(turns)
            yield attempt if last else replace(attempt, judge=self._judge(attempt, network))

    def _begun(self, network: Classifier, given: Hyperparameters, *, anew: bool) -> Attempt:
        learner = self._on_devices(network, given)
        target = training_target(learner, given, self.distribution)
        state = TrainingState(
            target.model,
            target.variables,
            CheckpointFolder(self.checkpoint_dir, self.identity),
            interruption=self.interruption,
            seconds=self.checkpoint_seconds,
            distribution=target.distribution,
            begun_anew=anew,
        )
        return Attempt(given, learner, target, state)

    def _on_devices(self, classifier: Classifier, given: Hyperparameters) -> Classifier:
        """The network on the devices that train it: itself, where that is one."""
        # All devices, or the chief's one for a head alone.
        devices = training_devices(given, self.distribution)
        if devices.devices == 1:
            return classifier
        # Variables belong to the strategy under which they are made, so it is opened again.
        with devices.loading():
            source = open_source(self.model, classifier.source)
            count = len(self.training.labels)
            return Classifier(source, count, given, single_device=classifier)

    def _judge(self, attempt: Attempt, network: Classifier) -> KeptStatistics:
        def penalty() -> float:
            # TF Hub's regularizers cannot be asked from outside of a step on several devices.
            if attempt.learner is not network:
                network.take_weights(attempt.learner)
            return sum(float(one) for one in network.model.losses)

        images = self.training, self.validation
        return KeptStatistics(penalty, *images, attempt.hyperparameters, self.class_weight)
