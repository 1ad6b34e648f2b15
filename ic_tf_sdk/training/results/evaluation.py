"""How a trained model answers on a channel: per class, and image by image."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ic_tf_sdk.contract import phases
from ic_tf_sdk.contract.calibration import Calibration
from ic_tf_sdk.contract.container_answer import both_labels
from ic_tf_sdk.contract.evaluation_record import EvaluationRecord
from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.devices.exchange import Array, HostExchange
from ic_tf_sdk.training.feed.batches import Examples, Rows
from ic_tf_sdk.training.network import objective
from ic_tf_sdk.training.network.batch_callback import on_batches

__all__ = [
    "MATRIX_CLASSES",
    "ClassScore",
    "Confusion",
    "Evaluation",
    "Mistake",
    "evaluate",
    "of_logits",
]


MATRIX_CLASSES = 50
"""Up to so many classes a person reads the confusion matrix as a whole; it grows with their square,
to 51 MB of HTML for 1,000. Beyond, reports have its largest entries alone."""


class ClassScore(NamedTuple):
    """One class's scores; None where there is nothing to divide by.

    Attributes:
        label: The class.
        precision: The share of the images so labelled by the model that are of the class.
        recall: The share of the class's images that the model labels so.
        f1: The harmonic mean of the two.
        images: The number of images of the class.
    """

    label: str
    precision: float | None
    recall: float | None
    f1: float | None
    images: int


class Confusion(NamedTuple):
    """One class taken for another.

    Attributes:
        label: The images' class.
        predicted_label: The class that the model names.
        images: The number of images.
        share: Their share of the class's images, 0 to 1.
    """

    label: str
    predicted_label: str
    images: int
    share: float


class Mistake(NamedTuple):
    """A wrongly labelled image.

    Attributes:
        file: The image's path relative to the channel's folder.
        label: The image's class.
        predicted_label: The class that the model names.
        probability: The model's probability of the class that it names, 0 to 1.
        label_probability: The model's probability of the image's class, 0 to 1.
    """

    file: str
    label: str
    predicted_label: str
    probability: float
    label_probability: float


@dataclass(frozen=True)
class Evaluation:
    """A channel's images and the model's answers.

    Attributes:
        channel: ``validation`` or ``test``.
        folder: The images.
        probabilities: float32 [images, classes], in the folder's order; both classes' in binary
            mode, too.
        metrics: Loss and metrics over all images, each counted once.
        logits: float32 [images, units], what the probabilities were made of; None where they are
            not known.
        calibration: The temperature of the model; None where nothing is known of it.
    """

    channel: str
    folder: ImageFolder
    probabilities: npt.NDArray[np.float32]
    metrics: dict[str, float]
    logits: npt.NDArray[np.float32] | None = None
    calibration: Calibration | None = None

    def predicted(self) -> npt.NDArray[np.int64]:
        """The class index that the exported model would name, int64 [images]."""
        return np.asarray(self.probabilities.argmax(axis=1), np.int64)

    def record(self) -> EvaluationRecord | None:
        """What the model's archive says of it; None where there are no images."""
        if not self.folder.files:
            return None
        right = self.predicted() == np.asarray(self.folder.classes)
        return EvaluationRecord(
            channel=self.channel, images=len(right), accuracy=float(right.mean())
        )

    def confusion_matrix(self) -> npt.NDArray[np.int64]:
        """int64 [classes, classes]: rows are the images' classes, columns the model's answers."""
        size = len(self.folder.labels)
        matrix = np.zeros((size, size), np.int64)
        np.add.at(matrix, (np.asarray(self.folder.classes), self.predicted()), 1)
        return matrix

    def confusions(self) -> list[Confusion]:
        """Which class is taken for which other one, the most images first."""
        labels, matrix = self.folder.labels, self.confusion_matrix()
        counts = matrix.sum(axis=1)
        np.fill_diagonal(matrix, 0)
        confusions = [
            Confusion(labels[row], labels[column], images, images / int(counts[row]))
            for row, column in np.argwhere(matrix)
            if (images := int(matrix[row, column]))
        ]
        # Sorting is stable: of equals the order is that of the classes.
        return sorted(confusions, key=lambda one: -one.images)

    def class_scores(self) -> list[ClassScore]:
        """Precision, recall and F1 of each class."""
        matrix = self.confusion_matrix()
        scores = []
        for index, label in enumerate(self.folder.labels):
            right = int(matrix[index, index])
            answered, images = int(matrix[:, index].sum()), int(matrix[index].sum())
            f1 = 2 * right / (answered + images) if answered + images else None
            precision, recall = _share(right, answered), _share(right, images)
            scores.append(ClassScore(label, precision, recall, f1, images))
        return scores

    def mistakes(self) -> list[Mistake]:
        """The wrongly labelled images, the surest mistakes first."""
        mistakes = [
            self._mistake(row, answer)
            for row, answer in enumerate(self.predicted())
            if answer != self.folder.classes[row]
        ]
        return sorted(mistakes, key=lambda one: (-one.probability, one.file))

    def _mistake(self, row: int, answer: int) -> Mistake:
        truth = self.folder.classes[row]
        return Mistake(
            self.folder.files[row],
            self.folder.labels[truth],
            self.folder.labels[answer],
            float(self.probabilities[row, answer]),
            float(self.probabilities[row, truth]),
        )


def evaluate(
    model: Any,
    examples: Examples,
    folder: ImageFolder,
    hyperparameters: Hyperparameters,
    *,
    channel: str,
    exchange: HostExchange | None = None,
) -> Evaluation:
    """Pass a channel through a trained model once.

    Args:
        model: A ``tf_keras`` model of the examples' inputs that returns logits
            float32 [batch, units].
        examples: The examples of the folder, in its order.
        folder: The images of the channel.
        hyperparameters: The hyperparameters of the job.
        channel: The channel's name, ``validation`` or ``test``.
        exchange: The exchange between hosts that have the same model each and share the images; by
            default this host has all of them.
    """

    def answers(rows: Rows) -> Array:
        dataset = examples.dataset(rows, batch_size=hyperparameters.batch_size, seed=0)
        logits: Array = model.predict(
            dataset.map(lambda inputs, _: inputs),
            verbose=0,
            callbacks=[on_batches(lambda: advance(hyperparameters.batch_size))],
        )
        return logits

    count = len(examples)
    with phases.phase("evaluation", total=count, detail=channel) as advance:
        logits = (exchange or HostExchange()).shared(
            answers, count, lambda width: np.empty((count, width), np.float32)
        )
    # Keras counts the regularisation losses in every loss that it reports.
    penalties = sum(float(loss) for loss in model.losses)
    return of_logits(logits, folder, hyperparameters, channel=channel, penalties=penalties)


def of_logits(
    logits: Array,
    folder: ImageFolder,
    hyperparameters: Hyperparameters,
    *,
    channel: str,
    penalties: float = 0.0,
) -> Evaluation:
    """What a network's answers on a channel are worth.

    Args:
        logits: float32 [images, units], in the folder's order.
        folder: The images of the channel.
        hyperparameters: The hyperparameters of the job.
        channel: The channel's name, ``validation`` or ``test``.
        penalties: What regularisation adds to the loss.
    """
    probabilities = objective.probabilities(logits, binary_mode=hyperparameters.binary_mode).numpy()
    if hyperparameters.binary_mode:
        probabilities = np.concatenate(both_labels(probabilities), axis=1)
    metrics = _metrics(logits, folder, hyperparameters, penalties)
    return Evaluation(channel, folder, probabilities, metrics, logits)


def _metrics(
    logits: Array, folder: ImageFolder, hyperparameters: Hyperparameters, penalties: float
) -> dict[str, float]:
    """What Keras's ``evaluate`` reports, from logits float32 [images, units]."""
    targets = objective.targets(
        np.asarray(folder.classes, np.int32),
        count=len(folder.labels),
        binary_mode=hyperparameters.binary_mode,
    )
    metrics = {"loss": float(objective.loss(hyperparameters)(targets, logits)) + penalties}
    for metric in objective.metrics(hyperparameters):
        metric.update_state(targets, logits)
        metrics[metric.name] = float(metric.result())
    return metrics


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
