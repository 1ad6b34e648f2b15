"""What a model that is there already is worth on labelled images."""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ic_tf_sdk.contract import csv_file, file_access, output_files
from ic_tf_sdk.contract.output_files import REPORT_FILE
from ic_tf_sdk.launch.local.labelled_images import LabelledImages
from ic_tf_sdk.launch.local.model_comparison import Change, ModelComparison
from ic_tf_sdk.launch.local.report import framed_page

if TYPE_CHECKING:
    from ic_tf_sdk.training.results.evaluation import ClassScore, Confusion, Evaluation, Mistake

__all__ = ["ModelEvaluation"]

_ANSWERS = ("file", "label", "predicted_label", "probability", "label_probability")


@dataclass(frozen=True)
class ModelEvaluation:
    """The result of ``evaluate``; in a notebook it shows as a page.

    Attributes:
        model: The model, as it was given.
        model_id: The id and version that the model says of itself.
        evaluation: The answers: probabilities, metrics, and the images.
        images: What of the folder was used, and what was left out.
        against: The same beside another model; None where none was asked for.

    Example:
        >>> import numpy as np
        >>> from ic_tf_sdk.training.data.image_folder import ImageFolder
        >>> from ic_tf_sdk.training.results.evaluation import Evaluation
        >>> images = ImageFolder(Path("new"), ("a", "b"), ("a/1.jpg", "b/2.jpg"), (0, 1), {})
        >>> answers = Evaluation("test", images, np.array([[0.9, 0.1], [0.7, 0.3]]), {})
        >>> found = ModelEvaluation("model.tar.gz", "mine 1", answers, LabelledImages(images))
        >>> found.accuracy, found.mistakes()[0].file
        (0.5, 'b/2.jpg')
    """

    model: str
    model_id: str
    evaluation: "Evaluation"
    images: LabelledImages
    against: ModelComparison | None = None
    _preprocessing: Any = field(default=None, repr=False, compare=False)

    @property
    def metrics(self) -> dict[str, float]:
        """The loss and the metrics that a report of a training has, each image counted once."""
        return self.evaluation.metrics

    @property
    def accuracy(self) -> float:
        """The share of the images that are named rightly, 0 to 1."""
        folder = self.evaluation.folder
        right = self.evaluation.predicted() == folder.classes
        return float(right.mean())

    @property
    def standard_error(self) -> float:
        """That of the accuracy."""
        share = self.accuracy
        return math.sqrt(share * (1 - share) / len(self.evaluation.folder.files))

    def class_scores(self) -> "list[ClassScore]":
        """Precision, recall and F1 of each class."""
        return self.evaluation.class_scores()

    def confusions(self) -> "list[Confusion]":
        """Which class is taken for which other one, the most images first."""
        return self.evaluation.confusions()

    def mistakes(self) -> "list[Mistake]":
        """The wrongly labelled images, the surest mistakes first."""
        return self.evaluation.mistakes()

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values; what ``--json`` prints."""
        from ic_tf_sdk.training.results import evaluation_files

        return {**evaluation_files.summary(self.evaluation), **self._further()}

    def write(self, folder: str | Path) -> None:
        """Write the page and the tables, in one step.

        Args:
            folder: A folder to create.

        Raises:
            OutputExistsError: It exists.
            FileAccessError: It cannot be written.
        """
        from ic_tf_sdk.training.results import evaluation_files

        target = Path(folder)
        file_access.require_writable(target)
        with file_access.refusals(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            with output_files.replacing(target) as temporary:
                temporary.mkdir()
                evaluation_files.write_evaluation(temporary, self.evaluation, self._further())
                csv_file.write(temporary / "answers.csv", _ANSWERS, self._answers())
                left_out = self.images.left_out.items()
                csv_file.write(temporary / "left_out.csv", ("file", "reason"), left_out)
                if self.against is not None:
                    changes = self.against.changes
                    csv_file.write(temporary / "changed.csv", Change._fields, changes)
                output_files.write_text(temporary / REPORT_FILE, self.page())

    def page(self) -> str:
        """The page as HTML text, which needs nothing else."""
        from ic_tf_sdk.launch.local import evaluation_page

        return evaluation_page.render(self, self._preprocessing)

    def _repr_html_(self) -> str:
        return framed_page(self.page())

    def _answers(self) -> list[tuple[str, str, str, float, float]]:
        folder, labels = self.evaluation.folder, self.evaluation.folder.labels
        answers, shares = self.evaluation.predicted().tolist(), self.evaluation.probabilities
        rows = zip(folder.files, folder.classes, answers, shares, strict=True)
        return [
            (file, labels[truth], labels[answer], float(row[answer]), float(row[truth]))
            for file, truth, answer, row in rows
        ]

    def _further(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "model_id": self.model_id,
            "data": str(self.images.folder.root),
            "images": len(self.evaluation.folder.files),
            "accuracy": self.accuracy,
            "standard_error": self.standard_error,
            "left_out": dict(self.images.left_out),
            "unknown_classes": dict(self.images.unknown),
            "absent_classes": list(self.images.absent),
            "notes": self.images.sentences(),
            "against": None if self.against is None else self.against.as_dict(),
        }
