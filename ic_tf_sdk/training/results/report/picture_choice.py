"""Which pictures the report shows: a few of each kind, so that the page stays small."""

from dataclasses import dataclass

import numpy as np

from ic_tf_sdk.training.results.evaluation import Evaluation

__all__ = ["SHOWN", "PictureChoice", "choose"]

SHOWN = 24
"""At most so many surest wrong answers, and as many least sure right ones."""

_OF_CELL = 6
_IN_CELLS = 96
# Right answers are shown cell by cell where there are few classes.
_FEW_CLASSES = 16


@dataclass(frozen=True)
class PictureChoice:
    """Rows of an evaluation's images.

    Attributes:
        wrong: Wrong answers, the surest first.
        unsure: Right answers, the least sure first.
        cells: Class index and the answer's -> rows of that cell of the confusion matrix, the wrong
            ones the surest first, the right ones the least sure first.
    """

    wrong: tuple[int, ...]
    unsure: tuple[int, ...]
    cells: dict[tuple[int, int], tuple[int, ...]]

    def rows(self) -> list[int]:
        """All of them, each once."""
        together = [
            *self.wrong,
            *self.unsure,
            *(row for rows in self.cells.values() for row in rows),
        ]
        return list(dict.fromkeys(together))


def choose(evaluation: Evaluation) -> PictureChoice:
    """Choose the pictures.

    Args:
        evaluation: The answers.
    """
    answers, truth = evaluation.predicted(), np.asarray(evaluation.folder.classes, np.int64)
    sureness = evaluation.probabilities.max(axis=1, initial=0.0)
    # A stable order: of equals that of the files.
    surest = [int(row) for row in np.argsort(-sureness, kind="stable")]
    wrong = [row for row in surest if answers[row] != truth[row]]
    unsure = [row for row in surest[::-1] if answers[row] == truth[row]]
    every: dict[tuple[int, int], list[int]] = {}
    for row in wrong + (unsure if len(evaluation.folder.labels) <= _FEW_CLASSES else []):
        every.setdefault((int(truth[row]), int(answers[row])), []).append(row)
    return PictureChoice(tuple(wrong[:SHOWN]), tuple(unsure[:SHOWN]), _cells(every))


def _cells(every: dict[tuple[int, int], list[int]]) -> dict[tuple[int, int], tuple[int, ...]]:
    """Some rows of each cell, the largest confusions first, until there are enough."""
    free, chosen = _IN_CELLS, {}
    for cell in sorted(every, key=lambda cell: (cell[0] == cell[1], -len(every[cell]), cell)):
        rows = every[cell][: min(_OF_CELL, free)]
        if not rows:
            break
        chosen[cell] = tuple(rows)
        free -= len(rows)
    return chosen
