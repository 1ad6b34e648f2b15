r"""The log lines of a job and the regular expressions that read them back.

SageMaker turns the lines of a job's log into metrics with these expressions; users' notebooks hold
the same ones. ``[0-9\.]+`` knows neither signs nor exponents, so numbers are printed in fixed
point: 1e-07 as 0.0000001. What is not a number (``nan``) is printed as a word that no expression
reads, rather than as a wrong number.

The expressions are not tied to the beginning of a line: they would read a metric off any line with
the words of one, for example in the name of a class. So metrics are logged by ``log``, and every
other line of a job goes through ``without_metrics``.
"""

import logging
import math
import re
from collections.abc import Mapping

__all__ = [
    "METRIC_DEFINITIONS",
    "METRIC_NAMES",
    "SUMMARY_NAMES",
    "epoch_line",
    "log",
    "logger",
    "number",
    "read_epoch",
    "summary_line",
    "test_line",
    "without_metrics",
]

logger = logging.getLogger("ic_tf_sdk.metrics")
"""The logger of ``log``, by which the job's log knows a metric's line."""

METRIC_NAMES = (
    "accuracy",
    "loss",
    "top_5_accuracy",
    "precision",
    "recall",
    "auc",
    "prc",
)

SUMMARY_NAMES = (
    "Number of parameters",
    "Number of trainable parameters",
    "Number of non-trainable parameters",
    "Total training duration",
    "Average training duration per epoch",
    "Test evaluation latency",
    "Average test latency per sample",
    "Average test throughput",
)

_NUMBER = r"([0-9\.]+)"
# More than the definitions ask for: notebooks have expressions that leave the dash out, too.
_METRIC = re.compile(rf"({'|'.join(METRIC_NAMES + SUMMARY_NAMES)}): (?=[0-9.])")


def _definitions() -> tuple[dict[str, str], ...]:
    definitions = [
        {"Name": "tflow-ic:val-accuracy", "Regex": f"val_accuracy: {_NUMBER}"},
        {"Name": "validation:accuracy", "Regex": f"val_accuracy: {_NUMBER}"},
    ]
    for name in METRIC_NAMES:
        definitions += [
            {"Name": f"train:{name}", "Regex": f"- {name}: {_NUMBER}"},
            {"Name": f"val:{name}", "Regex": f"- val_{name}: {_NUMBER}"},
            {"Name": f"test:{name}", "Regex": f"- Test {name}: {_NUMBER}"},
        ]
    for name in SUMMARY_NAMES:
        definitions.append({"Name": name, "Regex": f"- {name}: {_NUMBER}"})
    return tuple(definitions)


METRIC_DEFINITIONS = _definitions()
"""SageMaker ``MetricDefinitions`` for every line printed here: the real spec's
``tflow-ic:val-accuracy`` first, then the documentation's ``validation:accuracy``, then the rest."""


def number(value: float) -> str:
    r"""A number that ``[0-9\.]+`` reads whole; up to nine decimals, never an exponent.

    Args:
        value: Zero or more; ``nan`` and infinities come back as a word.
    """
    if not math.isfinite(value):
        return "nan" if math.isnan(value) else "inf"
    text = f"{value:.9f}" if abs(value) < 0.001 else f"{value:.6f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def epoch_line(epoch: int, epochs: int, seconds: float, metrics: Mapping[str, float]) -> str:
    """``Epoch 1/5 - 3.2s - loss: 0.5 - accuracy: 0.8 - val_loss: 0.6 - val_accuracy: 0.7``.

    Args:
        epoch: Counted from 1.
        epochs: How many there will be at most.
        seconds: The epoch's duration.
        metrics: Names as Keras gives them; validation metrics begin with ``val_``.
    """
    parts = [f"Epoch {epoch}/{epochs}", f"{seconds:.1f}s"]
    return " - ".join(parts + [f"{name}: {number(value)}" for name, value in metrics.items()])


def read_epoch(line: str) -> int | None:
    """The epoch, counted from 1, that an ``epoch_line`` reports; None for any other line."""
    epoch = re.match(r"Epoch ([0-9]+)/[0-9]+ - ", line)
    return int(epoch[1]) if epoch else None


def test_line(name: str, value: float) -> str:
    """``- Test accuracy: 0.8``, for one metric of the test channel."""
    return f"- Test {name}: {number(value)}"


def summary_line(name: str, value: float) -> str:
    """``- Total training duration: 12.5``, for one of ``SUMMARY_NAMES``; durations in seconds."""
    if name not in SUMMARY_NAMES:
        raise ValueError(f"{name!r} is not one of {SUMMARY_NAMES}")
    return f"- {name}: {number(value)}"


def log(line: str) -> None:
    """Log the line of a metric, which a job prints whatever the level of its log.

    Args:
        line: Of ``epoch_line``, ``test_line`` or ``summary_line``.
    """
    logger.info(line)


def without_metrics(text: str) -> str:
    r"""A text in which no expression reads a metric: the blank before its number is an escape.

    Args:
        text: What is no line of metrics; it may hold names that others gave.

    Example:
        >>> print(without_metrics("Classes: ant, - Test accuracy: 0.999"))
        Classes: ant, - Test accuracy:\x200.999
    """
    return _METRIC.sub(r"\1:\\x20", text)
