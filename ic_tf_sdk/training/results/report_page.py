"""``report.html``: a job's result on one page that needs nothing else."""

import html
import math
from collections.abc import Iterable, Mapping, Sequence

from ic_tf_sdk.contract.calibration import Calibration
from ic_tf_sdk.contract.history_record import HistoryRecord
from ic_tf_sdk.contract.plain_text import visible
from ic_tf_sdk.training.results import calibration
from ic_tf_sdk.training.results.evaluation import MATRIX_CLASSES, Evaluation

__all__ = ["render"]

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; color: #222 }
table { border-collapse: collapse; margin: 1rem 0 } caption { text-align: left; color: #666 }
th, td { padding: .2rem .7rem; border-bottom: 1px solid #ddd; text-align: right }
th:first-child, td:first-child { text-align: left } svg { max-width: 100% }
"""
_WIDTH, _HEIGHT = 640, 220
_SHOWN_MISTAKES = 100
_SHOWN_CONFUSIONS = 100


def render(
    title: str,
    record: HistoryRecord,
    evaluation: Evaluation | None,
    *,
    left_out: Mapping[str, int] | None = None,
) -> str:
    """The page as HTML text.

    Args:
        title: The model's id and version.
        record: The course of the training.
        evaluation: The answers on the test channel, else on the validation images; None without
            either.
        left_out: Channel name -> how many of its images the user wanted left out.
    """
    parts = [f"<h1>{_text(title)}</h1>", _best(record), *_left_out(left_out or {})]
    parts.append("<h2>Epochs</h2>")
    # One epoch is a point and no line; the table has it.
    if len(record.epochs) > 1:
        parts += [_chart(record, name) for name in ("accuracy", "loss") if name in record.epochs[0]]
    parts.append(_epochs(record))
    if evaluation is not None:
        parts += _evaluation(evaluation)
    body = "\n".join(parts)
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{_text(title)}'
        f"</title><style>{_STYLE}</style></head><body>\n{body}\n</body></html>\n"
    )


def _best(record: HistoryRecord) -> str:
    count, seconds = len(record.epochs), sum(record.seconds)
    epochs = "1 epoch" if count == 1 else f"{count} epochs"
    return (
        f"<p>{epochs} in {seconds:.1f} seconds; the exported weights are those of epoch "
        f"{record.best_epoch + 1}.</p>"
    )


def _left_out(counts: Mapping[str, int]) -> list[str]:
    if not counts:
        return []
    listed = ", ".join(f"{count} {channel} images" for channel, count in counts.items())
    return [f"<p>Left out, as listed by who started the job: {_text(listed)}.</p>"]


def _epochs(record: HistoryRecord) -> str:
    names = list(record.epochs[0])
    rows = [
        [index + 1, *(metrics[name] for name in names)]
        for index, metrics in enumerate(record.epochs)
    ]
    return _table(["epoch", *names], rows)


def _evaluation(evaluation: Evaluation) -> list[str]:
    mistakes = evaluation.mistakes()
    parts = [f"<h2>On the {evaluation.channel} images</h2>"]
    parts.append(_table(list(evaluation.metrics), [list(evaluation.metrics.values())]))
    parts.append(
        _table(["class", "precision", "recall", "F1", "images"], evaluation.class_scores())
    )
    parts.append(_confused(evaluation))
    parts += _calibration(evaluation)
    parts.append(f"<h3>{len(mistakes)} wrong answers, the surest first</h3>")
    names = ["file", "class", "answer", "probability", "probability of the class"]
    parts.append(_table(names, mistakes[:_SHOWN_MISTAKES]))
    if len(mistakes) > _SHOWN_MISTAKES:
        parts.append("<p>All of them are in misclassified.csv.</p>")
    return parts


def _calibration(evaluation: Evaluation) -> list[str]:
    """How sure the model is beside how often it is right; nothing where that is not known."""
    said = calibration.summary(evaluation)
    forms = [form for form in ("", "calibrated_") if f"{form}ece" in said]
    if not forms:
        return []
    errors = [
        ["calibrated" if form else "as served", said[f"{form}ece"], said[f"{form}log_loss"]]
        for form in forms
    ]
    sentence = calibration.sentence(evaluation.calibration or Calibration())
    parts = [f"<h3>How sure, how right</h3><p>{_text(sentence)}</p>"]
    parts.append(_table(["probabilities", "calibration error", "log loss"], errors))
    for form in forms:
        rows = [list(one.values()) for one in said[f"{form}reliability"]]
        caption = "calibrated" if form else "as served"
        parts.append(_table(["images", f"mean probability, {caption}", "share right"], rows))
    return parts


def _confused(evaluation: Evaluation) -> str:
    """The confusion matrix, or its largest entries where it has too many to be read."""
    labels = evaluation.folder.labels
    if len(labels) <= MATRIX_CLASSES:
        text = "<h3>Confusion matrix</h3><p>Rows: the images' classes. Columns: answers.</p>"
        return text + _matrix(labels, evaluation.confusion_matrix().tolist())
    confusions = evaluation.confusions()
    names = ["class", "answer", "images", "share of the class"]
    return (
        f"<h3>{len(confusions)} pairs of classes are confused, the most images first</h3>"
        f"{_table(names, confusions[:_SHOWN_CONFUSIONS])}"
        "<p>The whole matrix is in confusion_matrix.csv.</p>"
    )


def _matrix(labels: Sequence[str], matrix: list[list[int]]) -> str:
    head = "".join(f"<th>{_text(label)}</th>" for label in ["", *labels])
    rows = []
    for label, row in zip(labels, matrix, strict=True):
        total = sum(row) or 1
        cells = "".join(
            f'<td style="background:rgba(30,110,200,{count / total:.2f})">{count}</td>'
            for count in row
        )
        rows.append(f"<tr><th>{_text(label)}</th>{cells}</tr>")
    return f"<table><tr>{head}</tr>{''.join(rows)}</table>"


def _table(names: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    head = "".join(f"<th>{_text(name)}</th>" for name in names)
    body = "".join(
        f"<tr>{''.join(f'<td>{_text(value)}</td>' for value in row)}</tr>" for row in rows
    )
    return f"<table><tr>{head}</tr>{body}</table>"


def _chart(record: HistoryRecord, name: str) -> str:
    """Training and validation of one metric as lines; nothing where no value is a number."""
    lines = {
        "training": [metrics[name] for metrics in record.epochs],
        "validation": [metrics.get(f"val_{name}", math.nan) for metrics in record.epochs],
    }
    values = [value for line in lines.values() for value in line if math.isfinite(value)]
    if not values:
        return ""
    # Accuracies are drawn on the whole of 0 to 1, so that two reports can be laid side by side.
    low, high = min(0.0, *values), max(1.0, *values) if name == "accuracy" else max(values)
    drawn = "".join(
        _line(line, low, high, colour)
        for line, colour in zip(lines.values(), ("#888", "#1e6ec8"), strict=True)
    )
    return (
        f'<figure><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{name}">'
        f"{drawn}</svg><figcaption>{name}, {low:.3g} to {high:.3g}: training grey, validation "
        "blue</figcaption></figure>"
    )


def _line(values: Sequence[float], low: float, high: float, colour: str) -> str:
    step = _WIDTH / max(len(values) - 1, 1)
    scale = (_HEIGHT - 10) / ((high - low) or 1.0)
    points = " ".join(
        f"{index * step:.1f},{_HEIGHT - 5 - (value - low) * scale:.1f}"
        for index, value in enumerate(values)
        if math.isfinite(value)
    )
    return f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="{points}"/>'


def _text(value: object) -> str:
    if value is None:
        return "&ndash;"
    shown = f"{value:.4f}" if isinstance(value, float) else str(value)
    return html.escape(visible(shown))
