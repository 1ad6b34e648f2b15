"""The course of the training: curves of accuracy and loss, and the table of epochs."""

import math
from collections.abc import Mapping, Sequence

from ic_tf_sdk.contract.history_record import HistoryRecord
from ic_tf_sdk.pages import chart, line_chart
from ic_tf_sdk.pages.chart import Axis
from ic_tf_sdk.pages.markup import table, text

__all__ = ["accuracy_and_loss", "course", "curve"]

_AXES = {"accuracy": Axis("accuracy", 0, 1), "loss": Axis("loss", 0)}
_FEW_CLASSES = 5


def course(record: HistoryRecord, classes: int) -> str:
    """Curves, where there is more than one epoch, all values and what was chosen, as HTML.

    Args:
        record: The course of the training.
        classes: How many there are: the top five of five are always right, and say nothing.
    """
    drawn = accuracy_and_loss(record)
    table_ = _table(record, classes)
    epochs = table_ if not drawn else f"<details><summary>All values</summary>{table_}</details>"
    return f"<section><h2>Epochs</h2>{drawn}{epochs}{_chosen(record)}</section>"


def accuracy_and_loss(record: HistoryRecord) -> str:
    """The two curves beside each other, as HTML; nothing where there is no curve to draw."""
    # One epoch is a point and no line; the table has it.
    if len(record.epochs) < 2:
        return ""
    drawn = "".join(_figure(record, name) for name in _AXES if name in record.epochs[0])
    return f'<div class="columns">{drawn}</div>' if drawn else ""


def curve(
    epochs: Sequence[Mapping[str, float]], name: str, exported: int | None = None
) -> str | None:
    """Training and validation of one metric over the epochs, as SVG; None without pygal.

    Args:
        epochs: Metric name -> value of each epoch; validation names begin with ``val_``.
        name: ``accuracy`` or ``loss``.
        exported: The epoch, from 1, whose weights were exported; None leaves it out.
    """
    lines = {
        legend: [metrics.get(f"{prefix}{name}", math.nan) for metrics in epochs]
        for legend, prefix in (("training", ""), ("validation (dashed)", "val_"))
    }
    return line_chart.draw(
        f"{name.capitalize()} of each epoch",
        lines,
        x=Axis("epoch"),
        y=_AXES[name],
        marked=None if exported is None else (exported, f"exported: epoch {exported}"),
    )


def _chosen(record: HistoryRecord) -> str:
    """What an ``auto`` came to, as HTML."""
    if not record.chosen:
        return ""
    values = ", ".join(f"{name} {value}" for name, value in record.chosen.items())
    return f"<p>The job chose: {text(values)}.</p>"


def _figure(record: HistoryRecord, name: str) -> str:
    return chart.figure(curve(record.epochs, name, record.best_epoch + 1), text(name.capitalize()))


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
