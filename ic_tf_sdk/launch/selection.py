"""What ``select`` or a benchmark found: the candidates, the one that is picked, and why."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ic_tf_sdk.contract import output_files
from ic_tf_sdk.launch.candidate import Candidate, difference
from ic_tf_sdk.launch.page_frame import framed
from ic_tf_sdk.launch.short_names import short_names
from ic_tf_sdk.pages import chart, markup, scatter_chart
from ic_tf_sdk.pages.chart import Axis
from ic_tf_sdk.pages.scatter_chart import Point

__all__ = ["Selection"]

_RULE = (
    "Of the models whose accuracy these images cannot tell from the best one's (the difference on "
    "the same images is within two standard errors), the one that answers an image fastest."
)
COLUMNS = (
    *("model", "accuracy", "± SE", "against the best", "macro F1", "ms per image"),
    *("parameters", "archive MB", "training s"),
)
"""The heads of ``rows``."""


class Selection(NamedTuple):
    """The result of ``select``; in a notebook it shows as a table and pictures.

    Attributes:
        candidates: The backbones that were measured, the most accurate first.
        failures: Model -> why it could not be measured.
        training: The folder of images.
        images: How many images were answered.
        classes: How many classes; None where that is not known.
        basis: How it was measured, for the table's caption.
        place: Where the times were measured: ``"here"``.

    Example:
        >>> slow = Candidate("a", 1.0, 0.0, 1.0, 5.0, 10, 10, 1.0, (True,) * 4, "a/")
        >>> fast = slow._replace(model="b", milliseconds=2.0)
        >>> Selection((slow, fast), {}, "flowers/", images=4, classes=2).best.model
        'b'
    """

    candidates: tuple[Candidate, ...]
    failures: dict[str, str]
    training: str
    images: int
    classes: int | None
    basis: str = ""
    place: str = "here"

    @property
    def tied(self) -> tuple[Candidate, ...]:
        """Those that these images cannot tell from the most accurate one, it among them."""
        best = self.candidates[0]
        return tuple(one for one in self.candidates if difference(best, one).is_tie)

    @property
    def best(self) -> Candidate:
        """The one that is picked; ``why`` says by which rule."""
        return min(self.tied, key=lambda one: (one.milliseconds, one.archive_bytes or 0))

    @property
    def why(self) -> str:
        """The rule by which ``best`` is picked, and what it came to here."""
        best, top = self.best, self.candidates[0]
        if len(self.tied) == 1:
            reason = f"No other comes within two standard errors of {top.model}."
        else:
            names = ", ".join(one.model for one in self.tied if one is not best)
            reason = f"It ties with {names}, and needs {best.milliseconds:.1f} ms for an image."
        return f"{_RULE} {reason}"

    def pareto(self, measure: str) -> tuple[Candidate, ...]:
        """Those that no other beats in accuracy without being worse in a measure.

        Args:
            measure: ``"milliseconds"``, ``"archive_bytes"``, ``"parameters"`` or
                ``"training_seconds"``.
        """

        def beaten(one: Candidate) -> bool:
            mine = (one.accuracy, -getattr(one, measure))
            others = ((other.accuracy, -getattr(other, measure)) for other in self.candidates)
            return any(
                other != mine and all(a >= b for a, b in zip(other, mine, strict=True))
                for other in others
            )

        return tuple(one for one in self.candidates if not beaten(one))

    def rows(self) -> list[tuple[str, ...]]:
        """The table, a row for each candidate, under the heads of ``COLUMNS``."""
        return [self._row(one) for one in self.candidates]

    def _row(self, one: Candidate) -> tuple[str, ...]:
        apart = difference(one, self.candidates[0])
        against = f"{apart.accuracy:+.3f} ± {apart.standard_error:.3f}"
        if one is self.candidates[0]:
            against = "-"
        elif apart.is_tie:
            against += " (tie)"
        return (
            f"{one.model} (picked)" if one is self.best else one.model,
            f"{one.accuracy:.3f}",
            f"{one.standard_error:.3f}",
            against,
            "-" if one.macro_f1 is None else f"{one.macro_f1:.3f}",
            f"{one.milliseconds:.1f}",
            f"{one.parameters:,}",
            "-" if one.archive_bytes is None else f"{one.archive_bytes / 1e6:.1f}",
            f"{one.training_seconds:.1f}",
        )

    def as_dict(self) -> dict[str, object]:
        """All of it as plain values, without the single answers; what ``--json`` prints."""
        candidates = []
        for one in self.candidates:
            apart = difference(one, self.candidates[0])
            facts = {name: value for name, value in one._asdict().items() if name != "right"}
            candidates.append(
                {**facts, "against_best": apart._asdict(), "ties_with_best": apart.is_tie}
            )
        return {
            "picked": self.best.model if self.candidates else None,
            "why": self.why if self.candidates else "No model has a result.",
            "candidates": candidates,
            "failures": self.failures,
            "training": self.training,
            "images": self.images,
            "classes": self.classes,
        }

    def write(self, path: str | Path) -> None:
        """Write the page, which needs nothing else.

        Args:
            path: The HTML file; one that is there is replaced.
        """
        page = framed(f"Which backbone for {self.training}", self._repr_html_())
        output_files.write_text(Path(path), page)

    def _repr_html_(self) -> str:
        caption = self.basis or (
            f"{self.images} images of {self.classes} classes, each answered by a layer that was "
            "trained on four fifths of the others"
        )
        if not self.candidates:
            failed = self.failures.items()
            return markup.table(("model", "not measured"), failed, most=300)
        parts = [
            f"<p><strong>{markup.text(self.best.model)}</strong>. {markup.text(self.why)}</p>",
            markup.table(COLUMNS, self.rows(), caption=caption, most=60),
            *(self._picture(*one) for one in _PICTURES),
        ]
        if not chart.available():
            parts.append(f"<p>{chart.MISSING}</p>")
        if self.failures:
            failed = self.failures.items()
            parts.append(markup.table(("model", "not measured"), failed, most=300))
        return "\n".join(part for part in parts if part)

    def _picture(self, measure: str, scale: float, title: str) -> str:
        if any(getattr(one, measure) is None for one in self.candidates):
            return ""
        title = title.format(place=self.place)
        edge = self.pareto(measure)
        names = _short_names([one.model for one in self.candidates])
        points = [
            Point(getattr(one, measure) / scale, one.accuracy, name, one in edge)
            for name, one in zip(names, self.candidates, strict=True)
        ]
        drawing = scatter_chart.draw(
            f"Accuracy against {title}",
            points,
            x=Axis(title),
            y=Axis("accuracy"),
            logarithmic=True,
            legend=("none is better in both", "others"),
        )
        return chart.figure(drawing, f"Accuracy against {title}.")


_PICTURES = (
    ("milliseconds", 1.0, "milliseconds for an image, {place}"),
    ("archive_bytes", 1e6, "megabytes of the archive"),
)


def _short_names(models: Sequence[str]) -> list[str]:
    """Names for a picture: of a path the last part in which it differs from the other paths."""
    return list(map(_short, short_names(models)))


def _short(name: str) -> str:
    """A model's name less what all ids have: tensorflow-ic-NAME-classification-VERSION."""
    name = name.removeprefix("train-").removesuffix(".tar.gz").removeprefix("tensorflow-ic-")
    return name.replace("imagenet-", "").partition("-classif")[0]
