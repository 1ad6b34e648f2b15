"""How images are dealt, and that a fold is answered by a layer that never saw it."""

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


def digests(numbers: list[int]) -> list[bytes]:
    return [hashlib.sha256(bytes([number])).digest() for number in numbers]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 2)), min_size=1, max_size=80))
def test_copies_share_a_fold_and_classes_are_spread_evenly(images: list[tuple[int, int]]) -> None:
    from ic_tf_sdk.training.loop.cross_validation import FOLDS, dealt

    numbers, classes = ([one[place] for one in images] for place in (0, 1))
    folds = dealt(digests(numbers), classes)
    for index in set(classes):
        rows = [row for row, one in enumerate(classes) if one == index]
        fold_of = {numbers[row]: int(folds[row]) for row in rows}
        assert all(fold_of[numbers[row]] == folds[row] for row in rows)
        sizes = np.bincount(list(fold_of.values()), minlength=FOLDS)
        assert sizes.max() - sizes.min() <= 1


def test_the_dealing_goes_by_the_bytes_and_not_by_the_order() -> None:
    from ic_tf_sdk.training.loop.cross_validation import dealt

    numbers = list(range(30))
    folds = dealt(digests(numbers), [0] * 30)
    np.testing.assert_array_equal(dealt(digests(numbers[::-1]), [0] * 30), folds[::-1])
    assert (dealt(digests(numbers), [0] * 30, seed=1) != folds).any()


def test_labels_that_are_drawn_by_lot_are_not_answered_above_chance() -> None:
    from ic_tf_sdk.training.loop.cross_validation import FOLDS, out_of_fold

    rng = np.random.default_rng(0)
    features = rng.standard_normal((300, 400)).astype(np.float32)
    classes = rng.integers(0, 2, 300)
    answers = out_of_fold(features, classes.tolist(), np.arange(300) % FOLDS)
    # A layer on 400 features names all that it was solved with.
    assert (answers.logits.argmax(axis=1) == classes).mean() == pytest.approx(0.5, abs=0.1)
    features[:, 0] += 8 * classes
    sure = out_of_fold(features, classes.tolist(), np.arange(300) % FOLDS)
    assert (sure.logits.argmax(axis=1) == classes).mean() > 0.95
