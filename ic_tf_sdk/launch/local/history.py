"""The epochs of a job as rows, which a notebook shows as curves and a table."""

from typing import Any

from ic_tf_sdk.contract.history_record import HistoryRecord
from ic_tf_sdk.launch.local.curves import curves
from ic_tf_sdk.pages.markup import number, table

__all__ = ["History"]


class History(list[dict[str, Any]]):
    """One dictionary for each epoch: ``epoch``, from 1, ``seconds``, each metric, ``exported``.

    ``pandas.DataFrame(history)`` has them as columns.

    Args:
        record: The course of the training.

    Attributes:
        record: The same, as the job wrote it.

    Example:
        >>> epochs = [{"loss": 0.9, "val_loss": 1.0}, {"loss": 0.5, "val_loss": 0.6}]
        >>> record = HistoryRecord(epochs=epochs, seconds=[2.0, 1.0], best_epoch=1, test={})
        >>> History(record)[1]["val_loss"]
        0.6
        >>> print(History(record))
        epoch  seconds  loss    val_loss  exported
        1      2.0000   0.9000  1.0000
        2      1.0000   0.5000  0.6000    yes
    """

    def __init__(self, record: HistoryRecord) -> None:
        self.record = record
        pairs = zip(record.epochs, record.seconds, strict=True)
        super().__init__(
            {
                "epoch": index + 1,
                "seconds": seconds,
                **metrics,
                "exported": index == record.best_epoch,
            }
            for index, (metrics, seconds) in enumerate(pairs)
        )

    def _cells(self) -> list[list[str]]:
        return [
            [number(value) if name != "exported" else "yes" * value for name, value in row.items()]
            for row in self
        ]

    def __repr__(self) -> str:
        lines = [list(self[0]), *self._cells()] if self else []
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        padded = ("  ".join(map(str.ljust, line, widths)) for line in lines)
        return "\n".join(map(str.rstrip, padded))

    def curves(self) -> str:
        """Accuracy and loss over the epochs, as HTML; nothing where there is no curve to draw."""
        return curves(self.record.epochs, self.record.best_epoch + 1)

    def _repr_html_(self) -> str:
        names = [name.replace("val_", "validation ").replace("_", " ") for name in self[0]]
        return self.curves() + table(names, self._cells(), caption="Epochs")
