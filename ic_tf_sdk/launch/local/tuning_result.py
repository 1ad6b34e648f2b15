"""What a tuning found: every trial, the best, and what mattered."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from ic_tf_sdk.contract import output_files
from ic_tf_sdk.launch.page_frame import framed
from ic_tf_sdk.pages import bar_chart, chart, line_chart, markup
from ic_tf_sdk.pages.chart import Axis

__all__ = ["Status", "Tuning", "TuningTrial", "ranked"]

Status = Literal["Completed", "Stopped", "Failed"]


class TuningTrial(NamedTuple):
    """One training of a tuning.

    Attributes:
        name: The name of its training job.
        hyperparameters: What was drawn for it, as it was sent.
        value: The objective in the epoch that a job keeps; None of one that failed.
        status: ``"Stopped"`` is one that was ended early because others were better by then.
        epochs: How many epochs it had.
        started: When it began.
        seconds: How long it took.
        reason: Why it failed.
    """

    name: str
    hyperparameters: dict[str, str]
    value: float | None
    status: Status
    epochs: int
    started: datetime
    seconds: float
    reason: str = ""


def ranked(trials: Sequence[TuningTrial], *, minimised: bool) -> list[TuningTrial]:
    """The trials that have ended, the best first; of equals the earlier one.

    Args:
        trials: In the order in which they ran.
        minimised: Whether less is better.
    """
    ended = [one for one in trials if one.status == "Completed"]
    sign = 1 if minimised else -1
    return sorted(ended, key=lambda one: sign * (one.value or 0.0))


class Tuning(NamedTuple):
    """The result of ``tune``; in a notebook it shows as a table and pictures.

    Attributes:
        trials: In the order in which they ran.
        objective: The name of the metric that was improved.
        minimised: Whether less of it is better.
        importance: Hyperparameter -> its share in what good trials differ by from the others; empty
            where too few trials tell.
        hyperparameters: All of the best trial's, as they were sent.
        model_data: Its ``model.tar.gz``; None as long as it is not trained.

    Example:
        >>> begun = datetime(2026, 1, 2)
        >>> slow, fast = (
        ...     TuningTrial(rate, {"learning_rate": rate}, value, "Completed", 5, begun, 1.0)
        ...     for rate, value in (("0.001", 0.8), ("0.01", 0.9))
        ... )
        >>> found = Tuning((slow, fast), "val_accuracy", False, {}, fast.hyperparameters, None)
        >>> found.best.name
        '0.01'
    """

    trials: tuple[TuningTrial, ...]
    objective: str
    minimised: bool
    importance: dict[str, float]
    hyperparameters: dict[str, str]
    model_data: Path | None

    @property
    def ranked(self) -> tuple[TuningTrial, ...]:
        """The trials that have ended, the best first."""
        return tuple(ranked(self.trials, minimised=self.minimised))

    @property
    def best(self) -> TuningTrial:
        """The trial with the best value of the objective; of equals the first."""
        return self.ranked[0]

    def columns(self) -> tuple[str, ...]:
        """The heads of ``rows``."""
        return ("trial", self.objective, *self.best.hyperparameters, "epochs", "seconds", "status")

    def rows(self) -> list[tuple[str, ...]]:
        """The table, the best trial first, those that did not end last."""
        others = [one for one in self.trials if one.status != "Completed"]
        return [self._row(one) for one in (*self.ranked, *others)]

    def _row(self, one: TuningTrial) -> tuple[str, ...]:
        value = "-" if one.value is None else f"{one.value:.4f}"
        drawn = (_short(one.hyperparameters[name]) for name in self.best.hyperparameters)
        return (one.name, value, *drawn, str(one.epochs), f"{one.seconds:.1f}", one.status)

    def as_dict(self) -> dict[str, object]:
        """All of it as plain values; what ``--json`` prints."""
        trials = [{**one._asdict(), "started": one.started.isoformat()} for one in self.trials]
        model = None if self.model_data is None else str(self.model_data)
        return {
            **self._asdict(),
            "best": self.best.name,
            "trials": trials,
            "model_data": model,
        }

    def write(self, path: str | Path) -> None:
        """Write the page, which needs nothing else.

        Args:
            path: The HTML file; one that is there is replaced.
        """
        output_files.write_text(Path(path), framed("Tuning", self._repr_html_()))

    def _repr_html_(self) -> str:
        best = self.best
        drawn = ", ".join(f"{name}={_short(value)}" for name, value in best.hyperparameters.items())
        first = (
            f"<p><strong>{markup.text(best.name)}</strong>: {markup.text(self.objective)} "
            f"{best.value:.4f} with {markup.text(drawn)}.</p>"
        )
        parts = [
            first,
            chart.figure(self._history(), "Each trial, and the best so far."),
            chart.figure(self._mattered(), "What good trials differ by from the others."),
            markup.table(self.columns(), self.rows(), caption=f"{len(self.trials)} trials"),
        ]
        if not chart.available():
            parts.append(f"<p>{chart.MISSING}</p>")
        return "\n".join(part for part in parts if part)

    def _history(self) -> str | None:
        choose = min if self.minimised else max
        values = [one.value for one in self.trials if one.value is not None]
        so_far = [choose(values[: count + 1]) for count in range(len(values))]
        lines = {"trial": values, "best so far": so_far}
        name = f"{self.objective} of each trial"
        return line_chart.draw(name, lines, x=Axis("trial"), y=Axis(self.objective))

    def _mattered(self) -> str | None:
        bars = sorted(self.importance.items(), key=lambda item: -item[1])
        return bar_chart.draw("What mattered", bars, x=Axis("share"), digits=2)


def _short(value: str) -> str:
    try:
        number = float(value)
    except ValueError:
        return value
    return value if number.is_integer() else f"{number:.3g}"
