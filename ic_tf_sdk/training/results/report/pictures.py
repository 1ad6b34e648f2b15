"""The pictures that tell most: sure and wrong, right and unsure, and those of a matrix's cells."""

from collections.abc import Mapping, Sequence

from ic_tf_sdk.pages.markup import cell, percent, table, text
from ic_tf_sdk.training.results.evaluation import Evaluation
from ic_tf_sdk.training.results.report.picture_choice import PictureChoice
from ic_tf_sdk.training.results.report.thumbnails import Thumbnail

__all__ = ["Thumbnails", "cell_id", "panels", "pictures"]

Thumbnails = Mapping[int, Thumbnail]

_NAME, _FILE = 24, 36
_LISTED = 100


def pictures(evaluation: Evaluation, choice: PictureChoice, thumbnails: Thumbnails) -> str:
    """The surest wrong answers and the least sure right ones, as HTML.

    Args:
        evaluation: The answers.
        choice: Which pictures.
        thumbnails: Row -> small picture.
    """
    mistakes = evaluation.mistakes()
    parts = [f"<h2>{_count(len(mistakes))}, the surest first</h2>"]
    if mistakes:
        parts += [_shots(evaluation, choice.wrong, thumbnails), _list(mistakes)]
    if choice.unsure:
        parts.append("<h2>Right answers, the least sure first</h2>")
        parts.append(_shots(evaluation, choice.unsure, thumbnails))
    return f"<section>{''.join(parts)}</section>"


def cell_id(row: int, column: int) -> str:
    """The anchor of the pictures of a matrix's cell."""
    return f"cell-{row}-{column}"


def panels(evaluation: Evaluation, choice: PictureChoice, thumbnails: Thumbnails) -> str:
    """The pictures of each cell of the confusion matrix; a link to one shows it.

    Args:
        evaluation: The answers.
        choice: Which pictures.
        thumbnails: Row -> small picture.
    """
    labels, matrix = evaluation.folder.labels, evaluation.confusion_matrix()
    parts = []
    for (truth, answer), rows in choice.cells.items():
        count = int(matrix[truth, answer])
        name, other = cell(labels[truth], _NAME), cell(labels[answer], _NAME)
        title = f"{name}, rightly named" if truth == answer else f"{name} taken for {other}"
        some = f": {len(rows)} of {count} images" if count > len(rows) else ""
        parts.append(
            f'<div class="panel" id="{cell_id(truth, answer)}"><h3>{title}{some}</h3>'
            f"{_shots(evaluation, rows, thumbnails)}"
            '<p><a href="#confusions">Back to the matrix</a></p></div>'
        )
    return "".join(parts)


def _count(mistakes: int) -> str:
    return {0: "No wrong answers", 1: "1 wrong answer"}.get(mistakes, f"{mistakes} wrong answers")


def _list(mistakes: Sequence[Sequence[object]]) -> str:
    names = ["file", "class", "answer", "probability", "probability of the class"]
    rows = table(names, mistakes[:_LISTED], caption="Wrong answers, the surest first")
    rest = "<p>All of them are in misclassified.csv.</p>" if len(mistakes) > _LISTED else ""
    return f"<details><summary>As a table</summary>{rows}{rest}</details>"


def _shots(evaluation: Evaluation, rows: Sequence[int], thumbnails: Thumbnails) -> str:
    shots = "".join(_shot(evaluation, row, thumbnails.get(row)) for row in rows)
    return f'<ul class="shots">{shots}</ul>'


def _shot(evaluation: Evaluation, row: int, small: Thumbnail | None) -> str:
    folder = evaluation.folder
    truth, answer = folder.classes[row], int(evaluation.probabilities[row].argmax())
    label, named = folder.labels[truth], folder.labels[answer]
    sure = percent(float(evaluation.probabilities[row, answer]))
    image = (
        ""
        if small is None
        else (
            f'<img src="{small.uri}" width="{small.width}" height="{small.height}" loading="lazy" '
            f'alt="{text(f"An image of {label}")}">'
        )
    )
    said = f"<b>{cell(named, _NAME)}</b> {sure}"
    if truth != answer:
        said = f'<b class="wrong">{cell(named, _NAME)}</b> {sure}<br>is {cell(label, _NAME)}'
    return f'<li>{image}{said}<br><span class="soft">{cell(folder.files[row], _FILE)}</span></li>'
