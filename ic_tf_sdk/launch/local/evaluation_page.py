"""The page of an evaluation: the sections of a training's report, less what is of a training."""

from typing import TYPE_CHECKING, Any

from ic_tf_sdk.launch.local.model_comparison import ModelComparison
from ic_tf_sdk.pages import chart
from ic_tf_sdk.pages.markup import percent, table, text
from ic_tf_sdk.training.results.report import headline, page, picture_choice, thumbnails
from ic_tf_sdk.training.results.report.data import data
from ic_tf_sdk.training.results.report.run_facts import RunFacts

if TYPE_CHECKING:
    from ic_tf_sdk.launch.local.model_evaluation import ModelEvaluation

__all__ = ["render"]

_LISTED = 200


def render(found: "ModelEvaluation", preprocessing: Any) -> str:
    """The page as HTML text, without a script or an address outside of it.

    Args:
        found: What was found.
        preprocessing: That of the model, for the small pictures; None for a page without.
    """
    evaluation = found.evaluation
    choice = picture_choice.choose(evaluation)
    small = (
        {}
        if preprocessing is None
        else thumbnails.make(evaluation.folder, choice.rows(), preprocessing)
    )
    facts = RunFacts(
        model=found.model_id,
        labels=evaluation.folder.labels,
        images={"test": evaluation.folder.counts},
        warnings=found.images.sentences(),
        refused=found.images.left_out,
    )
    head = f"<h1>{text(found.model_id)}, evaluated</h1>{headline.accuracy(evaluation)}"
    said = f"<p>{text(found.model)} on {text(evaluation.folder.root)}.</p>"
    parts = [f"<header>{head}{said}</header>"]
    if not chart.available():
        parts.append(f'<p class="soft">{text(chart.MISSING)}</p>')
    if found.against is not None:
        parts.append(_against(found.against))
    parts += page.answers(evaluation, choice, small)
    return page.framed(f"{found.model_id}: evaluation", "\n".join([*parts, data(facts)]))


def _against(comparison: ModelComparison) -> str:
    names = ["file", "class", "answer", "sure", "the other's", "sure", "change"]
    rows = [
        (
            one.file,
            one.label,
            one.predicted_label,
            percent(one.probability),
            one.other_label,
            percent(one.other_probability),
            one.change,
        )
        for one in comparison.changes[:_LISTED]
    ]
    said = table(names, rows, caption="Images whose answer is another")
    more = len(comparison.changes) - _LISTED
    rest = f"<p>And {more} more; all are in changed.csv.</p>" if more > 0 else ""
    notes = "".join(f"<li>{text(note)}</li>" for note in comparison.notes)
    shares = [
        ("this model", percent(comparison.accuracy)),
        (comparison.other, percent(comparison.other_accuracy)),
    ]
    return (
        f"<section><h2>Beside {text(comparison.other)}</h2><p>{text(comparison.sentence)}</p>"
        f"{table(['model', 'right'], shares, caption='Both on the same images', most=60)}"
        + (f"<ul>{notes}</ul>" if notes else "")
        + (f"{said}{rest}" if rows else "<p>No answer is another.</p>")
        + "</section>"
    )
