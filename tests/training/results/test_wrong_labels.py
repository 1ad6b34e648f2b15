"""Wrong labels are found among answers, and classes of few images are not judged."""

import numpy as np
import pytest

from ic_tf_sdk.training.results.wrong_labels import FEWEST_IMAGES, doubts

COUNT = 4


def answered(classes: np.ndarray, *, sure: float = 0.9) -> np.ndarray:
    rest = (1.0 - sure) / (COUNT - 1)
    return np.where(np.eye(COUNT, dtype=bool)[classes], sure, rest)


def test_images_that_are_surely_of_another_class_are_listed_the_surest_first() -> None:
    truth = np.arange(80) % COUNT
    answers = answered(truth)
    answers[5] = answered(truth[5:6], sure=0.97)[0]
    given = truth.copy()
    given[[5, 40]] = (given[[5, 40]] + 1) % COUNT
    found = doubts(given, answers)
    assert [one.row for one in found] == [5, 40]
    assert [one.suggested for one in found] == truth[[5, 40]].tolist()
    assert 0.0 <= found[0].score < found[1].score < 0.5


def test_where_all_answers_agree_with_the_labels_nothing_is_listed() -> None:
    classes = np.arange(40) % COUNT
    assert doubts(classes, answered(classes)) == []


def test_a_class_of_few_images_is_neither_judged_nor_suggested() -> None:
    truth = np.array([0] * 20 + [1] * 20 + [3] * (FEWEST_IMAGES - 1))
    given = truth.copy()
    given[0] = 1
    found = doubts(given, answered(truth))
    assert [(one.row, one.suggested) for one in found] == [(0, 0)]
    # An image of the small class in a large one, whose answer names the small one.
    given = truth.copy()
    given[-1] = 0
    assert all(one.suggested != 3 for one in doubts(given, answered(truth)))
    assert doubts([0, 0, 1], answered(np.array([0, 1, 1]))) == []
    # Of the one class that has enough images nothing can be another.
    assert doubts([0] * 9 + [1], answered(np.array([0] * 8 + [1, 1]))) == []


@pytest.mark.parametrize(("count", "listed"), [(4, []), (5, [20])])
def test_a_class_is_judged_from_five_images_on(count: int, listed: list[int]) -> None:
    given = np.array([0] * 20 + [1] * count)
    truth = given.copy()
    truth[20] = 0
    assert [one.row for one in doubts(given, answered(truth))] == listed


def test_a_score_is_the_margin_among_the_classes_that_are_judged() -> None:
    given = np.array([0] * 10 + [1] * 10 + [3])
    answers = answered(given, sure=0.6)
    answers[0] = [0.1, 0.6, 0.0, 0.3]
    # Nothing is left for those: it is neither likelier than the other.
    answers[1] = [0.0, 0.0, 0.0, 1.0]
    [found] = [one for one in doubts(given, answers) if one.row == 0]
    assert found.suggested == 1
    assert found.score == pytest.approx((1 / 7 - 6 / 7 + 1) / 2)
    assert 1 not in [one.row for one in doubts(given, answers)]
