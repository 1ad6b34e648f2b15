"""What is taken for what: the largest confusions, and a matrix that can be read."""

from collections.abc import Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt

from ic_tf_sdk.pages.markup import cell, percent, table, text
from ic_tf_sdk.training.results.evaluation import MATRIX_CLASSES, Confusion, Evaluation
from ic_tf_sdk.training.results.report.picture_choice import PictureChoice
from ic_tf_sdk.training.results.report.pictures import Thumbnails, cell_id, panels

__all__ = ["confusion"]

_FIRST, _LISTED, _CROPPED = 10, 100, 25
_NAME, _HEAD, _SIDE = 24, 16, 18
_FAINTEST = 25

Matrix = npt.NDArray[np.int64]


def confusion(evaluation: Evaluation, choice: PictureChoice, thumbnails: Thumbnails) -> str:
    """The section, as HTML. A cell of the matrix leads to its pictures.

    Args:
        evaluation: The answers.
        choice: Which pictures the page has.
        thumbnails: Row -> small picture.
    """
    confusions = evaluation.confusions()
    parts = [f'<section id="confusions"><h2>{_title(len(confusions))}</h2>']
    parts.append(_largest(evaluation, confusions[:_FIRST], choice))
    if len(confusions) > _FIRST:
        parts.append(_rest(confusions))
    parts += [_matrix(evaluation, confusions, choice), panels(evaluation, choice, thumbnails)]
    return "".join(parts) + "</section>"


def _title(count: int) -> str:
    pairs = {0: "No two classes are", 1: "One pair of classes is"}.get(count, f"{count} pairs are")
    return f"{pairs} confused"


def _largest(evaluation: Evaluation, largest: Sequence[Confusion], choice: PictureChoice) -> str:
    index = {label: place for place, label in enumerate(evaluation.folder.labels)}
    items = []
    for one in largest:
        place = (index[one.label], index[one.predicted_label])
        said = f"{cell(one.label, _NAME)} taken for {cell(one.predicted_label, _NAME)}"
        said = f'<a href="#{cell_id(*place)}">{said}</a>' if place in choice.cells else said
        images = "1 image" if one.images == 1 else f"{one.images} images"
        items.append(f"<li>{said}: {images}, {percent(one.share)} of the class</li>")
    return f"<ol>{''.join(items)}</ol>" if items else ""


def _rest(confusions: Sequence[Confusion]) -> str:
    names = ["class", "answer", "images", "share of the class"]
    rows = table(names, confusions[:_LISTED], caption="Confusions, the most images first")
    more = "" if len(confusions) <= _LISTED else "<p>The rest is in confusion_matrix.csv.</p>"
    return f"<details><summary>More of them</summary>{rows}{more}</details>"


def _matrix(evaluation: Evaluation, confusions: Sequence[Confusion], choice: PictureChoice) -> str:
    labels = evaluation.folder.labels
    shown, said = list(range(len(labels))), "Rows are the images' classes, columns the answers."
    if len(labels) > MATRIX_CLASSES:
        shown = _most_confused(labels, confusions)
        said += (
            f" These are the {len(shown)} classes that are confused most; the whole matrix is in "
            "confusion_matrix.csv."
        )
    if not shown:
        return ""
    matrix = evaluation.confusion_matrix()
    heads = [f'<th scope="col"><span>{cell(labels[column], _HEAD)}</span></th>' for column in shown]
    others = len(shown) < len(labels)
    if others:
        heads.append('<th scope="col"><span>other answers</span></th>')
    rows = "".join(_row(labels, matrix, row, shown, choice) for row in shown)
    return (
        f'<p>{text(said)}</p><div class="scroll" tabindex="0" role="region" '
        f'aria-label="Confusion matrix"><table class="matrix"><caption>Confusion matrix</caption>'
        f"<thead><tr><td></td>{''.join(heads)}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _most_confused(labels: Sequence[str], confusions: Sequence[Confusion]) -> list[int]:
    """The classes of the largest confusions, in the order of all classes."""
    names = dict.fromkeys(
        chain.from_iterable((one.label, one.predicted_label) for one in confusions)
    )
    index = {label: place for place, label in enumerate(labels)}
    return sorted(index[name] for name in list(names)[:_CROPPED])


def _row(
    labels: Sequence[str], matrix: Matrix, row: int, shown: Sequence[int], choice: PictureChoice
) -> str:
    total = int(matrix[row].sum())
    cells = "".join(_cell(row, column, int(matrix[row, column]), total, choice) for column in shown)
    if len(shown) < len(labels):
        rest = total - int(matrix[row, shown].sum())
        cells += f"<td>{rest or ''}</td>"
    return f'<tr><th scope="row">{cell(labels[row], _SIDE)}</th>{cells}</tr>'


def _cell(row: int, column: int, count: int, total: int, choice: PictureChoice) -> str:
    if not count:
        return "<td></td>"
    kind = "hit" if row == column else "miss"
    # One of a hundred is still seen.
    share = _FAINTEST + round((100 - _FAINTEST) * count / total)
    number = str(count)
    if (row, column) in choice.cells:
        number = f'<a href="#{cell_id(row, column)}">{count}</a>'
    return f'<td class="{kind}" style="--s:{share}%">{number}</td>'
