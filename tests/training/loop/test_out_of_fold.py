"""Out-of-fold answers come from layers that have not learned from the image."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ic_tf_sdk.training.loop import out_of_fold
from ic_tf_sdk.training.loop.out_of_fold import FOLDS, OutOfFold, folds

IMAGES, COUNT = 60, 3


def clusters(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    classes = np.arange(IMAGES) % COUNT
    centres = 2.0 * np.eye(COUNT, 8)
    return (centres[classes] + rng.normal(0, 0.5, (IMAGES, 8))).astype(np.float32), classes


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 30)), min_size=1, max_size=80),
    st.integers(0, 99),
)
def test_a_group_stays_in_one_fold_and_classes_are_dealt_evenly(
    images: list[tuple[int, int]], seed: int
) -> None:
    classes, groups = (np.array(column) for column in zip(*images, strict=True))
    fold = folds(classes, groups, seed=seed)
    assert all(len(set(fold[groups == one])) == 1 for one in groups)
    alone = folds(classes, np.arange(len(classes)), seed=seed)
    assert {*fold.tolist(), *alone.tolist()} <= {0, 1, 2, 3, 4}
    for index in set(classes.tolist()):
        dealt = np.bincount(alone[classes == index], minlength=FOLDS)
        assert dealt.max() - dealt.min() <= 1


def test_an_images_own_label_has_no_part_in_its_answer() -> None:
    features, classes = clusters()
    fold = folds(classes, np.arange(IMAGES), seed=1)
    answers = OutOfFold(features, classes, fold, COUNT, strength=0.5).answers()
    wrong = classes.copy()
    wrong[7] = (wrong[7] + 1) % COUNT
    changed = OutOfFold(features, wrong, fold, COUNT, strength=0.5).answers()
    same = fold == fold[7]
    assert np.array_equal(answers[same], changed[same])
    assert not np.array_equal(answers[~same], changed[~same])
    assert answers.argmax(axis=1).tolist() == classes.tolist()
    assert np.allclose(answers.sum(axis=1), 1.0)


def test_what_is_left_out_is_answered_and_not_learned_from() -> None:
    features, classes = clusters()
    fold = folds(classes, np.arange(IMAGES), seed=1)
    wrong = classes.copy()
    wrong[[3, 7, 20]] = (wrong[[3, 7, 20]] + 1) % COUNT
    without = [
        OutOfFold(features, one, fold, COUNT, strength=0.5).answers([3, 7, 20])
        for one in (classes, wrong)
    ]
    assert np.array_equal(*without)
    # A second solution begins at the first one, and ends where it would have ended.
    layers = OutOfFold(features, classes, fold, COUNT, strength=0.5)
    layers.answers()
    assert np.allclose(layers.answers([3, 7, 20]), without[0], atol=1e-3)


def test_labels_that_are_drawn_by_lot_are_not_answered_above_chance() -> None:
    rng = np.random.default_rng(0)
    features = rng.standard_normal((300, 400)).astype(np.float32)
    classes, fold = rng.integers(0, 2, 300), np.arange(300) % FOLDS
    # A layer on 400 features names all that it was solved with.
    named = OutOfFold(features, classes, fold, 2, strength=0.1).answers().argmax(axis=1)
    assert (named == classes).mean() == pytest.approx(0.5, abs=0.1)
    features[:, 0] += 8 * classes
    named = OutOfFold(features, classes, fold, 2, strength=0.1).answers().argmax(axis=1)
    assert (named == classes).mean() > 0.95


def test_each_fold_is_told_and_one_that_nothing_is_known_of_is_answered_by_chance() -> None:
    features, classes = clusters()
    told = list[int]()
    fold = folds(classes, np.arange(IMAGES), seed=1)
    OutOfFold(features, classes, fold, COUNT, strength=0.5).answers(advance=told.append)
    assert told == [1, 1, 1, 1, 1]
    alone = OutOfFold(features, classes, np.zeros(IMAGES, np.int64), COUNT, strength=0.5)
    assert np.array_equal(alone.answers(), np.full((IMAGES, COUNT), 1 / COUNT))


def test_answers_that_are_sure_are_shares_of_their_own_row() -> None:
    logits = np.array([[1000.0, 0.0], [-1000.0, -1000.0], [0.0, np.log(3.0)]])
    with np.errstate(over="raise", invalid="raise"):
        shares = out_of_fold._softmax(logits)
    np.testing.assert_allclose(shares, [[1.0, 0.0], [0.5, 0.5], [0.25, 0.75]])
