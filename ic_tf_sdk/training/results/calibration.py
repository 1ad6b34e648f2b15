"""How sure a trained model is, beside how often it is right: measured, and put right.

One number, the temperature, divides the logits before they become probabilities. It changes no
answer, only how sure it is. Guo et al., "On Calibration of Modern Neural Networks", 2017,
https://arxiv.org/abs/1706.04599.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ic_tf_sdk.contract.calibration import Calibration
from ic_tf_sdk.training.results.evaluation import Evaluation

__all__ = [
    "BINS",
    "NO_VALIDATION",
    "ReliabilityBin",
    "calibration_error",
    "fit",
    "log_loss",
    "probabilities",
    "reliability",
    "sentence",
    "summary",
    "temperature",
]

BINS = 15
"""Bins of the expected calibration error, each of as many images."""

# As if one more image were answered as sure as it should be: its weight against a validation set
# that has no wrong answer, of which any temperature towards zero would be the better one.
_PRIOR_IMAGES = 1.0
# Halvings of an interval of the temperature's logarithm, from e**-12 to e**12.
_HALVINGS, _WIDEST = 40, 12.0

NO_VALIDATION = (
    "There were no validation images: give a validation channel, or a validation_split_ratio above "
    "0."
)
"""Why a model has no temperature."""

Floats = npt.NDArray[np.floating]
Classes = npt.NDArray[np.int64]


class ReliabilityBin(NamedTuple):
    """Images of about equal confidence.

    Attributes:
        images: How many.
        confidence: The mean probability of the class that the model names, 0 to 1.
        accuracy: The share that it names rightly, 0 to 1.
    """

    images: int
    confidence: float
    accuracy: float


def probabilities(
    logits: Floats, *, temperature: float = 1.0, binary_mode: bool = False
) -> npt.NDArray[np.float64]:
    """Of every class, float64 [images, classes], both in binary mode too.

    Args:
        logits: float [images, units].
        temperature: It divides them.
        binary_mode: Whether the one unit is the second class's.
    """
    scores = _scores(logits, binary_mode=binary_mode) / temperature
    scores -= scores.max(axis=1, keepdims=True)
    exponentials = np.exp(scores)
    every: npt.NDArray[np.float64] = exponentials / exponentials.sum(axis=1, keepdims=True)
    return every


def _scores(logits: Floats, *, binary_mode: bool) -> npt.NDArray[np.float64]:
    """A logit for each class, float64 [images, classes]: a sigmoid is a softmax with a zero."""
    scores = np.asarray(logits, np.float64)
    return np.hstack([np.zeros_like(scores), scores]) if binary_mode else scores


def temperature(logits: Floats, classes: Classes, *, binary_mode: bool = False) -> float:
    """The temperature of the least log loss, a little towards 1.

    The penalty has the weight of one image, so that a validation set without a wrong answer, of
    which certainty would be best, has a temperature too. In the temperature's inverse all of it is
    convex, with a minimum where its slope changes sign; SciPy, which would find it as well, is no
    requirement of a job.

    Args:
        logits: float [images, units], at least one image.
        classes: int64 [images], their class indices.
        binary_mode: Whether the one unit is the second class's.

    Example:
        >>> import numpy as np
        >>> logits = np.array([[4.0, 0.0]] * 10)  # 98 % sure each time
        >>> classes = np.array([0] * 8 + [1] * 2)  # and right in 80 %
        >>> fitted = temperature(logits, classes)
        >>> bool(0.75 < probabilities(logits, temperature=fitted)[0, 0] < 0.85)
        True
    """
    scores = _scores(logits, binary_mode=binary_mode)
    truth = scores[np.arange(len(scores)), classes].sum()

    def slope(inverse: float) -> float:
        answers = probabilities(scores, temperature=1 / inverse)
        expected = np.einsum("ij,ij->", answers, scores)
        return float(expected - truth + _PRIOR_IMAGES * (1 - 1 / inverse))

    low, high = -_WIDEST, _WIDEST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if slope(float(np.exp(middle))) > 0 else (middle, high)
    return float(np.exp(-low))


def reliability(answers: Floats, classes: Classes) -> list[ReliabilityBin]:
    """Confidence beside accuracy, in ``BINS`` bins of equally many images, the least sure first.

    Args:
        answers: float [images, classes], probabilities.
        classes: int64 [images], the true class indices.
    """
    confidence = answers.max(axis=1)
    right = answers.argmax(axis=1) == classes
    order = np.argsort(confidence, kind="stable")
    return [
        ReliabilityBin(len(rows), float(confidence[rows].mean()), float(right[rows].mean()))
        for rows in np.array_split(order, min(BINS, len(order)))
    ]


def calibration_error(answers: Floats, classes: Classes) -> float:
    """The expected calibration error: how far confidence and accuracy are apart, 0 to 1.

    Args:
        answers: float [images, classes], probabilities.
        classes: int64 [images], the true class indices.
    """
    bins = reliability(answers, classes)
    apart = sum(one.images * abs(one.confidence - one.accuracy) for one in bins)
    return apart / len(classes)


def log_loss(
    logits: Floats, classes: Classes, *, temperature: float = 1.0, binary_mode: bool = False
) -> float:
    """The mean negative logarithm of the true classes' probabilities, without smoothing.

    Args:
        logits: float [images, units].
        classes: int64 [images], the true class indices.
        temperature: It divides the logits.
        binary_mode: Whether the one unit is the second class's.
    """
    scores = _scores(logits, binary_mode=binary_mode) / temperature
    top = scores.max(axis=1)
    totals = top + np.log(np.exp(scores - top[:, np.newaxis]).sum(axis=1))
    return float((totals - scores[np.arange(len(scores)), classes]).mean())


def fit(logits: Floats, classes: Classes, *, binary_mode: bool) -> Calibration:
    """Fit the temperature on validation images, and measure what it does to them.

    Args:
        logits: float [images, units] of images that did not train the model.
        classes: int64 [images], their class indices.
        binary_mode: Whether the one unit is the second class's.
    """
    if not np.isfinite(logits).all():
        return Calibration(
            images=len(logits),
            reason="The model answers a validation image by values that are no numbers.",
        )
    fitted = temperature(logits, classes, binary_mode=binary_mode)
    ece, calibrated_ece = (
        calibration_error(
            probabilities(logits, temperature=value, binary_mode=binary_mode), classes
        )
        for value in (1.0, fitted)
    )
    losses = [
        log_loss(logits, classes, temperature=value, binary_mode=binary_mode)
        for value in (1.0, fitted)
    ]
    return Calibration(
        temperature=fitted,
        images=len(logits),
        ece=ece,
        calibrated_ece=calibrated_ece,
        log_loss=losses[0],
        calibrated_log_loss=losses[1],
    )


def sentence(fitted: Calibration) -> str:
    """What the log says of it.

    Args:
        fitted: From ``fit``.
    """
    if fitted.temperature is None:
        return f"No calibrated probabilities: {fitted.reason}"
    return (
        f"Temperature for calibrated probabilities, of {fitted.images} validation images: "
        f"{fitted.temperature:.3f}. Calibration error on them {fitted.ece:.3f}, "
        f"{fitted.calibrated_ece:.3f} with it."
    )


def summary(evaluation: Evaluation) -> dict[str, Any]:
    """What ``evaluation.json`` says: where the temperature is from, and what it does here.

    Args:
        evaluation: The answers on a channel; those of validation images fitted the temperature.
    """
    fitted = evaluation.calibration or Calibration()
    said: dict[str, Any] = {"fitted": fitted.model_dump()}
    if evaluation.logits is None:
        return said
    classes, logits = np.asarray(evaluation.folder.classes), evaluation.logits
    temperatures = {"": 1.0, "calibrated_": fitted.temperature}
    # One unit is the second class's, as binary mode has it.
    binary_mode = logits.shape[1] == 1
    for prefix, value in temperatures.items():
        if value is None:
            continue
        answers = probabilities(logits, temperature=value, binary_mode=binary_mode)
        said[f"{prefix}ece"] = calibration_error(answers, classes)
        said[f"{prefix}log_loss"] = log_loss(
            logits, classes, temperature=value, binary_mode=binary_mode
        )
        bins = reliability(answers, classes)
        said[f"{prefix}reliability"] = [one._asdict() for one in bins]
    return said
