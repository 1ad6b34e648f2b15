"""The course of the training: curves of accuracy and loss, and the table of epochs."""

import math

from ic_tf_sdk.contract.history_record import HistoryRecord
from ic_tf_sdk.pages import chart, line_chart
from ic_tf_sdk.pages.chart import Axis
from ic_tf_sdk.pages.markup import table, text

__all__ = ["accuracy_and_loss", "course", "curve"]

_AXES = {"accuracy": Axis("accuracy", 0, 1), "loss": Axis("loss", 0)}
_FEW_CLASSES = 5


def course(record: HistoryRecord, classes: int) -> str:
    """Curves, where there is more than one epoch, and all values, as HTML.

    Args:
        record: The course of the training.
        classes: How many there are: the top five of five are always right, and say nothing.
    """
    drawn = accuracy_and_loss(record)
    table_ = _table(record, classes)
    epochs = table_ if not drawn else f"<details><summary>All values</summary>{table_}</details>"
    return f"<section><h2>Epochs</h2>{drawn}{epochs}</section>"


def accuracy_and_loss(record: HistoryRecord) -> str:
    """The two curves beside each other, as HTML; nothing where there is no curve to draw."""
    # One epoch is a point and no line; the table has it.
    if len(record.epochs) < 2:
        return ""
    drawn = "".join(_figure(record, name) for name in _AXES if name in record.epochs[0])
    return f'<div class="columns">{drawn}</div>' if drawn else ""


def curve(record: HistoryRecord, name: str) -> str | None:
    """Training and validation of one metric over the epochs, as SVG.

    Args:
        record: The course of the training.
        name: ``accuracy`` or ``loss``.
    """
    lines = {
        legend: [metrics.get(f"{prefix}{name}", math.nan) for metrics in record.epochs]
        for legend, prefix in (("training", ""), ("validation (dashed)", "val_"))
    }
    best = record.best_epoch + 1
    return line_chart.draw(
        f"{name.capitalize()} of each epoch",
        lines,
        x=Axis("epoch"),
        y=_AXES[name],
        marked=(best, f"exported: epoch {best}"),
    )


def _figure(record: HistoryRecord, name: str) -> str:
    return chart.figure(curve(record, name), text(name.capitalize()))


def _table(record: HistoryRecord, classes: int) -> str:
    names = [name for name in record.epochs[0] if classes > _FEW_CLASSES or "top_5" not in name]
    rows = [
        [
            f"{index}, exported" if index == record.best_epoch + 1 else index,
            *(metrics.get(name) for name in names),
            seconds,
        ]
        for index, (metrics, seconds) in enumerate(
            zip(record.epochs, record.seconds, strict=True), start=1
        )
    ]
    shown = [name.replace("val_", "validation ").replace("_", " ") for name in names]
    return table(["epoch", *shown, "seconds"], rows, caption="Metrics of each epoch")
