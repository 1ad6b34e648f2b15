"""How each class fares: bars, the worst first, and the scores of all."""

from ic_tf_sdk.pages import bar_chart, chart
from ic_tf_sdk.pages.chart import Axis
from ic_tf_sdk.pages.markup import table
from ic_tf_sdk.training.results.evaluation import ClassScore, Evaluation

__all__ = ["classes"]

_FEW = 12


def classes(evaluation: Evaluation) -> str:
    """The section, as HTML.

    Args:
        evaluation: The answers.
    """
    scores = sorted(evaluation.class_scores(), key=_worst_first)
    bars = [(one.label, one.recall) for one in scores if one.recall is not None]
    axis = Axis("share that is right", high=1)
    caption = "Each class, the worst first"
    if len(bars) > bar_chart.MOST_BARS:
        caption = f"The {bar_chart.MOST_BARS} worst of {len(bars)} classes"
    drawn = chart.figure(bar_chart.draw(caption, bars, x=axis, digits=2), caption)
    names = ["class", "precision", "recall", "F1", "images"]
    rows = [[one.label, *map(_three_digits, one[1:4]), one.images] for one in scores]
    every = table(names, rows, caption="Scores of each class, the worst first")
    if len(scores) > _FEW:
        summary = f"The scores of all {len(scores)} classes"
        every = f"<details><summary>{summary}</summary>{every}</details>"
    return (
        f'<section><h2>Classes</h2><div class="columns">{drawn}<div>{every}</div></div></section>'
    )


def _three_digits(share: object) -> str | None:
    return f"{share:.3f}" if isinstance(share, float) else None


def _worst_first(score: ClassScore) -> tuple[float, str]:
    # A class without an image has no recall, and is no bad one.
    return (2.0 if score.recall is None else score.recall), score.label
