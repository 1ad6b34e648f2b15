"""For a notebook: a table of epochs that grows in the cell's output, and how far the job is."""

import importlib
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ic_tf_sdk.contract.metric_lines import read_epoch
from ic_tf_sdk.contract.phases import PhaseReport
from ic_tf_sdk.contract.plain_text import visible
from ic_tf_sdk.launch.local.curves import curves
from ic_tf_sdk.launch.local.display.listener import Listener
from ic_tf_sdk.launch.local.display.phase_clock import PhaseClock
from ic_tf_sdk.pages.markup import table, text

__all__ = ["is_notebook", "notebook"]

_SECONDS_BETWEEN = 0.5
_MOST_ROWS = 12
# Characters of a number: four digits after the point.
_SHOWN = 6


def is_notebook() -> bool:
    """Whether this runs in the kernel of a notebook, which shows more than lines of text."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return getattr(shell, "kernel", None) is not None


@contextmanager
def notebook() -> Iterator[Listener]:
    """Show a job in the output of the cell that runs; the rest of its lines is in its log."""
    display = importlib.import_module("IPython.display").display
    progress = _Progress()
    handle = display(progress.data(), raw=True, display_id=True)
    updated_at = 0.0

    def update(*, now: bool = False) -> None:
        nonlocal updated_at
        if now or time.monotonic() - updated_at >= _SECONDS_BETWEEN:
            updated_at = time.monotonic()
            handle.update(progress.data(), raw=True)

    def on_line(line: str) -> None:
        if read_epoch(line) is not None:
            progress.epochs.append(line)
            update(now=True)

    def on_phase(report: PhaseReport) -> None:
        progress.take(report)
        update()

    def on_warning(line: str) -> None:
        progress.warnings.append(line)
        update(now=True)

    try:
        yield Listener(on_line, on_phase, on_warning)
        progress.over = True
    finally:
        update(now=True)


class _Progress:
    """What is known of a job, as a notebook and as plain text show it."""

    def __init__(self) -> None:
        self.epochs: list[str] = []
        self.warnings: list[str] = []
        self.over = False
        self._clock, self._report = PhaseClock(), PhaseReport("starting")

    def take(self, report: PhaseReport) -> None:
        """Take up a report of a phase."""
        self._report = report
        self._clock.take(report)

    def data(self) -> dict[str, Any]:
        """By media type, what IPython displays."""
        return {"text/html": self._html(), "text/plain": self._text()}

    def _text(self) -> str:
        state = [] if self.over else [self._clock.line()]
        return "\n".join(map(visible, [*self.warnings, *self.epochs, *state]))

    def _html(self) -> str:
        parts = [f"<p>{text(line)}</p>" for line in self.warnings]
        if self.epochs:
            rows = list(map(_cells, self.epochs))
            parts.append(_table(rows))
            parts += [curves(list(map(_numbers, rows)))] if self.over else []
        if not self.over:
            parts.append(f"<p>{self._bar()} {text(self._clock.line())}</p>")
        return "".join(parts)

    def _bar(self) -> str:
        if not self._report.total:
            return ""
        done = min(self._report.done / self._report.total, 1.0)
        return f'<progress value="{done:.3f}" aria-label="Progress"></progress>'


def _table(rows: list[dict[str, str]]) -> str:
    """The last epochs; the job's history has all of them."""
    names = [name for name in rows[-1] if "top_5" not in name]
    heads = [name.replace("val_", "validation ").replace("_", " ") for name in names]
    shown = [[row.get(name, "")[:_SHOWN] for name in names] for row in rows[-_MOST_ROWS:]]
    return table(heads, shown, caption="Epochs")


def _cells(line: str) -> dict[str, str]:
    """Column -> text of ``Epoch 1/5 - 3.2s - loss: 0.5``."""
    epoch, seconds, *metrics = line.split(" - ")
    pairs = (metric.partition(": ") for metric in metrics)
    cells = {name: value for name, _, value in pairs}
    return {"epoch": epoch.removeprefix("Epoch "), **cells, "time": seconds}


def _numbers(cells: dict[str, str]) -> dict[str, float]:
    return {name: float(value) for name, value in cells.items() if name not in ("epoch", "time")}
