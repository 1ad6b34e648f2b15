"""How a trained model answers on a channel: per class, and image by image."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ic_tf_sdk.contract.container_handler import both_labels
from ic_tf_sdk.specs.hyperparameters import Hyperparameters
from ic_tf_sdk.training.data.image_folder import ImageFolder
from ic_tf_sdk.training.devices.distribution import Array, Distribution
from ic_tf_sdk.training.feed.batches import Examples, Rows
from ic_tf_sdk.training.network import objective

__all__ = ["ClassScore", "Evaluation", "Mistake", "evaluate"]


class ClassScore(NamedTuple):
    """One class's scores; None where there is nothing to divide by.

    Attributes:
        label: The class.
        precision: Share of the images so labelled by the model that are of the class.
        recall: Share of the class's images that the model labels so.
        f1: Harmonic mean of the two.
        images: Images of the class.
    """

    label: str
    precision: float | None
    recall: float | None
    f1: float | None
    images: int


class Mistake(NamedTuple):
    """A wrongly labelled image.

    Attributes:
        file: Relative to the channel's folder.
        label: Its class.
        predicted_label: What the model says.
        probability: Of what the model says.
        label_probability: Of the image's class.
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
    """

    channel: str
    folder: ImageFolder
    probabilities: npt.NDArray[np.float32]
    metrics: dict[str, float]

    def predicted(self) -> npt.NDArray[np.int64]:
        """The class index that the exported model would name, for each image."""
        return np.asarray(self.probabilities.argmax(axis=1), np.int64)

    def confusion_matrix(self) -> npt.NDArray[np.int64]:
        """int64 [classes, classes]: rows are the images' classes, columns the model's answers."""
        size = len(self.folder.labels)
        matrix = np.zeros((size, size), np.int64)
        np.add.at(matrix, (np.asarray(self.folder.classes), self.predicted()), 1)
        return matrix

    def class_scores(self) -> list[ClassScore]:
        """Precision, recall and F1 of each class."""
        matrix = self.confusion_matrix()
        scores = []
        for index, label in enumerate(self.folder.labels):
            right = int(matrix[index, index])
            said, there = int(matrix[:, index].sum()), int(matrix[index].sum())
            f1 = 2 * right / (said + there) if said + there else None
            scores.append(ClassScore(label, _share(right, said), _share(right, there), f1, there))
        return scores

    def mistakes(self) -> list[Mistake]:
        """The wrongly labelled images, the surest mistakes first."""
        found = [
            self._mistake(row, said)
            for row, said in enumerate(self.predicted())
            if said != self.folder.classes[row]
        ]
        return sorted(found, key=lambda one: (-one.probability, one.file))

    def _mistake(self, row: int, said: int) -> Mistake:
        known = self.folder.classes[row]
        return Mistake(
            self.folder.files[row],
            self.folder.labels[known],
            self.folder.labels[said],
            float(self.probabilities[row, said]),
            float(self.probabilities[row, known]),
        )


def evaluate(
    model: Any,
    examples: Examples,
    folder: ImageFolder,
    given: Hyperparameters,
    *,
    channel: str,
    distribution: Distribution | None = None,
) -> Evaluation:
    """Pass a channel through a trained model once.

    Args:
        model: Of the examples' inputs; returns logits.
        examples: Of the folder, in its order.
        folder: The images.
        given: The hyperparameters.
        channel: Its name.
        distribution: Hosts that have the same model each and share the images.
    """

    def answers(rows: Rows) -> Array:
        dataset = examples.dataset(rows, batch_size=given.batch_size, seed=0)
        found: Array = model.predict(dataset.map(lambda inputs, _: inputs), verbose=0)
        return found

    count = len(examples)
    logits = (distribution or Distribution()).shared(
        answers, count, lambda width: np.empty((count, width), np.float32)
    )
    found = objective.probabilities(logits, binary_mode=given.binary_mode).numpy()
    both = np.concatenate(both_labels(found), axis=1) if given.binary_mode else found
    return Evaluation(channel, folder, both, _metrics(model, logits, folder, given))


def _metrics(
    model: Any, logits: Any, folder: ImageFolder, given: Hyperparameters
) -> dict[str, float]:
    """What Keras's ``evaluate`` reports, from logits that are there already."""
    wanted = objective.targets(
        np.asarray(folder.classes, np.int32),
        count=len(folder.labels),
        binary_mode=given.binary_mode,
    )
    penalties = sum(float(loss) for loss in model.losses)
    found = {"loss": float(objective.loss(given)(wanted, logits)) + penalties}
    for metric in objective.metrics(given):
        metric.update_state(wanted, logits)
        found[metric.name] = float(metric.result())
    return found


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
