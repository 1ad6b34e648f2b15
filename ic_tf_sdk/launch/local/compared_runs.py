"""Several trainings side by side: what differs between them, and what came of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ic_tf_sdk.contract import output_files
from ic_tf_sdk.launch.local.finished_run import FinishedRun
from ic_tf_sdk.launch.page_frame import framed
from ic_tf_sdk.launch.short_names import short_names
from ic_tf_sdk.pages import chart, line_chart, markup
from ic_tf_sdk.pages.chart import Axis

__all__ = ["ComparedRuns"]

COLUMNS = ("run", "accuracy", "± SE", "measured on", "epochs", "best", "seconds", "archive MB")
"""The heads of ``rows``."""

_IN_ONE_CHART = 4
_CURVES = {
    "val_accuracy": Axis("validation accuracy", 0, 1),
    "val_loss": Axis("validation loss", 0),
    "loss": Axis("training loss", 0),
}
_LONGEST = 60


class ComparedRuns(NamedTuple):
    """The result of ``compare``; in a notebook it shows as tables and curves.

    Attributes:
        runs: The runs, in the order that they were given in.

    Example:
        >>> ComparedRuns((FinishedRun("one"), FinishedRun("two"))).differences
        {}
    """

    runs: tuple[FinishedRun, ...]

    @property
    def differences(self) -> dict[str, tuple[str | None, ...]]:
        """Setting -> its value in each run, of those that are not the same in all; None: unknown.

        ``model`` is what the run started from, ``classes`` are its classes.
        """
        names = dict.fromkeys(name for run in self.runs for name in run.settings)
        values = {name: tuple(run.settings.get(name) for run in self.runs) for name in names}
        return {name: row for name, row in values.items() if len(set(row)) > 1}

    def rows(self) -> list[tuple[str, ...]]:
        """The table, a row for each run, under the heads of ``COLUMNS``."""
        return [_row(run) for run in self.runs]

    def notes(self) -> list[str]:
        """What speaks against comparing them, and what is not known of each; sentences."""
        said = []
        measured = {(run.channel, tuple(run.images.items())) for run in self.runs if run.images}
        if len(measured) > 1:
            said.append(
                "The runs were measured on other images: `ic-tf evaluate MODEL DIR --against "
                "OTHER` asks two models about the same ones."
            )
        return said + [f"{run.name}: {one}" for run in self.runs for one in run.missing]

    def as_dict(self) -> dict[str, Any]:
        """All of it as plain values; what ``--json`` prints."""
        return {
            "runs": [
                {
                    "name": run.name,
                    "accuracy": run.accuracy,
                    "standard_error": run.standard_error,
                    "channel": run.channel,
                    "images": sum(run.images.values()) if run.images else None,
                    "metrics": run.evaluation.get("metrics", {}),
                    "epochs": None if run.history is None else len(run.history.epochs),
                    "best_epoch": None if run.history is None else run.history.best_epoch + 1,
                    "seconds": run.seconds,
                    "archive_bytes": run.size,
                    "settings": run.settings,
                    "history": [] if run.history is None else run.history.epochs,
                    "missing": list(run.missing),
                }
                for run in self.runs
            ],
            "differences": {name: list(row) for name, row in self.differences.items()},
            "notes": self.notes(),
        }

    def write(self, path: str | Path) -> None:
        """Write the page, which needs nothing else.

        Args:
            path: The HTML file; one that is there is replaced.
        """
        output_files.write_text(Path(path), framed("Trainings compared", self._repr_html_()))

    def _repr_html_(self) -> str:
        names = [run.name for run in self.runs]
        differing = [(name, *row) for name, row in self.differences.items()]
        parts = [markup.table(COLUMNS, self.rows(), caption="What came of each", most=_LONGEST)]
        if differing:
            heads = ("setting", *names)
            caption = "Settings that are not the same in all"
            parts.append(markup.table(heads, differing, caption=caption, most=_LONGEST))
        elif len(self.runs) > 1:
            parts.append("<p>No setting that is known differs.</p>")
        parts += [self._curves(metric, axis) for metric, axis in _CURVES.items()]
        if not chart.available():
            parts.append(f"<p>{chart.MISSING}</p>")
        items = "".join(f"<li>{markup.text(note)}</li>" for note in self.notes())
        parts.append(f"<ul>{items}</ul>" if items else "")
        return "\n".join(part for part in parts if part)

    def _curves(self, metric: str, axis: Axis) -> str:
        """One metric of all runs over the epochs; a chart for each few of them."""
        shown = short_names([run.name for run in self.runs])
        lines = {
            f"{number}: {shown[number - 1]}": [
                epoch.get(metric, float("nan")) for epoch in run.history.epochs
            ]
            for number, run in enumerate(self.runs, 1)
            # One epoch is a point and no line; the table has it.
            if run.history is not None and len(run.history.epochs) > 1
        }
        names = [name for name, line in lines.items() if any(map(chart.finite, line))]
        title = axis.title.capitalize()
        return "".join(
            chart.figure(
                line_chart.draw(
                    title, {name: lines[name] for name in some}, x=Axis("epoch"), y=axis
                ),
                markup.text(title),
            )
            for some in _parted(names)
        )


def _parted(names: Sequence[str]) -> list[Sequence[str]]:
    return [names[at : at + _IN_ONE_CHART] for at in range(0, len(names), _IN_ONE_CHART)]


def _row(run: FinishedRun) -> tuple[str, ...]:
    count = sum(run.images.values())
    history = run.history
    return (
        run.name,
        _digits(run.accuracy, 4),
        _digits(run.standard_error, 4),
        f"{count} {run.channel}" if count else "-",
        "-" if history is None else str(len(history.epochs)),
        "-" if history is None else str(history.best_epoch + 1),
        _digits(run.seconds, 1),
        _digits(None if run.size is None else run.size / 1e6, 1),
    )


def _digits(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
