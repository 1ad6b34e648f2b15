"""Two models asked about the same images: which answers changed, and whether that is chance."""

from typing import TYPE_CHECKING, Any, NamedTuple

from ic_tf_sdk import extras
from ic_tf_sdk.errors import DatasetError

if TYPE_CHECKING:
    from ic_tf_sdk.training.results.evaluation import Evaluation

__all__ = ["Change", "ModelComparison", "compare", "mcnemar"]

_CHANCE = 0.05


class Change(NamedTuple):
    """An image that the two models name differently.

    Attributes:
        file: Its path relative to the folder.
        label: Its class.
        predicted_label: What the model names.
        probability: The model's probability of that, 0 to 1.
        other_label: What the other model names.
        other_probability: The other model's probability of that, 0 to 1.
        change: ``"mended"`` where the model alone is right, ``"broken"`` where the other one alone
            is, ``"wrong"`` where neither is.
    """

    file: str
    label: str
    predicted_label: str
    probability: float
    other_label: str
    other_probability: float
    change: str


class ModelComparison(NamedTuple):
    """A model beside another one, on the images that both were asked about.

    Attributes:
        other: The other model, as it was given.
        images: How many images both were asked about.
        accuracy: The model's share of right answers on them, 0 to 1.
        other_accuracy: The other model's.
        mended: How many the model alone names rightly.
        broken: How many the other model alone names rightly.
        p_value: Of McNemar's exact test: how likely so uneven a split of ``mended`` and ``broken``
            is where neither model is better, 0 to 1.
        changes: The images that they name differently: broken, mended, then otherwise wrong; the
            surest first.
        notes: What a person should know of the other model and its classes.

    Example:
        >>> found = ModelComparison("old.tar.gz", 200, 0.90, 0.86, 11, 3, mcnemar(11, 3), ())
        >>> found.p_value
        0.057373046875
        >>> found.sentence.split("). ")[1]
        'That may be chance: these images cannot tell which one is better.'
    """

    other: str
    images: int
    accuracy: float
    other_accuracy: float
    mended: int
    broken: int
    p_value: float
    changes: tuple[Change, ...]
    notes: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """What came of it."""
        if self.mended == self.broken:
            verdict = "Neither is right more often."
        elif self.p_value < _CHANCE:
            better = "The first" if self.mended > self.broken else "The other"
            verdict = f"{better} model is better, by more than chance explains."
        else:
            verdict = "That may be chance: these images cannot tell which one is better."
        return (
            f"Of {self.images} images {self.mended} are right with the first model alone, "
            f"{self.broken} with the other alone (McNemar's exact test: p = {self.p_value:.4f}). "
            f"{verdict}"
        )

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values."""
        changes = [one._asdict() for one in self.changes]
        return {**self._asdict(), "changes": changes, "notes": list(self.notes)}


def mcnemar(mended: int, broken: int) -> float:
    """The two-sided p-value of McNemar's exact test: a binomial one, of any number of images.

    Args:
        mended: How many images the one model alone names rightly.
        broken: How many the other one alone.

    Raises:
        MissingExtraError: SciPy is not installed.

    Example:
        >>> round(mcnemar(9, 1), 6)
        0.021484
    """
    if mended + broken == 0:
        return 1.0
    test = extras.load("scipy.stats").binomtest
    return float(test(min(mended, broken), mended + broken, 0.5).pvalue)


def compare(
    one: "Evaluation", other: "Evaluation", *, name: str, notes: tuple[str, ...] = ()
) -> ModelComparison:
    """Compare the answers of two models on the images of one folder.

    Args:
        one: The model's answers.
        other: The other model's; of other classes, too.
        name: What the other model is called.
        notes: What is to be said beside it.

    Raises:
        DatasetError: There is no image that both were asked about.
    """
    mine, theirs = _answers(one), _answers(other)
    both = [file for file in mine if file in theirs]
    if not both:
        raise DatasetError(
            f"No image is of a class that both models have: {', '.join(sorted(one.folder.labels))} "
            f"here, {', '.join(sorted(other.folder.labels))} in {name}."
        )
    changes = []
    mended = broken = right = other_right = 0
    for file in both:
        label, answer, sure = mine[file]
        _, before, before_sure = theirs[file]
        right, other_right = right + (answer == label), other_right + (before == label)
        mended += answer == label != before
        broken += before == label != answer
        if answer != before:
            kind = "mended" if answer == label else "broken" if before == label else "wrong"
            changes.append(Change(file, label, answer, sure, before, before_sure, kind))
    changes.sort(key=lambda it: (("broken", "mended", "wrong").index(it.change), -it.probability))
    count = len(both)
    return ModelComparison(
        name,
        count,
        right / count,
        other_right / count,
        mended,
        broken,
        mcnemar(mended, broken),
        tuple(changes),
        notes,
    )


def _answers(evaluation: "Evaluation") -> dict[str, tuple[str, str, float]]:
    """File -> its class, the answer, and how sure it is."""
    labels, folder = evaluation.folder.labels, evaluation.folder
    return {
        file: (labels[truth], labels[answer], float(row[answer]))
        for file, truth, answer, row in zip(
            folder.files,
            folder.classes,
            evaluation.predicted().tolist(),
            evaluation.probabilities,
            strict=True,
        )
    }
