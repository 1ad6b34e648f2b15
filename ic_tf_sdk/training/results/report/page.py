"""The whole report from its sections."""

from ic_tf_sdk.contract.history_record import HistoryRecord
from ic_tf_sdk.pages import chart, look
from ic_tf_sdk.pages.markup import text
from ic_tf_sdk.training.results.evaluation import Evaluation
from ic_tf_sdk.training.results.report import picture_choice
from ic_tf_sdk.training.results.report.about import about
from ic_tf_sdk.training.results.report.classes import classes
from ic_tf_sdk.training.results.report.confusion import confusion
from ic_tf_sdk.training.results.report.course import course
from ic_tf_sdk.training.results.report.data import data
from ic_tf_sdk.training.results.report.headline import headline
from ic_tf_sdk.training.results.report.picture_choice import PictureChoice
from ic_tf_sdk.training.results.report.pictures import Thumbnails, pictures
from ic_tf_sdk.training.results.report.run_facts import RunFacts
from ic_tf_sdk.training.results.report.sureness import sureness

__all__ = ["MOST_BYTES", "answers", "framed", "render"]

MOST_BYTES = 2_000_000
"""No report is larger, however many classes and pictures there are."""

_STYLE = """
section { margin: 2rem 0; }
h3 { font-size: 1rem; margin: 0 0 .5rem; }
.figure { font-size: 1.3rem; margin: .5rem 0; } .figure strong { font-size: 2.2rem; }
.columns > * { min-width: 0; }
.scroll { overflow-x: auto; margin: .5rem 0; }
.scroll:focus-visible, a:focus-visible, summary:focus-visible {
  outline: 3px solid var(--accent); outline-offset: 1px;
}
table { border-collapse: collapse; }
caption { text-align: left; color: var(--soft); padding-bottom: .25rem; }
th, td {
  padding: .2rem .5rem .2rem 0; border-bottom: 1px solid var(--line); text-align: right;
  font-weight: 400; font-variant-numeric: tabular-nums;
}
thead th { color: var(--soft); } th:first-child, td:first-child { text-align: left; }
.scroll tbody th { min-width: 8rem; }
.matrix th, .matrix td { padding: .1rem .35rem; }
.scroll .matrix tbody th {
  min-width: 0; position: sticky; left: 0; background: var(--ground); white-space: nowrap;
}
.matrix thead th { vertical-align: bottom; text-align: left; }
.matrix thead span { writing-mode: vertical-rl; transform: rotate(180deg); white-space: nowrap; }
.matrix td { min-width: 2rem; text-align: center; border: 1px solid var(--line); }
.matrix thead td { border: 0; } .matrix a { display: block; }
.hit { background: color-mix(in srgb, var(--bar) var(--s), var(--sheet)); }
.miss { background: color-mix(in srgb, var(--miss) var(--s), var(--sheet)); }
.matrix a, .matrix td { color: var(--ink); }
.panel { display: none; }
.panel:target { display: block; border-left: 3px solid var(--accent); padding-left: 1rem; }
.shots {
  display: grid; grid-template-columns: repeat(auto-fill, minmax(8rem, 1fr)); gap: 1rem;
  padding: 0; list-style: none;
}
.shots li { overflow-wrap: anywhere; font-size: .85rem; min-width: 0; }
.shots img { display: block; margin-bottom: .25rem; border-radius: .3rem; }
figure { margin: 0; } figcaption { color: var(--soft); margin-bottom: .25rem; }
.chart { display: block; width: 100%; max-width: 34rem; height: auto; }
a, summary { color: var(--accent); } summary { cursor: pointer; }
li { overflow-wrap: anywhere; } dd { margin: 0; }
pre {
  margin: .25rem 0 .75rem; padding: .6rem .75rem; background: var(--sheet);
  border: 1px solid var(--line); border-radius: .4rem; font-size: .85rem; white-space: pre-wrap;
  overflow-wrap: anywhere;
}
"""


def render(
    record: HistoryRecord,
    evaluation: Evaluation | None,
    facts: RunFacts,
    *,
    choice: PictureChoice | None = None,
    thumbnails: Thumbnails | None = None,
) -> str:
    """The page as HTML text, without a script or an address outside of it.

    Args:
        record: The course of the training.
        evaluation: The answers on the test channel, else on the validation images; None without
            either.
        facts: The run.
        choice: Which pictures are shown; default: those of ``picture_choice.choose``.
        thumbnails: Row of the evaluation -> small picture; what is missing has its name alone.
    """
    parts = [headline(record, evaluation, facts)]
    if not chart.available():
        parts.append(f'<p class="soft">{text(chart.MISSING)}</p>')
    parts.append(course(record, len(facts.labels)))
    if evaluation is not None and evaluation.folder.files:
        chosen = choice or picture_choice.choose(evaluation)
        parts += answers(evaluation, chosen, thumbnails or {})
    body = "\n".join([*parts, data(facts), about(facts)])
    return framed(f"{facts.model}: report", body)


def answers(evaluation: Evaluation, choice: PictureChoice, thumbnails: Thumbnails) -> list[str]:
    """The sections on a model's answers, as HTML.

    Args:
        evaluation: The answers, to one image at least.
        choice: Which pictures are shown.
        thumbnails: Row of the evaluation -> small picture.
    """
    return [
        classes(evaluation),
        confusion(evaluation, choice, thumbnails),
        pictures(evaluation, choice, thumbnails),
        sureness(evaluation),
    ]


def framed(title: str, body: str) -> str:
    """A page with the look of the report.

    Args:
        title: Plain text.
        body: HTML.
    """
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
        f"<title>{text(title)}</title>\n<style>\n{look.STYLE}{_STYLE}</style>\n"
        f"</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )
