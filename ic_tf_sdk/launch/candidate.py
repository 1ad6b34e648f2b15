"""A backbone that was measured on a folder of images, and how two of them compare."""

import math
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Candidate", "Difference", "difference", "macro_f1"]


class Difference(NamedTuple):
    """By how much one candidate's accuracy is above another's, on the same images.

    Attributes:
        accuracy: The difference, -1 to 1.
        standard_error: Its standard error.
    """

    accuracy: float
    standard_error: float

    @property
    def is_tie(self) -> bool:
        """Whether so many images cannot tell them apart: less than two standard errors."""
        return abs(self.accuracy) <= 2 * self.standard_error


class Candidate(NamedTuple):
    """One backbone's line of the table.

    Attributes:
        model: The model id, or the path that was given.
        accuracy: The share of the images, each asked of a layer that was trained without it, that
            are named rightly, 0 to 1.
        standard_error: Of the accuracy.
        macro_f1: The mean of the classes' F1, 0 to 1; None where it was not measured.
        milliseconds: What one image takes, on the machine that measured.
        parameters: The number of the backbone's parameters.
        archive_bytes: The size of the model's archive or folder; None where it is gone.
        training_seconds: What a training takes; of a layer alone one pass over the images, and the
            solving.
        right: Whether each image was named rightly; empty where single answers are not known.
        path: Where the model lies.
    """

    model: str
    accuracy: float
    standard_error: float
    macro_f1: float | None
    milliseconds: float
    parameters: int
    archive_bytes: int | None
    training_seconds: float
    right: tuple[bool, ...]
    path: str


def difference(one: Candidate, other: Candidate) -> Difference:
    """By how much one is above the other, by what each said of the same images.

    Without the single answers the two are taken as independent, which sees fewer differences.

    Args:
        one: A candidate.
        other: Another one of the same folder.

    Example:
        >>> right = Candidate("a", 1.0, 0.0, 1.0, 5.0, 10, 10, 1.0, (True,) * 4, "")
        >>> wrong = right._replace(model="b", accuracy=0.75, right=(True, True, True, False))
        >>> difference(right, wrong).accuracy, difference(right, wrong).is_tie
        (0.25, True)
    """
    if not one.right or not other.right:
        together = math.hypot(one.standard_error, other.standard_error)
        return Difference(one.accuracy - other.accuracy, together)
    steps = [int(a) - int(b) for a, b in zip(one.right, other.right, strict=True)]
    count = len(steps)
    mean = sum(steps) / count
    spread = sum((step - mean) ** 2 for step in steps) / count
    return Difference(mean, math.sqrt(spread / count))


def macro_f1(answers: Sequence[int], classes: Sequence[int]) -> float:
    """The mean of the classes' F1, 0 to 1; of a class that is never named it is 0.

    Args:
        answers: The class index that was named for each image.
        classes: The class index of each image.

    Example:
        >>> macro_f1([0, 0, 1, 1], [0, 1, 1, 1])
        0.7333333333333333
    """
    scores = []
    for index in set(classes):
        named = sum(answer == index for answer in answers)
        there = sum(one == index for one in classes)
        right = sum(answer == one == index for answer, one in zip(answers, classes, strict=True))
        scores.append(2 * right / (named + there))
    return sum(scores) / len(scores)
