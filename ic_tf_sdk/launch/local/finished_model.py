"""A fine-tuned model, evaluated again as its own job evaluates: the same path, the same numbers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from ic_tf_sdk.contract.image_names import class_name
from ic_tf_sdk.contract.model_info import FineTuning
from ic_tf_sdk.contract.scratch_folder import scratch_folder
from ic_tf_sdk.errors import ArchiveError
from ic_tf_sdk.specs import hyperparameters as schema
from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.devices.distribution import Distribution
from ic_tf_sdk.training.feed.feature_store import FeatureStore
from ic_tf_sdk.training.feed.frozen_pass import FrozenBackbone, FrozenPass
from ic_tf_sdk.training.graph import saved_model
from ic_tf_sdk.training.graph.preprocessing import Preprocessing
from ic_tf_sdk.training.loop.examples import ChannelExamples
from ic_tf_sdk.training.loop.training_target import training_target
from ic_tf_sdk.training.network import incremental, precision
from ic_tf_sdk.training.network.backbone import open_source
from ic_tf_sdk.training.network.classifier import Classifier
from ic_tf_sdk.training.results import evaluation
from ic_tf_sdk.training.results.evaluation import Evaluation

__all__ = ["FinishedModel"]


class FinishedModel:
    """A model that a training has exported, opened as a further training opens it.

    Args:
        model: Any path that ``model_archive.opened`` takes.

    Raises:
        ArchiveError: It is no fine-tuned model, or cannot be used.

    Attributes:
        labels: Class names by class index.
        preprocessing: The path from a file's bytes to what its network takes.
    """

    def __init__(self, model: Path) -> None:
        with saved_model.refusing(model):
            source = open_source(model)
            if source.info.fine_tuning is None:
                raise ArchiveError(
                    f"{model} is a pretrained model without classes; train it first (`ic-tf fit`)."
                )
            info, self._trained = source.info, source.info.fine_tuning
            self._hyperparameters = _hyperparameters(self._trained)
            self.labels = tuple(map(class_name, self._trained.labels))
            self._classifier = Classifier(source, len(self.labels), self._hyperparameters)
            incremental.restore_top_layer(self._classifier, source, self._hyperparameters)
        size = (info.input_height, info.input_width)
        self.preprocessing = Preprocessing(*size, self._trained.interpolation, info.pixel_range)

    def evaluate(self, folder: ImageFolder, *, store: FeatureStore | None = None) -> Evaluation:
        """The answers on some images.

        Args:
            folder: The images, all of which decode; its labels are the model's.
            store: The features of trainings on this machine, for a backbone that was not trained.
        """
        target = training_target(self._classifier, self._hyperparameters, Distribution())
        with scratch_folder("evaluation") as scratch, self._arithmetic():
            frozen = FrozenPass(FrozenBackbone.of(self._classifier), self.preprocessing, store)
            channels = ChannelExamples(self._hyperparameters, frozen, scratch)
            examples = channels.of({"test": folder})
            found = evaluation.evaluate(
                target.model, examples["test"], folder, self._hyperparameters, channel="test"
            )
        return replace(found, calibration=self._trained.calibration)

    @contextmanager
    def _arithmetic(self) -> Iterator[None]:
        """That of the training, and what the process had before afterwards."""
        import tensorflow as tf

        name = "auto_mixed_precision_onednn_bfloat16"
        before = bool(tf.config.optimizer.get_experimental_options().get(name, False))
        parameters = sum(self._classifier.parameter_counts())
        chosen = precision.chosen(self._hyperparameters, parameters=parameters)
        precision.apply(bfloat16=chosen)
        try:
            yield
        finally:
            precision.apply(bfloat16=before)


def _hyperparameters(trained: FineTuning) -> Hyperparameters:
    """Those of the training, as far as this version has them."""
    recorded = trained.hyperparameters.items()
    known = {name: value for name, value in recorded if not schema.problems({name: value})}
    kept = {"binary_mode": str(trained.binary_mode), "reinitialize_top_layer": "False"}
    return schema.parse({**known, **kept})
